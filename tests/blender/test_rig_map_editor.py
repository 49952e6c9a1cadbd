"""The editor of rig maps: rows change the map, what is shown and the next keys; files and undo keep it."""

from __future__ import annotations

import json
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import addon
from addon.blender.apply_motion import apply_motion, current_target
from addon.blender.session import jobs
from addon.blender.session.known_lines import KnownLine
from addon.blender.session.test_pose import BEFORE_KEY, POSE_KEY, shown_in
from addon.blender.targets.find import target_of
from addon.blender.targets.rig_state import MAP_KEY, held_map
from addon.blender.ui.chosen_row import row_text
from addon.blender.ui.properties import read_options
from addon.blender.ui.rig_map_panel import (
    ELOCUTE_PT_calibration,
    ELOCUTE_PT_mouth_points,
    ELOCUTE_PT_rig_map,
    ELOCUTE_PT_test_pose,
)
from addon.core.retarget.controls.vocabulary import ARKIT
from addon.core.retarget.rig_map_file import parse_map
from elocute.motion.clip import MotionClip
from scripts.bench.made_up_characters import ARKIT_POSES, bone_face, head_mesh
from tests.blender.drawing import draw
from tests.blender.lines import line_curves
from tests.blender.pumping import pump_to_the_end
from tests.blender.standin import standin_head

FRAMES = 20
LONGEST = 120.0
"""Seconds that a job may take on a busy machine."""


@pytest.fixture(scope="module")
def head():
    return standin_head()


@pytest.fixture(autouse=True)
def enabled(scene):
    addon.register()
    scene.render.fps, scene.render.fps_base = 25, 1.0
    yield jobs.session()
    addon.unregister()


@pytest.fixture
def settings(scene):
    return scene.elocute_rig


@pytest.fixture
def mesh(scene, head):
    """ARKit's keys on the stand-in head, active."""
    made = head_mesh(scene, head, {name: ARKIT_POSES[name] for name in ARKIT})
    activate(made)
    return made


@pytest.fixture
def clip_file(tmp_path, head):
    """Talking, with brows that rise."""
    expression = np.zeros((FRAMES, len(head.expression_names)), np.float32)
    expression[:, head.expression_names.index("browInnerUp")] = np.linspace(0, 0.8, FRAMES)
    jaw = np.zeros((FRAMES, 3), np.float32)
    jaw[:, 0] = 0.15 * np.sin(np.linspace(0, np.pi, FRAMES))
    path = tmp_path / "clip.npz"
    still = np.zeros((FRAMES, 3), np.float32)
    MotionClip(25.0, head.basis, expression, jaw, still).save(path)
    return path.read_bytes()


def activate(thing):
    bpy.context.view_layer.objects.active = thing
    bpy.context.view_layer.update()


def edit(settings, name, **changes):
    """Choose the row of a key and change its fields."""
    settings.row = row_text(("key", name, 0))
    for field, value in changes.items():
        setattr(settings, field, value)
    assert not settings.error


def row(root, name):
    return next(one for one in held_map(root).channels if one.name == name)


def work(session):
    """Let the test pose be worked out."""
    for _ in range(10_000):
        if session.test_pose.pump() is None:
            return
    raise AssertionError("it does not end")


def keyed(mesh, name):
    """(T,) the keys of a shape key in its line."""
    curve = next(c for c in line_curves(mesh.data.shape_keys) if c.data_path == f'key_blocks["{name}"].value')
    return np.array([curve.evaluate(frame) for frame in range(1, FRAMES + 1)])


def generated(session, mesh, clip_file, tmp_path):
    """What Generate does when its clip has come."""
    options = read_options(bpy.context.scene)
    apply_motion(clip_file, tmp_path / "line.wav", options, current_target(bpy.context))
    session.lines.remember(mesh.session_uid, KnownLine(clip_file, tmp_path / "line.wav", options))


