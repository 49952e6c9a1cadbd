"""Lines on shape keys alone: FBX with Blender's own settings has their motion, and nothing else changes."""

from __future__ import annotations

import io
from pathlib import Path

import bpy
import numpy as np
import pytest

import addon
from addon.blender import version_compat
from addon.blender.apply_motion import TargetRef, apply_motion
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.line_time import scene_time
from addon.blender.keys.range_strip import is_range, settle_ranges
from addon.blender.session import handlers
from addon.blender.targets.character_rig import character_rig_of
from addon.core.clip.clip import Clip
from addon.core.options import SceneOptions
from addon.core.retarget.controls.vocabulary import ARKIT
from elocute.motion.clip import MotionClip
from scripts.bench.made_up_characters import ARKIT_POSES, head_mesh, skeleton, skin
from tests.blender.standin import bare_face, standin_head
from tests.blender.test_character_exports import (
    FRAMES,
    MILLIMETRES,
    animations,
    places,
    read_back,
    vertex_pairs,
    with_own_settings,
)

MOVED_MM = 10
PARTS = {"Lashes": ("eyeBlinkLeft", "eyeBlinkRight"), "Teeth": ("jawOpen", "jawLeft", "jawRight")}


@pytest.fixture(scope="module")
def head():
    return standin_head()


@pytest.fixture
def mesh(scene, head):
    """ARKit's keys on a mesh that no armature carries."""
    scene.render.fps, scene.frame_start, scene.frame_end = 25, 1, 100
    return head_mesh(scene, head, {name: ARKIT_POSES[name] for name in ARKIT}, vertices=bare_face())


@pytest.fixture
def key(head, scene):
    """A function that keys a line of talk: a blink, a pucker, a mouth that opens."""

    def make(thing, start=1, amount=1.0, recording=None):
        t = np.linspace(0, 1, FRAMES)
        expression = np.zeros((FRAMES, len(head.expression_names)), np.float32)
        opening = np.sin(3 * np.pi * t) ** 2
        for name, curve in (
            ("mouthPucker", 0.6 * amount * opening * (t < 0.5)),
            ("eyeBlinkLeft", np.exp(-(((t - 0.5) / 0.06) ** 2))),
            ("eyeBlinkRight", np.exp(-(((t - 0.5) / 0.06) ** 2))),
        ):
            expression[:, head.expression_names.index(name)] = curve
        jaw = np.zeros((FRAMES, 3), np.float32)
        jaw[:, 0] = 0.2 * amount * opening
        clip = Clip(25.0, head.basis, expression, jaw, np.zeros((FRAMES, 3), np.float32), None, None)
        return key_clip(
            character_rig_of(thing), clip, scene_time(scene, start), "line happy", recording=recording
        )

    return make


def ranges(thing):
    """The strips on an object that say only where a line plays."""
    return [p.strip for p in placed_lines(thing) if is_range(version_compat.strip_curves(p.strip))]


def millimetres(wanted, face, opened=True):
    """Farthest that a read mesh is from where it should be, and how far it moves."""
    if opened:
        for block in face.data.shape_keys.key_blocks[1:]:
            block.slider_min, block.slider_max = -10.0, 10.0
    found = places(face)
    own = np.arange(wanted.shape[1])
    if found.shape[1] != wanted.shape[1]:
        own = vertex_pairs(wanted[0], found[0])
    apart = 1000 * np.linalg.norm(found[:, own] - wanted, axis=-1).max()
    return apart, 1000 * np.linalg.norm(found - found[0], axis=-1).max()


@pytest.mark.parametrize("form", ["fbx", "gltf"])
def test_the_motion_of_keys_alone_is_in_what_blender_writes_by_itself(mesh, key, tmp_path, form):
    key(mesh)
    wanted = places(mesh)
    path = tmp_path / f"character.{'glb' if form == 'gltf' else form}"
    with_own_settings(form, path)
    apart, moved = millimetres(wanted, read_back(form, path))
    assert moved > MOVED_MM
    assert apart < MILLIMETRES[form]


def test_without_the_strip_blenders_fbx_is_still(mesh, key, tmp_path):
    """Should Blender's exporter ever look at strips of shape keys, the strip has had its day."""
    key(mesh)
    mesh.animation_data_clear()
    with_own_settings("fbx", tmp_path / "a.fbx")
    read_back("fbx", tmp_path / "a.fbx")
    assert not list(bpy.data.actions)


@pytest.mark.parametrize("hooked", [True, False])
def test_gltf_holds_one_animation_a_line_of_keys_alone(mesh, key, tmp_path, hooked):
    key(mesh, recording=tmp_path / "first.wav")
    key(mesh, start=50, recording=tmp_path / "second.wav")
    addons = bpy.context.preferences.addons
    if hooked:
        addons.new().module = "addon"
    try:
        with_own_settings("gltf", tmp_path / "a.glb")
    finally:
        if hooked:
            addons.remove(addons["addon"])
    written = animations(tmp_path / "a.glb")
    assert len(written) == 2
    assert {c["target"]["path"] for one in written for c in one["channels"]} == {"weights"}


