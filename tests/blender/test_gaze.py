"""A character looks where the clip does: by eye bones, by keys, by targets, however its rig is placed."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Quaternion

from addon.blender.heads.edit_mode import edit_mode
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.line_time import scene_time
from addon.blender.targets.character_rig import character_rig_of
from addon.blender.targets.rig_state import MAP_KEY
from addon.core.axes import MODEL_TO_BLENDER
from addon.core.clip.clip import Clip
from addon.core.retarget.presets import preset
from addon.core.retarget.rig_map import MapLook
from addon.core.retarget.rig_map_file import write_map
from elocute.face.model import JOINT_NAMES
from elocute.face.skinning import pose_vertices
from scripts.bench.made_up_characters import ARKIT_POSES, head_mesh, posed_vertices, skeleton, skin
from scripts.bench.retarget import face_signals
from tests.blender.standin import bare_face, standin_head

FRAMES = 24
DEGREES = 1.5
SIDES = {"left_eye": "eye.L", "right_eye": "eye.R"}
WITH_LIDS = "keys that take the lids along"
OBJECT_OF_MAP = "an object that the map names as target"
OBJECT_ON_HEAD = "an object on the head bone as target"
OBJECTS = "objects as targets, one an eye"
KINDS = [
    "bones", "keys", WITH_LIDS, "target on the head", "target on the root", "targets, one an eye",
    OBJECT_OF_MAP, OBJECT_ON_HEAD, OBJECTS,
]  # fmt: skip
PLACED = {
    "as it stands": Matrix(),
    "turned": Matrix.Rotation(1.1, 4, (0.3, 0.5, 0.8)),
    "mirrored": Matrix.Diagonal((-1.0, 1.0, 1.0, 1.0)),
    "scaled": Matrix.Diagonal((0.02, 0.02, 0.02, 1.0)),
    "negative": Matrix.Diagonal((-2.0, -2.0, -2.0, 1.0)),
    "uneven": Matrix.Diagonal((1.0, 1.3, 0.8, 1.0)),
}

PLACES = [
    ("as it stands", False), ("turned", True), ("mirrored", False), ("mirrored", True), ("scaled", True),
    ("negative", False), ("uneven", False), ("uneven", True),
]  # fmt: skip


@pytest.fixture(scope="module")
def head():
    return standin_head()


@pytest.fixture(scope="module")
def clip(head):
    """The head turns, both eyes look about, and there is a blink."""
    t = np.linspace(0, 1, FRAMES)
    turn = np.column_stack([0.2 * np.sin(5 * t), 0.5 * np.sin(7 * t), 0.15 * np.sin(4 * t)])
    eyes = np.zeros((FRAMES, 6))
    eyes[:, [0, 3]] = (0.2 * np.sin(9 * t))[:, None]
    eyes[:, [1, 4]] = (0.35 * np.sin(6 * t))[:, None]
    expression = np.zeros((FRAMES, 43), np.float32)
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        expression[:, head.expression_names.index(name)] = np.exp(-(((t - 0.5) / 0.05) ** 2))
    jaw = np.zeros((FRAMES, 3), np.float32)
    return Clip(25.0, head.basis, expression, jaw, turn.astype(np.float32), None, eyes.astype(np.float32))


def character(scene, head, kind):
    rig = skeleton(scene, head)
    keys = {
        name: pose
        for name, pose in ARKIT_POSES.items()
        if not name.startswith("tongue") and ("keys" in kind or not name.startswith("eyeLook"))
    }
    if kind == WITH_LIDS:
        for side in ("Left", "Right"):
            keys[f"eyeLookDown{side}"] = {f"eyeLookDown{side}": 1.0, f"eyeBlink{side}": 0.5}
            keys[f"eyeLookUp{side}"] = {f"eyeLookUp{side}": 1.0, f"eyeWide{side}": 0.5}
    mesh = head_mesh(scene, head, keys, vertices=bare_face())
    skin(mesh, rig, head, vertices=bare_face())
    if "object" in kind:
        look = add_objects(scene, rig, kind)
        if look is not None:
            rig[MAP_KEY] = write_map(replace(preset("arkit"), look=look, kind="own", title="Own"))
    elif "target" in kind:
        look = add_targets(rig, kind)
        rig[MAP_KEY] = write_map(replace(preset("arkit"), look=look, kind="own", title="Own"))
    return rig, mesh


def add_targets(rig, kind):
    """Bones before the face at which the eye bones look."""
    names = (
        {side: "eye target" for side in SIDES}
        if "one an eye" not in kind
        else {"left_eye": "target.L", "right_eye": "target.R"}
    )
    with edit_mode(rig):
        bones = rig.data.edit_bones
        for name in dict.fromkeys(names.values()):
            followed = [bones[SIDES[side]].head for side in SIDES if names[side] == name]
            bone = bones.new(name)
            bone.head = sum(followed, followed[0] * 0) / len(followed)
            bone.head.y -= 0.6
            bone.tail, bone.roll = bone.head.copy(), 0.3
            bone.tail.z += 0.05
            bone.parent = bones["spine"] if "root" in kind else bones["head"]
    for side, eye in SIDES.items():
        constraint = rig.pose.bones[eye].constraints.new("DAMPED_TRACK")
        constraint.target, constraint.subtarget, constraint.track_axis = rig, names[side], "TRACK_Y"
    if "one an eye" in kind:
        return MapLook("", "target.L", "target.R")
    return MapLook("eye target")


def add_objects(scene, rig, kind):
    """Empties before the face at which the eye bones look: in the world, or on the head."""
    names = dict.fromkeys(SIDES, "Gaze") if kind != OBJECTS else {side: f"Gaze {side}" for side in SIDES}
    for name in dict.fromkeys(names.values()):
        empty = bpy.data.objects.new(name, None)
        scene.collection.objects.link(empty)
        followed = [rig.data.bones[SIDES[side]].head_local for side in SIDES if names[side] == name]
        empty.rotation_euler = (0.4, 0.2, 1.0)
        if kind == OBJECT_ON_HEAD:
            empty.parent, empty.parent_type, empty.parent_bone = rig, "BONE", "head"
        else:
            empty.parent = rig
        bpy.context.view_layer.update()
        place = sum(followed, followed[0] * 0) / len(followed)
        place.y -= 0.6
        empty.matrix_world = (
            Matrix.Translation(rig.matrix_world @ place) @ empty.matrix_world.to_3x3().to_4x4()
        )
        if kind == OBJECT_OF_MAP:
            in_world = empty.matrix_world.copy()
            empty.parent = None
            empty.matrix_world = in_world
    for side, eye in SIDES.items():
        constraint = rig.pose.bones[eye].constraints.new("DAMPED_TRACK")
        constraint.target, constraint.track_axis = bpy.data.objects[names[side]], "TRACK_Y"
    return MapLook("Gaze") if kind == OBJECT_OF_MAP else None


def directions(rig, mesh, head):
    """(T, 2, 3) where both eyes look, in the armature's own space, from the vertices of their balls."""
    found = []
    posed = posed_vertices(mesh, range(1, FRAMES + 1))
    for side in SIDES:
        ball = np.flatnonzero(head.weights[:, JOINT_NAMES.index(side)] > 0.99)
        rest = head.v_template[ball]
        front = ball[rest[:, 2] > np.quantile(rest[:, 2], 0.9)]
        way = posed[:, front].mean(axis=1) - posed[:, ball].mean(axis=1)
        found.append(way / np.linalg.norm(way, axis=-1, keepdims=True))
    return np.stack(found, axis=1)