def test_the_found_map_becomes_the_characters_own_and_each_row_can_be_changed(mesh, settings):
    assert bpy.ops.elocute.edit_rig_map() == {"FINISHED"}
    assert len(held_map(mesh).channels) == len(ARKIT)
    edit(settings, "jawOpen", gain=0.5, offset=0.1, lowest=-0.2, highest=0.9, curve="0 0, 1 0.8")
    changed = row(mesh, "jawOpen")
    assert (changed.gain, changed.offset) == pytest.approx((0.5, 0.1))
    assert changed.limits == pytest.approx((-0.2, 0.9))
    assert changed.curve == ((0.0, 0.0), (1.0, 0.8))
    assert changed.exact
    assert settings.gain == pytest.approx(0.5)
    edit(settings, "mouthFunnel", controls="0.5 mouthFunnel + mouthPucker")
    assert dict(row(mesh, "mouthFunnel").mix) == {"mouthFunnel": 0.5, "mouthPucker": 1.0}
    edit(settings, "mouthPucker", plays="POSE")
    assert row(mesh, "mouthPucker").pose == {"mouthPucker": 1.0}
    edit(settings, "mouthPucker", plays="GEOMETRY")
    assert row(mesh, "mouthPucker").is_free
    edit(settings, "tongueOut", exact=True)
    edit(settings, "tongueOut", exact=False)
    assert not row(mesh, "tongueOut").exact


def test_changes_go_to_the_other_side_too_unless_that_is_off(mesh, settings):
    bpy.ops.elocute.edit_rig_map()
    edit(settings, "mouthSmileLeft", gain=0.7)
    assert row(mesh, "mouthSmileRight").gain == pytest.approx(0.7)
    settings.mirror = False
    edit(settings, "mouthSmileLeft", gain=0.2)
    assert row(mesh, "mouthSmileRight").gain == pytest.approx(0.7)
    assert bpy.ops.elocute.mirror_rig_row() == {"FINISHED"}
    assert row(mesh, "mouthSmileRight").gain == pytest.approx(0.2)
    settings.row = row_text(("key", "jawOpen", 0))
    with pytest.raises(RuntimeError, match="jawOpen has no partner"):
        bpy.ops.elocute.mirror_rig_row()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("controls", "jawOpem", "There is no control jawOpem"),
        ("curve", "0 0", "A curve needs two points"),
        (
            "lowest",
            5.0,
            "The lowest value of jawOpen, 5, lies above its highest, 1. Change the other one first.",
        ),
        ("gain", 1e9, "The gain of jawOpen cannot be 1e+09. Choose less than 1e+09."),
        ("offset", -1e12, "The offset of jawOpen cannot be -1e+12"),
        ("controls", "9999999999 jawOpen", "The share of jawOpen in jawOpen cannot be 1e+10"),
        ("curve", "0 0, 1 1e10", "A point of jawOpen's curve cannot be 1e+10"),
        ("channel", "mouthPucker", "already has mouthPucker"),
        ("channel", " ", "needs the name"),
    ],
)
def test_an_error_is_one_sentence_and_changes_nothing(mesh, settings, field, value, says):
    bpy.ops.elocute.edit_rig_map()
    edit(settings, "jawOpen", highest=1.0)
    before = mesh[MAP_KEY]
    setattr(settings, field, value)
    assert says in settings.error
    assert mesh[MAP_KEY] == before
    assert says in draw(ELOCUTE_PT_rig_map).text
    settings.gain = 0.9
    assert not settings.error
    assert row(mesh, "jawOpen").gain == pytest.approx(0.9)


def test_rows_are_added_and_removed(mesh, settings):
    bpy.ops.elocute.edit_rig_map()
    settings.row = row_text(("key", "tongueOut", 0))
    assert bpy.ops.elocute.remove_rig_row() == {"FINISHED"}
    assert "tongueOut" not in {one.name for one in held_map(mesh).channels}
    assert "tongueOut" not in {drive.source.name for drive in target_of(mesh).bound.drives}
    with pytest.raises(RuntimeError, match="no shape key Nothing"):
        bpy.ops.elocute.add_rig_row(place="key", channel="Nothing")
    assert bpy.ops.elocute.add_rig_row(place="key", channel="tongueOut") == {"FINISHED"}
    assert bpy.ops.elocute.add_rig_control(control="tongueOut") == {"FINISHED"}
    assert dict(row(mesh, "tongueOut").mix) == {"jawOpen": 1.0, "tongueOut": 1.0}
    with pytest.raises(RuntimeError, match="already has tongueOut"):
        bpy.ops.elocute.add_rig_row(place="key", channel="tongueOut")


