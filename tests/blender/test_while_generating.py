"""What the user does to scene and head while a line is generated, and heads that were tampered with."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

import addon
from addon.blender import apply_motion
from addon.blender.apply_motion import current_target
from addon.blender.heads.head_builder import build_head
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_strips import placed_lines
from addon.blender.session import jobs
from addon.blender.targets.find import active_head, active_target
from addon.blender.targets.head_rig import (
    BASIS_KEY,
    EXPRESSIONS_KEY,
    HEAD_JOINT_KEY,
    LANDMARK_CORNERS_KEY,
    LANDMARK_WEIGHTS_KEY,
    head_of,
    heads_in,
)
from addon.blender.ui.properties import read_options
from addon.blender.version_compat import content_start, sequencer_strips
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from elocute.motion.clip import MotionClip
from tests.blender.test_sound import needs_sound, write_tone
from tests.core.synthetic_face import saved_face


@pytest.fixture
def enabled(scene, tmp_path, monkeypatch):
    """The add-on, registered, with the synthetic face in the place of the shipped head."""
    monkeypatch.setattr(apply_motion, "STAND_IN_HEAD", saved_face(tmp_path))
    addon.register()
    yield jobs.session()
    addon.unregister()


@pytest.fixture
def finish(enabled, tmp_path):
    """A function that applies a received clip for the target that was current at the start."""

    def apply(target, recording="line.wav", frames=25, **options):
        path = tmp_path / "clip.npz"
        expression = np.random.default_rng(0).random((frames, 43)).astype(np.float32)
        still = np.zeros((frames, 3), np.float32)
        MotionClip(25.0, "elocute-head-1", expression, still, still).save(path)
        for name, value in options.items():
            setattr(bpy.context.scene.elocute, name, value)
        chosen = read_options(bpy.context.scene)
        return apply_motion.apply_motion(path.read_bytes(), tmp_path / recording, chosen, target)

    return apply


def keyed(rig):
    return bool(placed_lines(rig.keys)) and bool(placed_lines(rig.armature))


def rename_head(rig):
    rig.armature.name, rig.mesh.name = "other", "another"
    impostor = bpy.data.objects.new("Elocute head rig", None)
    bpy.context.scene.collection.objects.link(impostor)


def rename_scene(_rig):
    bpy.context.scene.name = "other"
    bpy.data.scenes.new("Scene")


def unparent(rig):
    rig.mesh.parent = None


def other_parent(rig):
    rig.mesh.parent = None
    holder = bpy.data.objects.new("holder", None)
    bpy.context.scene.collection.objects.link(holder)
    rig.mesh.parent = rig.armature.parent = holder


def delete_scene(rig):
    mine, home = bpy.context.scene, bpy.data.scenes.new("new home")
    home.collection.objects.link(rig.armature)
    home.collection.objects.link(rig.mesh)
    bpy.context.window.scene = home
    bpy.data.scenes.remove(mine)


def undo_and_redo(_rig):
    bpy.context.scene.cursor.location.x = 1.0
    bpy.ops.ed.undo_push(message="cursor")
    bpy.ops.ed.undo()


@pytest.mark.parametrize(
    "change", [rename_head, rename_scene, unparent, other_parent, delete_scene, undo_and_redo]
)
def test_the_line_finds_its_head_whatever_became_of_names_and_parents(finish, rig, change):
    bpy.ops.ed.undo_push(message="a head")
    name = rig.armature.name
    target = current_target(bpy.context)
    change(rig)
    finish(target)
    if change is undo_and_redo:
        rig = head_of(bpy.data.objects[name])
    assert keyed(rig)
    assert sum(thing.get(BASIS_KEY) is not None for thing in bpy.data.objects) == 1


@pytest.mark.parametrize("how", ["removed", "mesh", "unlinked", "operator"])
def test_a_deleted_head_is_one_sentence_and_nothing_else(finish, rig, how):
    target = current_target(bpy.context)
    if how == "removed":
        bpy.data.objects.remove(rig.armature)
    elif how == "mesh":
        bpy.data.objects.remove(rig.mesh)
    elif how == "unlinked":
        bpy.context.scene.collection.objects.unlink(rig.armature)
    else:
        rig.armature.select_set(True)
        bpy.ops.object.delete()
    objects = len(bpy.data.objects)
    with pytest.raises(UserError, match=r"Elocute head rig (was deleted|lost its mesh) while its motion"):
        finish(target)
    assert len(bpy.data.objects) == objects
    assert not bpy.data.actions


def test_a_deleted_scene_is_one_sentence(finish):
    target = current_target(bpy.context)
    mine = bpy.context.scene
    bpy.context.window.scene = bpy.data.scenes.new("other")
    bpy.data.scenes.remove(mine)
    with pytest.raises(UserError, match="scene was deleted"):
        finish(target)
    assert not bpy.data.objects


def test_an_impossible_start_frame_adds_no_head(finish):
    with pytest.raises(UserError, match="Blender's frames end at"):
        finish(current_target(bpy.context), start_frame=2**31 - 1)
    assert not bpy.data.objects
    assert not bpy.data.actions


def delete_vertices(rig, keep=10):
    bpy.context.view_layer.objects.active = rig.mesh
    for vertex in rig.mesh.data.vertices:
        vertex.select = vertex.index >= keep
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.delete(type="VERT")
    bpy.ops.object.mode_set(mode="OBJECT")


def test_a_head_with_fewer_vertices_is_keyed_with_a_note(scene, rig, make_clip):
    delete_vertices(rig)
    done = key_clip(rig, make_clip(), SceneTime(25.0), "x")
    assert keyed(rig)
    assert any("The vertices of Elocute head were changed" in note for note in done.notes)


def test_a_head_with_more_vertices_is_keyed_with_a_note(scene, rig, make_clip):
    count = len(rig.mesh.data.vertices)
    bpy.context.view_layer.objects.active = rig.mesh
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.primitive_plane_add()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert len(rig.mesh.data.vertices) == count + 4
    done = key_clip(rig, make_clip(), SceneTime(25.0), "x")
    assert any("The vertices of Elocute head were changed" in note for note in done.notes)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (LANDMARK_CORNERS_KEY, "text"),
        (LANDMARK_CORNERS_KEY, [1, 2, 3]),
        (LANDMARK_CORNERS_KEY, [-5] * 272),
        (LANDMARK_CORNERS_KEY, [10**6] * 272),
        (LANDMARK_WEIGHTS_KEY, None),
        (LANDMARK_WEIGHTS_KEY, 7.0),
    ],
)
def test_odd_landmarks_are_a_note(scene, rig, make_clip, key, value):
    if value is None:
        del rig.mesh[key]
    else:
        rig.mesh[key] = value
    done = key_clip(rig, make_clip(), SceneTime(25.0), "x")
    assert keyed(rig)
    assert len(done.notes) == 1


@pytest.mark.parametrize("key", [BASIS_KEY, EXPRESSIONS_KEY, HEAD_JOINT_KEY])
@pytest.mark.parametrize("value", ["", 5, -1, 2.5, "odd", [1, 2], None, "mouthPucker\nmouthPucker"])
def test_odd_custom_properties_of_a_head_are_one_sentence(enabled, rig, make_clip, key, value):
    if value is None:
        del rig.armature[key]
    else:
        rig.armature[key] = value
    active_target(bpy.context)
    if head_of(rig.armature) is not None:
        assert rig.writable() or isinstance(value, str)
    with pytest.raises(UserError, match=r"was changed|lacks the shape key|face basis"):
        key_clip(rig, make_clip(), SceneTime(25.0), "x")
    assert not bpy.data.actions
    assert rig.armature.animation_data is None


@pytest.mark.parametrize("how", ["removed", "renamed"])
def test_a_head_without_its_jaw_group_is_one_sentence(rig, make_clip, how):
    group = rig.mesh.vertex_groups["jaw"]
    if how == "removed":
        rig.mesh.vertex_groups.remove(group)
    else:
        group.name = "chin"
    assert rig.writable().startswith("The head Elocute head rig lacks the vertex group jaw.")
    with pytest.raises(UserError, match="lacks the vertex group jaw"):
        key_clip(rig, make_clip(), SceneTime(25.0), "x")
    assert not bpy.data.actions


def test_generate_refuses_what_cannot_be_keyed_before_anything_is_sent(enabled, rig, monkeypatch, tmp_path):
    recording = tmp_path / "a.wav"
    recording.write_bytes(b"RIFF")
    bpy.context.scene.elocute.audio = str(recording)
    monkeypatch.setattr(jobs, "service_client", lambda *_: pytest.fail("something was sent"))
    monkeypatch.setattr("addon.blender.operators.generate.generate_blocker", lambda _: "")
    rig.mesh.vertex_groups.remove(rig.mesh.vertex_groups["jaw"])
    with pytest.raises(RuntimeError, match="lacks the vertex group jaw"):
        bpy.ops.elocute.generate()
    assert not enabled.status.busy


def test_heads_are_found_in_rings_of_parents_too(scene, face):
    rig = build_head(scene, face)
    rig.mesh.parent = None
    rig.armature.parent = rig.mesh
    del rig.armature[BASIS_KEY]
    assert head_of(rig.mesh) is None
    assert heads_in(scene) == []
    assert active_head(bpy.context) is None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(1, 25)], (1, 40)),
        ([(101, 25)], (1, 125)),
        ([(101, 100), (101, 25)], (1, 125)),
        ([(201, 25), (101, 25)], (1, 225)),
        ([(-10, 25)], (0, 40)),
        ([(-100, 25)], (1, 40)),
        ([(-100, 25), (50, 25)], (1, 74)),
    ],
)
def test_the_frame_range_fits_the_lines_and_the_users_own(finish, rig, lines, expected):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end, scene.render.fps = 1, 40, 25
    for start, frames in lines:
        outcome = finish(current_target(bpy.context), frames=frames, start_frame=start)
        assert any("from frame 0 on only" in note for note in outcome.notes) is (start < 0)
    assert (scene.frame_start, scene.frame_end) == expected


def test_the_users_first_frame_comes_back_when_a_line_before_it_is_moved(finish, rig):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end, scene.render.fps = 5, 40, 25
    for start, first in ((-10, 0), (2, 2), (8, 5)):
        finish(current_target(bpy.context), frames=25, start_frame=start)
        assert scene.frame_start == first


def test_a_range_that_the_user_sets_later_is_kept(finish, rig):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end, scene.render.fps = 1, 40, 25
    finish(current_target(bpy.context), frames=100)
    assert scene.frame_end == 100
    scene.frame_end = 60  # a part to work on; the next line needs no more
    finish(current_target(bpy.context), frames=25)
    assert scene.frame_end == 60
    finish(current_target(bpy.context), frames=25, extend_range=False, start_frame=500)
    assert scene.frame_end == 60


def audible(scene):
    return sorted(
        (Path(strip.sound.filepath).name, content_start(strip))
        for strip in sequencer_strips(scene)
        if not strip.mute
    )


@needs_sound
@pytest.mark.parametrize("differ", ["seed", "recording", "start"])
def test_of_four_takes_one_is_heard(finish, rig, tmp_path, differ):
    for take in range(4):
        name = f"take{take}.wav" if differ == "recording" else "take0.wav"
        write_tone(tmp_path / name, 1.0)
        start = 1 + 3 * take if differ == "start" else 1
        finish(current_target(bpy.context), name, seed=take, start_frame=start)
    assert audible(bpy.context.scene) == [(name, start)]
    for block in (rig.keys, rig.armature):
        assert len(placed_lines(block)) == 1
    if differ == "recording":  # back to the first
        finish(current_target(bpy.context), "take0.wav", start_frame=1)
        assert audible(bpy.context.scene) == [("take0.wav", 1)]


@needs_sound
def test_other_lines_and_other_heads_stay_audible(finish, scene, face, rig, tmp_path):
    other = build_head(scene, face)
    for name in ("a.wav", "b.wav"):
        write_tone(tmp_path / name, 1.0)
    for head, name, start in ((rig, "a.wav", 1), (rig, "b.wav", 101), (other, "a.wav", 1), (rig, "b.wav", 1)):
        bpy.context.view_layer.objects.active = head.armature
        finish(current_target(bpy.context), name, start_frame=start)
    assert audible(scene) == [("a.wav", 1), ("b.wav", 1), ("b.wav", 101)], "the other head still says a.wav"
    bpy.context.view_layer.objects.active = other.armature
    finish(current_target(bpy.context), "b.wav", start_frame=1)
    assert audible(scene) == [("b.wav", 1), ("b.wav", 101)]
