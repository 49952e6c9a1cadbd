"""Heads that come from another file: refused at once, made editable by a button, keyed, saved, read again."""

from __future__ import annotations

import bpy
import pytest

import addon
from addon.blender.heads.head_builder import HeadOptions, build_head
from addon.blender.heads.library_override import linked_target
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_strips import placed_lines
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.targets.find import active_head, active_target
from addon.blender.targets.head_rig import heads_in
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.core.backend.environment import EnvironmentState
from addon.core.clip.face_model import read_face_model
from addon.core.clip.timebase import SceneTime
from addon.core.retarget.controls.vocabulary import ARKIT
from tests.blender.drawing import draw
from tests.blender.made_up_rigs import mesh_with_keys
from tests.blender.pumping import pump_to_the_end
from tests.blender.speaking_service import SpeakingService
from tests.core.synthetic_face import saved_face

MODES = (
    "objects",
    "armature",
    "mesh active",
    "collection",
    "instance",
    "moved instance",
    "override of objects",
)


@pytest.fixture
def library(tmp_path):
    """A file with a head in a collection."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig = build_head(bpy.context.scene, read_face_model(saved_face(tmp_path)))
    collection = bpy.data.collections.new("Hero")
    bpy.context.scene.collection.children.link(collection)
    for thing in (rig.armature, rig.mesh):
        collection.objects.link(thing)
        bpy.context.scene.collection.objects.unlink(thing)
    path = tmp_path / "hero.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    addon.register()
    yield path
    addon.unregister()


def load(path, mode):
    """Link the head in one of the ways in which users do."""
    scene = bpy.context.scene
    whole = "instance" in mode or mode == "collection"
    with bpy.data.libraries.load(str(path), link=True) as (_, wanted):
        if whole:
            wanted.collections = ["Hero"]
        else:
            wanted.objects = ["Elocute head rig", "Elocute head"]
    if not whole:
        for thing in wanted.objects:
            scene.collection.objects.link(thing)
        active = wanted.objects[1 if mode == "mesh active" else 0]
        if mode == "override of objects":
            active = active.override_hierarchy_create(scene, bpy.context.view_layer)
            for thing in wanted.objects:
                scene.collection.objects.unlink(thing)
    elif mode == "collection":
        scene.collection.children.link(wanted.collections[0])
        active = bpy.data.objects["Elocute head rig"]
    else:
        active = bpy.data.objects.new("Hero", None)
        active.instance_type, active.instance_collection = "COLLECTION", wanted.collections[0]
        scene.collection.objects.link(active)
        active.location.x = 2.0 if mode == "moved instance" else 0.0
    bpy.context.view_layer.update()
    bpy.context.view_layer.objects.active = active
    return active


@pytest.mark.parametrize("mode", MODES)
def test_generate_refuses_at_once_and_says_what_to_press(library, mode, monkeypatch, tmp_path):
    load(library, mode)
    before = [thing.name for thing in bpy.context.scene.objects]
    recording = tmp_path / "a.wav"
    recording.write_bytes(b"RIFF")
    bpy.context.scene.elocute.audio = str(recording)
    monkeypatch.setattr("addon.blender.operators.generate.generate_blocker", lambda _: "")
    monkeypatch.setattr(jobs, "service_client", lambda *_: pytest.fail("something was sent"))
    with pytest.raises(RuntimeError, match=r'press "Make editable" in the Elocute tab'):
        bpy.ops.elocute.generate()
    assert not jobs.session().status.busy
    assert [thing.name for thing in bpy.context.scene.objects] == before
    drawn = draw(ELOCUTE_PT_generate)
    assert "elocute.make_editable" in drawn.operators
    assert "Make editable" in drawn.text


@pytest.mark.parametrize("mode", MODES)
def test_fill_the_scene_says_the_same(library, mode, monkeypatch):
    load(library, mode)
    monkeypatch.setattr("addon.blender.operators.work.work_blocker", lambda: "")
    monkeypatch.setattr(jobs, "service_client", lambda *_: pytest.fail("something was sent"))
    with pytest.raises(RuntimeError, match=r'cannot be animated; press "Make editable" in the Elocute tab'):
        bpy.ops.elocute.fill_scene()
    assert not jobs.session().status.busy


def test_fill_the_scene_fills_the_others_and_names_the_linked_one(library, tmp_path, monkeypatch):
    load(library, "objects")
    scene, client = bpy.context.scene, SpeakingService()
    own = build_head(scene, read_face_model(saved_face(tmp_path)), HeadOptions(name="Own"))
    jobs.session().environment = EnvironmentState.READY
    monkeypatch.setattr(jobs, "service_client", lambda *_: client)
    scene.frame_start, scene.frame_end = 1, 100
    assert bpy.ops.elocute.fill_scene() == {"FINISHED"}
    status = pump_to_the_end(jobs.session(), 60.0)
    assert (status.phase, status.message) == (Phase.DONE, "1 part filled.")
    assert any("linked from another file and cannot be animated" in note for note in status.notes)
    assert [placed.idle for placed in placed_lines(own.keys)] == [True]


@pytest.mark.parametrize("mode", MODES)
def test_the_button_makes_it_editable_and_the_motion_survives_saving(library, mode, tmp_path, make_clip):
    load(library, mode)
    assert bpy.ops.elocute.make_editable() == {"FINISHED"}
    scene = bpy.context.scene
    (rig,) = heads_in(scene)
    assert active_head(bpy.context) == rig
    assert linked_target(bpy.context) is None
    assert rig.writable() == ""
    assert not bpy.ops.elocute.make_editable.poll()
    assert "elocute.make_editable" not in draw(ELOCUTE_PT_generate).operators
    assert not [thing for thing in scene.objects if thing.library is not None]
    assert abs(rig.armature.matrix_world.translation.x - (2.0 if mode == "moved instance" else 0.0)) < 1e-6
    clip = make_clip()
    key_clip(rig, clip, SceneTime(25.0), "line")
    shown = pose(scene, rig)
    path = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    scene = bpy.context.scene
    (rig,) = heads_in(scene)
    assert pose(scene, rig) == shown
    key_clip(rig, make_clip(seed=2), SceneTime(25.0), "line")
    assert len(placed_lines(rig.keys)) == len(placed_lines(rig.armature)) == 1
    assert pose(scene, rig) != shown


def pose(scene, rig):
    scene.frame_set(20)
    graph = bpy.context.evaluated_depsgraph_get()
    mesh = rig.mesh.evaluated_get(graph)
    value = mesh.data.shape_keys.key_blocks["mouthPucker"].value
    turned = rig.armature.evaluated_get(graph).pose.bones["neck"].matrix_basis
    assert abs(value) > 1e-3
    assert abs(turned.to_quaternion().angle) > 1e-3
    return round(value, 5), [round(number, 5) for row in turned for number in row]


def test_own_heads_need_nothing(library, tmp_path):
    build_head(bpy.context.scene, read_face_model(saved_face(tmp_path)))
    assert linked_target(bpy.context) is None
    assert not bpy.ops.elocute.make_editable.poll()


def test_an_own_head_beside_an_instance_is_used(library, tmp_path):
    load(library, "instance")
    rig = build_head(bpy.context.scene, read_face_model(saved_face(tmp_path)))
    assert linked_target(bpy.context).is_instance
    bpy.context.view_layer.objects.active = rig.armature
    assert linked_target(bpy.context) is None
    bpy.context.view_layer.objects.active = None
    assert linked_target(bpy.context) is None


@pytest.mark.parametrize("mode", ["objects", "instance"])
def test_characters_with_several_meshes_are_made_editable_whole(library, tmp_path, make_clip, mode):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    collection = bpy.data.collections.new("Cast")
    bpy.context.scene.collection.children.link(collection)
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    face, teeth = (mesh_with_keys(bpy.context.scene, name, tuple(ARKIT)) for name in ("Face", "Teeth"))
    for thing in (armature, face, teeth):
        collection.objects.link(thing)
        if thing.type == "MESH":
            bpy.context.scene.collection.objects.unlink(thing)
            thing.parent = armature
    path = tmp_path / "cast.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    with bpy.data.libraries.load(str(path), link=True) as (there, wanted):
        if mode == "instance":
            wanted.collections = ["Cast"]
        else:
            wanted.objects = there.objects
    if mode == "instance":
        active = bpy.data.objects.new("Cast", None)
        active.instance_type, active.instance_collection = "COLLECTION", wanted.collections[0]
        scene.collection.objects.link(active)
    else:
        for thing in wanted.objects:
            scene.collection.objects.link(thing)
        active = next(thing for thing in wanted.objects if thing.name == "Teeth")
    bpy.context.view_layer.update()
    bpy.context.view_layer.objects.active = active
    assert linked_target(bpy.context).is_instance is (mode == "instance")
    assert bpy.ops.elocute.make_editable() == {"FINISHED"}
    assert linked_target(bpy.context) is None
    target = active_target(bpy.context)
    assert target.writable() == ""
    key_clip(target, make_clip(), SceneTime(25.0), "line")
    made = [thing for thing in scene.objects if thing.type == "MESH" and thing.library is None]
    assert sorted(thing.name for thing in made) == ["Face", "Teeth"]
    assert all(placed_lines(thing.data.shape_keys) for thing in made)