def rotations(vectors):
    """(T, 3) axis-angles to (T, 3, 3) matrices."""
    lengths = np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)
    return np.stack(
        [np.array(Quaternion(v / n, n).to_matrix()) for v, n in zip(vectors, lengths, strict=True)]
    )


def wanted(clip, head):
    """(T, 2, 3) where the clip's eyes look, with its head."""
    turn = rotations(clip.head.astype(float))
    found = []
    for column, side in enumerate(SIDES):
        ball = np.flatnonzero(head.weights[:, JOINT_NAMES.index(side)] > 0.99)
        rest = head.v_template[ball].astype(float)
        front = rest[rest[:, 2] > np.quantile(rest[:, 2], 0.9)].mean(axis=0) - rest.mean(axis=0)
        eye = rotations(clip.eyes[:, 3 * column : 3 * column + 3].astype(float))
        found.append(np.einsum("tij,tjk,k->ti", turn, eye, front / np.linalg.norm(front)))
    return np.stack(found, axis=1)


def angles(one, other, placed):
    """(T, E) degrees between directions of the rig's own space, as they are in the world."""
    frame = np.array(placed.to_3x3()) @ MODEL_TO_BLENDER
    ways = [way @ frame.T for way in (one, other)]
    first, second = (way / np.linalg.norm(way, axis=-1, keepdims=True) for way in ways)
    return np.degrees(np.arccos(np.clip(np.sum(first * second, axis=-1), -1, 1)))