def test_the_next_generate_and_the_line_that_is_there_follow_the_map(
    mesh, settings, enabled, clip_file, tmp_path
):
    generated(enabled, mesh, clip_file, tmp_path)
    before = keyed(mesh, "browInnerUp")
    bpy.ops.elocute.edit_rig_map()
    edit(settings, "browInnerUp", gain=0.5)
    enabled.test_pose.leave()
    assert bpy.ops.elocute.apply_rig_map() == {"FINISHED"}
    assert pump_to_the_end(enabled, LONGEST).phase.value == "done"
    after = keyed(mesh, "browInnerUp")
    assert after[-1] == pytest.approx(0.5 * 0.8, abs=0.01)
    assert before[-1] > 1.5 * after[-1]
    assert len([t for t in mesh.data.shape_keys.animation_data.nla_tracks if "line" in t.name]) == 1


def test_strengths_of_the_panel_are_applied_when_a_line_is_keyed(mesh, scene, enabled, clip_file, tmp_path):
    scene.elocute.brows_strength = 0.5
    scene.elocute.jaw_strength = 0.0
    generated(enabled, mesh, clip_file, tmp_path)
    assert keyed(mesh, "browInnerUp")[-1] == pytest.approx(0.4, abs=0.08)
    assert keyed(mesh, "jawOpen").max() < 0.02
    scene.elocute.brows_strength = 2.0
    bpy.ops.elocute.apply_rig_map()
    pump_to_the_end(enabled, LONGEST)
    assert keyed(mesh, "browInnerUp")[-1] == pytest.approx(1.0, abs=0.01), "the slider's limit"


def test_an_edit_shows_at_once_on_the_current_frame_of_the_line(
    mesh, scene, settings, enabled, clip_file, tmp_path
):
    generated(enabled, mesh, clip_file, tmp_path)
    scene.frame_set(FRAMES)
    block = mesh.data.shape_keys.key_blocks["browInnerUp"]
    played = block.value
    bpy.ops.elocute.edit_rig_map()
    edit(settings, "browInnerUp", gain=0.25)
    work(enabled)
    assert block.value == pytest.approx(0.2, abs=0.01)
    edit(settings, "browInnerUp", gain=1.0)
    work(enabled)
    assert block.value == pytest.approx(0.8, abs=0.01)
    settings.pose = "OFF"
    assert block.value == played
    assert BEFORE_KEY not in mesh.data.shape_keys


def test_a_map_outside_of_any_line_is_not_shown(mesh, scene, settings, enabled, clip_file, tmp_path):
    generated(enabled, mesh, clip_file, tmp_path)
    scene.frame_set(500)
    bpy.ops.elocute.edit_rig_map()
    edit(settings, "browInnerUp", gain=0.25)
    assert shown_in(scene) is None


def test_a_map_goes_to_a_file_and_to_another_character(mesh, scene, head, settings, tmp_path):
    bpy.ops.elocute.edit_rig_map()
    edit(settings, "jawOpen", gain=0.25)
    path = tmp_path / "ada.json"
    assert bpy.ops.elocute.save_rig_map(filepath=str(path)) == {"FINISHED"}
    other = head_mesh(scene, head, {name: ARKIT_POSES[name] for name in ARKIT}, "Other")
    activate(other)
    assert bpy.ops.elocute.load_rig_map(filepath=str(path)) == {"FINISHED"}
    assert held_map(other) == held_map(mesh)
    assert not [one for one in tmp_path.iterdir() if one != path]
    path.write_text("{")
    with pytest.raises(RuntimeError, match=r"ada\.json is not JSON"):
        bpy.ops.elocute.load_rig_map(filepath=str(path))
    assert held_map(other) == held_map(mesh)
    with pytest.raises(RuntimeError, match="There is no folder"):
        bpy.ops.elocute.save_rig_map(filepath=str(tmp_path / "none" / "x.json"))


def test_a_map_goes_to_the_file_that_is_named_and_to_no_other(mesh, tmp_path):
    old = tmp_path / "ada.json"
    old.write_text("the map of before")
    assert bpy.ops.elocute.save_rig_map(filepath=str(tmp_path / "ada.v2")) == {"FINISHED"}
    assert old.read_text() == "the map of before"
    assert (tmp_path / "ada.v2.json").is_file()
    for nothing in ("", str(tmp_path)):
        with pytest.raises(RuntimeError, match="Give it a name"):
            bpy.ops.elocute.save_rig_map(filepath=nothing)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["ada.json", "ada.v2.json"]