def test_fbx_holds_one_animation_a_line_over_its_frames(mesh, key, tmp_path):
    key(mesh, recording=tmp_path / "first.wav")
    key(mesh, start=50, recording=tmp_path / "second.wav")
    key(mesh, start=50, amount=0.7, recording=tmp_path / "second.wav")
    with_own_settings("fbx", tmp_path / "a.fbx")
    read_back("fbx", tmp_path / "a.fbx")
    names = {action.name.split("|")[-1] for action in bpy.data.actions}
    assert names == {"first", "second"}
    lengths = {round(action.frame_range[1] - action.frame_range[0]) for action in bpy.data.actions}
    assert lengths == {FRAMES - 1}


def test_parts_of_a_face_have_one_strip_and_all_move(mesh, head, scene, key, tmp_path):
    parts = [head_mesh(scene, head, {name: ARKIT_POSES[name] for name in names}) for names in PARTS.values()]
    key(mesh)
    assert [len(ranges(thing)) for thing in (mesh, *parts)] == [1, 0, 0]
    wanted = {thing.name: places(thing) for thing in parts}
    with_own_settings("fbx", tmp_path / "a.fbx")
    read_back("fbx", tmp_path / "a.fbx")
    assert {action.name.split("|")[-1] for action in bpy.data.actions} == {"line happy"}
    for name, places_wanted in wanted.items():
        apart, moved = millimetres(places_wanted, bpy.data.objects[name])
        assert apart < MILLIMETRES["fbx"]
        assert moved > 1


def test_a_line_that_moves_bones_has_none(scene, head, mesh, key):
    rig = skeleton(scene, head)
    skin(mesh, rig, head, vertices=bare_face())
    key(mesh)
    assert placed_lines(rig)
    assert not ranges(mesh)
    assert mesh.animation_data is None


def test_it_moves_nothing_and_follows_its_line(mesh, key, tmp_path):
    before = np.array(mesh.matrix_world)
    key(mesh, recording=tmp_path / "first.wav")
    (strip,) = ranges(mesh)
    (line,) = placed_lines(mesh.data.shape_keys)
    assert (
        (strip.frame_start, strip.frame_end) == (line.strip.frame_start, line.strip.frame_end) == (1, FRAMES)
    )
    assert strip.name == line.strip.name == "first"
    bpy.context.scene.frame_set(10)
    assert np.array_equal(before, np.array(mesh.matrix_world))
    for name in ("first.wav", "other.wav"):
        for one in (strip, line.strip):
            one.frame_start_ui = 21
        key(mesh, start=21, amount=0.5, recording=tmp_path / name)
        (strip,) = ranges(mesh)
        (line,) = placed_lines(mesh.data.shape_keys)
        assert (strip.frame_start, strip.frame_end) == (21, 20 + FRAMES)
        assert strip.name == line.strip.name == line.track.name == Path(name).stem
    idle = [action for action in bpy.data.actions if is_range(version_compat.curves_in(action))]
    assert len(idle) == (0 if version_compat.one_action_fits_all() else 1)


def test_it_goes_with_its_line(mesh, key, tmp_path):
    key(mesh, recording=tmp_path / "first.wav")
    key(mesh, start=50, recording=tmp_path / "second.wav")
    tracks = mesh.data.shape_keys.animation_data.nla_tracks
    tracks.remove(next(track for track in tracks if track.name == "first"))
    key(mesh, start=50, recording=tmp_path / "second.wav")
    assert [strip.name for strip in ranges(mesh)] == ["second"]


def test_it_goes_when_the_file_is_saved_without_its_line(mesh, key, tmp_path):
    key(mesh, recording=tmp_path / "first.wav")
    key(mesh, start=50, recording=tmp_path / "second.wav")
    tracks = mesh.data.shape_keys.animation_data.nla_tracks
    tracks.remove(next(track for track in tracks if track.name == "first"))
    left = [strip.name for strip in ranges(mesh)]
    name = mesh.name
    addon.register()
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    finally:
        addon.unregister()
    assert left == ["first", "second"]
    assert [strip.name for strip in ranges(mesh)] == ["second"]
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    thing = bpy.data.objects[name]
    assert [strip.name for strip in ranges(thing)] == ["second"]
    assert [placed.track.name for placed in placed_lines(thing.data.shape_keys)] == ["second"]
    assert not [action.name for action in bpy.data.actions if not action.users]


def test_it_goes_where_its_line_is_moved_by_hand(mesh, key):
    """At once: what the user does is noticed, and looked at when they pause."""
    addon.register()
    try:
        key(mesh)
        (line,) = placed_lines(mesh.data.shape_keys)
        line.strip.frame_start_ui = 500
        mesh.data.shape_keys.update_tag()
        bpy.context.view_layer.update()
        assert bpy.app.timers.is_registered(handlers.settle_now)
        handlers.settle_now()
        (strip,) = ranges(mesh)
        assert (strip.frame_start, strip.frame_end) == (500, 499 + FRAMES)
        assert (line.strip.frame_start, line.strip.frame_end) == (500, 499 + FRAMES)
    finally:
        addon.unregister()
    assert not bpy.app.timers.is_registered(handlers.settle_now)