def place(rig, placed, parented):
    """Put the armature there, by itself or by a parent."""
    scene = bpy.context.scene
    rig.parent, rig.matrix_world = None, Matrix()
    if parented:
        body = bpy.data.objects.new("Body", bpy.data.armatures.new("Body"))
        scene.collection.objects.link(body)
        rig.parent = body
        body.matrix_world = placed
    else:
        rig.matrix_world = placed
    bpy.context.view_layer.update()


@pytest.mark.parametrize("kind", KINDS)
def test_a_character_looks_where_the_clip_does(scene, head, clip, kind):
    rig, mesh = character(scene, head, kind)
    scene.render.fps = 25
    # One target for both eyes is nearer than what they look at: between them is where the character looks.
    aim = wanted(clip, head).mean(axis=1, keepdims=True)
    for name, parented in PLACES:
        place(rig, PLACED[name], parented)
        key_clip(character_rig_of(mesh), clip, scene_time(scene, 1), "line")
        found = directions(rig, mesh, head).mean(axis=1, keepdims=True)
        still = np.repeat(found[:1], FRAMES, axis=0)
        assert angles(found, still, PLACED[name]).max() > 30
        assert angles(found, aim, PLACED[name]).max() < DEGREES, (name, parented)


@pytest.mark.parametrize("how", ["locked", "driven"])
def test_a_target_that_cannot_be_moved_is_a_note(scene, head, clip, how):
    rig, mesh = character(scene, head, OBJECT_OF_MAP)
    empty = bpy.data.objects["Gaze"]
    if how == "locked":
        empty.lock_location = (True, True, True)
    else:
        empty.driver_add("location", 0)
    before = empty.location.copy()
    done = key_clip(character_rig_of(mesh), clip, scene_time(scene, 1), "line")
    assert any(note.startswith("Gaze, which the eyes look at, has ") for note in done.notes)
    assert empty.location == before
    assert not placed_lines(empty)
    assert placed_lines(rig)


def test_a_muted_constraint_leaves_the_eye_bones_to_turn(scene, head, clip):
    rig, mesh = character(scene, head, OBJECTS)
    for eye in SIDES.values():
        rig.pose.bones[eye].constraints[0].mute = True
    scene.render.fps = 25
    key_clip(character_rig_of(mesh), clip, scene_time(scene, 1), "line")
    assert angles(directions(rig, mesh, head), wanted(clip, head), Matrix()).max() < DEGREES
    assert not any(placed_lines(bpy.data.objects[f"Gaze {side}"]) for side in SIDES)


@pytest.mark.parametrize("kind", ["keys", WITH_LIDS])
def test_a_blink_shuts_the_eyes_wherever_they_look(scene, head, clip, kind):
    """Keys that look down take the lids along, so the others have to place them."""
    _, mesh = character(scene, head, kind)
    scene.render.fps = 25
    still = replace(clip, head=np.zeros_like(clip.head))
    key_clip(character_rig_of(mesh), still, scene_time(scene, 1), "line")
    made = face_signals(head, posed_vertices(mesh, range(1, FRAMES + 1)))[:, 2]
    source = pose_vertices(head, still.expression, still.jaw, still.head, eyes=still.eyes)
    lids = face_signals(head, source)[:, 2]
    assert lids.min() < 0.3
    assert np.abs(made - lids).max() < 0.15


def test_an_object_that_is_called_as_a_bone_is_moved_and_the_bone_is_not(scene, head, clip):
    rig, mesh = character(scene, head, OBJECT_ON_HEAD)
    with edit_mode(rig):
        bone = rig.data.edit_bones.new("Gaze")
        bone.head, bone.tail = (0, 0, 0), (0, 0, 0.1)
    scene.render.fps = 25
    done = key_clip(character_rig_of(mesh), clip, scene_time(scene, 1), "line")
    assert not done.notes
    assert placed_lines(bpy.data.objects["Gaze"])
    aim = wanted(clip, head).mean(axis=1, keepdims=True)
    found = directions(rig, mesh, head).mean(axis=1, keepdims=True)
    assert angles(found, aim, Matrix()).max() < DEGREES