def test_a_found_map_can_be_shared_without_being_edited(mesh, tmp_path):
    path = tmp_path / "found.json"
    assert bpy.ops.elocute.save_rig_map(filepath=str(path)) == {"FINISHED"}
    assert len(parse_map(path.read_text("utf-8"), "it").channels) == len(ARKIT)
    assert MAP_KEY not in mesh


def test_filling_in_measures_the_face_and_puts_wrong_names_right(scene, head, enabled):
    names = {name: ARKIT_POSES[name] for name in ARKIT}
    names["mouthSmileLeft"], names["mouthSmileRight"] = names["mouthSmileRight"], names["mouthSmileLeft"]
    mesh = head_mesh(scene, head, names)
    activate(mesh)
    assert bpy.ops.elocute.fill_rig_map() == {"FINISHED"}
    status = pump_to_the_end(enabled, LONGEST)
    assert status.phase.value == "done", status
    assert dict(row(mesh, "mouthSmileLeft").mix) == {"mouthSmileRight": 1.0}
    assert any("the other side than" in note for note in status.notes)


def test_filling_in_cancelled_changes_nothing(mesh, enabled):
    bpy.ops.elocute.fill_rig_map()
    for _ in range(3):
        jobs.pump()
    bpy.ops.elocute.cancel()
    pump_to_the_end(enabled, LONGEST)
    assert MAP_KEY not in mesh