def test_it_goes_at_once_when_its_line_is_deleted(mesh, key, tmp_path):
    addon.register()
    try:
        key(mesh, recording=tmp_path / "first.wav")
        key(mesh, start=50, recording=tmp_path / "second.wav")
        tracks = mesh.data.shape_keys.animation_data.nla_tracks
        tracks.remove(next(track for track in tracks if track.name == "first"))
        bpy.context.view_layer.update()
        assert bpy.app.timers.is_registered(handlers.settle_now)
        handlers.settle_now()
        assert [strip.name for strip in ranges(mesh)] == ["second"]
    finally:
        addon.unregister()


def test_a_mesh_that_the_map_no_longer_plays_has_no_strip_of_the_next_take(scene, mesh, head, tmp_path):
    parts = [head_mesh(scene, head, {name: ARKIT_POSES[name] for name in names}) for names in PARTS.values()]
    target = character_rig_of(mesh)
    ref = TargetRef(scene.session_uid, scene.objects[target.name].session_uid, target.name)
    still = np.zeros((25, 3), np.float32)
    content = io.BytesIO()
    expression = np.full((25, len(head.expression_names)), 0.5, np.float32)
    MotionClip(25.0, head.basis, expression, still, still).write(content)
    blocks = [thing.data.shape_keys for thing in (mesh, *parts)]
    apply_motion(content.getvalue(), tmp_path / "a.wav", SceneOptions(), ref)
    assert [len(placed_lines(block)) for block in blocks] == [1, 1, 1]
    for block in blocks[1].key_blocks[1:]:
        block.mute = True
    apply_motion(content.getvalue(), tmp_path / "a.wav", SceneOptions(), ref)
    assert [len(placed_lines(block)) for block in blocks] == [1, 0, 1]


def test_it_is_on_an_object_that_a_scene_shows(mesh, key):
    other = mesh.copy()
    other.name = "A first one"
    assert next(thing for thing in bpy.data.objects if thing.data == mesh.data) == other
    key(mesh)
    assert (len(ranges(mesh)), len(ranges(other))) == (1, 0)


def test_one_of_a_linked_character_stays(mesh, key, tmp_path, scene):
    key(mesh, recording=tmp_path / "first.wav")
    group = bpy.data.collections.new("Cast")
    group.objects.link(mesh)
    scene.collection.children.link(group)
    mesh.data.shape_keys.animation_data_clear()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "cast.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "cast.blend"), link=True) as (_, wanted):
        wanted.collections = ["Cast"]
    bpy.context.scene.collection.children.link(wanted.collections[0])
    wanted.collections[0].override_hierarchy_create(
        bpy.context.scene, bpy.context.view_layer, do_fully_editable=True
    )
    thing = next(one for one in bpy.context.scene.objects if one.type == "MESH" and one.override_library)
    settle_ranges()
    assert len(ranges(thing)) == 1


def test_it_goes_where_the_next_take_moves_bones(mesh, scene, head, key, tmp_path):
    key(mesh, recording=tmp_path / "first.wav")
    assert ranges(mesh)
    rig = skeleton(scene, head)
    skin(mesh, rig, head, vertices=bare_face())
    key(mesh, recording=tmp_path / "first.wav")
    assert not ranges(mesh)
    assert mesh.animation_data is None


def test_the_users_own_motion_of_the_mesh_stays(mesh, key, tmp_path):
    for frame, place in ((1, 0.0), (FRAMES, 0.3)):
        mesh.location.x = place
        mesh.keyframe_insert("location", frame=frame)
    own = version_compat.current_action(mesh)
    key(mesh)
    assert version_compat.current_action(mesh) == own
    wanted = places(mesh)
    with_own_settings("fbx", tmp_path / "a.fbx")
    face = read_back("fbx", tmp_path / "a.fbx")
    assert wanted[-1, 0, 0] - wanted[0, 0, 0] == pytest.approx(0.3, abs=0.01)
    assert {action.name.split("|")[-1] for action in bpy.data.actions} >= {"line happy"}
    assert face is not None


def test_undo_takes_it_back_with_its_line(mesh, key):
    name = mesh.name
    bpy.ops.ed.undo_push(message="before")
    key(mesh)
    bpy.ops.ed.undo_push(message="line")
    assert ranges(bpy.data.objects[name])
    bpy.ops.ed.undo()
    assert bpy.data.objects[name].animation_data is None


def test_a_mesh_that_cannot_be_animated_has_none(mesh, key):
    mesh.location.x = 0.1
    mesh.keyframe_insert("location", frame=1)
    action = mesh.animation_data.action
    track = mesh.animation_data.nla_tracks.new()
    strip = track.strips.new("walk", 1, action)
    mesh.animation_data.action = None
    strip.select = True
    track.select = True
    mesh.animation_data.use_tweak_mode = True
    key(mesh)
    assert placed_lines(mesh.data.shape_keys)
    assert not ranges(mesh)