def test_the_map_survives_the_file_and_forgetting_it_brings_back_the_kind(mesh, settings, tmp_path):
    bpy.ops.elocute.edit_rig_map()
    edit(settings, "jawOpen", gain=0.25)
    path = str(tmp_path / "it.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    mesh = bpy.data.objects["Face"]
    assert row(mesh, "jawOpen").gain == pytest.approx(0.25)
    activate(mesh)
    assert bpy.ops.elocute.release_rig_map() == {"FINISHED"}
    assert MAP_KEY not in mesh
    assert target_of(mesh).bound.rig_map.kind == "arkit"


def test_undo_takes_an_edit_back(mesh, settings):
    bpy.ops.elocute.edit_rig_map()
    bpy.ops.ed.undo_push(message="edited")
    edit(settings, "jawOpen", gain=0.25)
    bpy.ops.ed.undo_push(message="changed")
    bpy.ops.ed.undo()
    assert row(bpy.data.objects["Face"], "jawOpen").gain == 1.0
    bpy.ops.ed.redo()
    assert row(bpy.data.objects["Face"], "jawOpen").gain == pytest.approx(0.25)


def test_panels_draw_in_every_state(mesh, scene, settings, enabled):
    drawn = draw(ELOCUTE_PT_rig_map)
    assert "elocute.edit_rig_map" in drawn.operators
    assert f"{len(ARKIT)} channels" in drawn.text
    bpy.ops.elocute.edit_rig_map()
    settings.search = "smile"
    edit(settings, "mouthSmileLeft", gain=0.5)
    drawn = draw(ELOCUTE_PT_rig_map)
    assert "mouthSmileLeft" in drawn.buttons
    assert any(text.startswith("← 0.5 ") and text.endswith("mouthSmileLeft") for text in drawn.labels)
    fields = {"gain", "offset", "limited", "curve", "exact", "mirror", "controls"}
    assert fields <= set(drawn.properties)
    assert "lowest" not in drawn.properties
    settings.limited = True
    assert row(mesh, "mouthSmileLeft").limits == (0.0, 1.0)
    assert "lowest" in draw(ELOCUTE_PT_rig_map).properties
    settings.limited = False
    assert row(mesh, "mouthSmileLeft").limits == (-np.inf, np.inf)
    settings.search = "no such thing"
    assert "No row" in draw(ELOCUTE_PT_rig_map).text
    mesh[MAP_KEY] = "{"
    assert "is not JSON" in draw(ELOCUTE_PT_rig_map).text
    for panel in (
        ELOCUTE_PT_test_pose,
        ELOCUTE_PT_mouth_points,
        ELOCUTE_PT_calibration,
    ):
        assert panel.poll(bpy.context)
        draw(panel)
    bpy.context.view_layer.objects.active = None
    assert not ELOCUTE_PT_rig_map.poll(bpy.context)


def test_panels_are_not_there_for_elocutes_own_heads(scene, rig):
    activate(rig.armature)
    assert not ELOCUTE_PT_rig_map.poll(bpy.context)


def test_panels_are_not_there_for_things_that_are_no_characters(scene):
    bpy.ops.mesh.primitive_cube_add()
    assert not ELOCUTE_PT_rig_map.poll(bpy.context)
    bpy.ops.object.light_add()
    assert not ELOCUTE_PT_rig_map.poll(bpy.context)


def test_a_bone_rigs_rows_say_bones_and_axes(scene, head, settings):
    rig, _ = bone_face(scene, head)
    activate(rig)
    assert bpy.ops.elocute.edit_rig_map() == {"FINISHED"}
    drawn = draw(ELOCUTE_PT_rig_map)
    assert "lips.L loc x" in drawn.buttons
    assert "by geometry" in drawn.labels
    settings.row = row_text(("location", "lips.L", 0))
    settings.mirror = False
    settings.gain = 0.5
    assert not settings.error
    assert json.loads(settings.row) == ["location", "lips.L", 0]
    assert scene.get(POSE_KEY) is None


def test_generate_leaves_the_test_pose_and_knows_its_line_afterwards(
    mesh, scene, settings, enabled, clip_file, tmp_path, monkeypatch
):
    made = SimpleNamespace(
        clips=(clip_file,), phones=None, summary=SimpleNamespace(notes=(), phone_source="", transcript=None)
    )
    operator = "addon.blender.operators.generate"
    monkeypatch.setattr(f"{operator}.generate_blocker", lambda _context: "")
    monkeypatch.setattr(f"{operator}.generate", lambda *_, **__: made)
    monkeypatch.setattr(f"{operator}.styles_of", lambda *_: {})
    client = SimpleNamespace(models=lambda: SimpleNamespace(models=()))
    monkeypatch.setattr(jobs, "service_client", lambda *_: client)
    settings.pose = "smile"
    work(enabled)
    smile = mesh.data.shape_keys.key_blocks["mouthSmileLeft"]
    assert smile.value > 0.9
    (tmp_path / "line.wav").write_bytes(b"RIFF")
    scene.elocute.audio = str(tmp_path / "line.wav")
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    status = pump_to_the_end(enabled, LONGEST)
    assert status.phase.value == "done", status
    assert shown_in(scene) is None
    assert BEFORE_KEY not in mesh.data.shape_keys
    assert smile.value < 0.05, "what the line plays"
    assert enabled.lines.of(mesh.session_uid).clip_file == clip_file
    assert bpy.ops.elocute.apply_rig_map.poll()


@pytest.mark.parametrize("had", ["a map", "no map"])
def test_a_change_while_a_map_is_filled_in_stands_and_that_is_said(mesh, settings, enabled, had):
    if had == "a map":
        bpy.ops.elocute.edit_rig_map()
    assert bpy.ops.elocute.fill_rig_map() == {"FINISHED"}
    for _ in range(3):
        jobs.pump()
    if had == "no map":
        bpy.ops.elocute.edit_rig_map()
    edit(settings, "jawOpen", gain=0.25)
    status = pump_to_the_end(enabled, LONGEST)
    assert status.phase.value == "failed"
    assert "was changed while it was being filled in; your change stands" in str(status)
    assert row(mesh, "jawOpen").gain == pytest.approx(0.25)
    assert bpy.ops.elocute.fill_rig_map() == {"FINISHED"}
    assert pump_to_the_end(enabled, LONGEST).phase.value == "done"


def test_a_kind_of_which_a_character_has_nothing_is_refused_and_the_old_one_stays(mesh):
    assert bpy.ops.elocute.choose_rig_map(kind="vrcft") == {"FINISHED"}
    with pytest.raises(RuntimeError, match=r"Nothing of the map MikuMikuDance.* can be driven on Face"):
        bpy.ops.elocute.choose_rig_map(kind="mmd")
    assert mesh[MAP_KEY] == "vrcft"


def test_what_cannot_be_done_says_why(mesh, scene):
    with pytest.raises(RuntimeError, match="No points are marked on Face"):
        bpy.ops.elocute.forget_mouth()
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    scene.collection.objects.link(lamp)
    activate(lamp)
    names = "forget_mouth mark_mouth pick_mouth fill_rig_map save_rig_map paste_rig_map record_shape"
    for name in names.split():
        with pytest.raises(RuntimeError, match="Click on the character first"):
            getattr(bpy.ops.elocute, name)()
