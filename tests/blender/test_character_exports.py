"""A keyed character written for other programs, by Elocute or with the exporters' own settings, read back."""

from __future__ import annotations

import json
import struct
from functools import partial

import addon_utils
import bpy
import numpy as np
import pytest

from addon.blender import version_compat
from addon.blender.headless.outputs import write_file
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.line_time import scene_time
from addon.blender.targets.character_rig import character_rig_of
from addon.core.clip.clip import Clip
from scripts.bench.made_up_characters import ARKIT_POSES, head_mesh, skeleton, skin
from tests.blender.standin import bare_face, standin_head

FRAMES = 30
LOOKED_AT = (1, 8, 13, 22, 30)
MILLIMETRES = {"gltf": 0.02, "fbx": 0.5, "usd": 0.02, "alembic": 0.02}
"""FBX: Blender's exporter drops keys that it finds superfluous."""
ENDINGS = {"gltf": "glb", "fbx": "fbx", "usd": "usdc", "alembic": "abc"}
_KEYS = {name: pose for name, pose in ARKIT_POSES.items() if not name.startswith("tongue")}


@pytest.fixture
def character(scene):
    """An ARKit mesh on an armature, keyed with a line of talk in which the head turns."""
    head = standin_head()
    rig = skeleton(scene, head)
    mesh = head_mesh(scene, head, _KEYS, vertices=bare_face())
    skin(mesh, rig, head, vertices=bare_face())
    scene.render.fps, scene.frame_start, scene.frame_end = 25, 1, FRAMES
    key_line(mesh, 1.0)
    return mesh


def key_line(mesh, amount):
    """Key a take of the line: lips, a smile and a blink, jaw, head and eyes."""
    head = standin_head()
    t = np.linspace(0, 1, FRAMES)
    expression = np.zeros((FRAMES, len(head.expression_names)), np.float32)
    opening = np.sin(3 * np.pi * t) ** 2
    for name, curve in (
        ("mouthPucker", 0.6 * opening * (t < 0.5)),
        ("mouthSmileLeft", 0.5 * t),
        ("eyeBlinkLeft", np.exp(-(((t - 0.5) / 0.06) ** 2))),
        ("eyeBlinkRight", np.exp(-(((t - 0.5) / 0.06) ** 2))),
    ):
        expression[:, head.expression_names.index(name)] = curve
    jaw = np.zeros((FRAMES, 3), np.float32)
    jaw[:, 0] = 0.14 * amount * opening
    turn = np.column_stack([0.2 * np.sin(5 * t), 0.4 * np.sin(4 * t), 0.1 * t]).astype(np.float32)
    eyes = np.zeros((FRAMES, 6), np.float32)
    eyes[:, [1, 4]] = 0.2 * np.sin(6 * t)[:, None]
    clip = Clip(25.0, head.basis, expression, jaw, turn, None, eyes)
    key_clip(character_rig_of(mesh), clip, scene_time(bpy.context.scene, 1), "line")


def places(thing):
    """(frames, V, 3) of the world, metres."""
    found = []
    for frame in LOOKED_AT:
        bpy.context.scene.frame_set(frame)
        shown = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
        mesh = shown.to_mesh()
        flat = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", flat)
        world = np.array(shown.matrix_world)
        found.append(flat.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])
        shown.to_mesh_clear()
    return np.stack(found)


def read_back(form, path, **settings):
    """The largest mesh of a file read into an empty scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 25
    for name in ("io_scene_fbx", "io_scene_gltf2"):
        addon_utils.enable(name)
    if form == "gltf":
        bpy.ops.import_scene.gltf(filepath=str(path), **settings)
    elif form == "fbx":
        bpy.ops.import_scene.fbx(filepath=str(path), **settings)
    elif form == "usd":
        bpy.ops.wm.usd_import(filepath=str(path))
    else:
        bpy.ops.wm.alembic_import(filepath=str(path))
    meshes = [thing for thing in bpy.data.objects if thing.type == "MESH"]
    return max(meshes, key=lambda thing: len(thing.data.vertices))


def vertex_pairs(wanted, found):
    """For each wanted vertex the one found that lies at it at rest: glTF orders and splits them anew."""
    from mathutils import kdtree

    tree = kdtree.KDTree(len(found))
    for index, point in enumerate(found):
        tree.insert(point, index)
    tree.balance()
    return np.array([tree.find(point)[1] for point in wanted])


@pytest.mark.parametrize("form", MILLIMETRES)
@pytest.mark.parametrize("written_by", ["elocute", "its own settings"])
def test_the_motion_that_is_read_back_is_the_same(character, tmp_path, form, written_by):
    wanted = places(character)
    path = tmp_path / f"character.{ENDINGS[form]}"
    if written_by == "elocute":
        write_file(form, path, bpy.context.scene)
        # Times are those of the scene. Blender's reader of FBX adds a frame.
        face = read_back(form, path, **({"anim_offset": 0.0} if form == "fbx" else {}))
    else:
        with_own_settings(form, path)
        face = read_back(form, path)
    same_motion(form, wanted, face)


def with_own_settings(form, path):
    """Write the file as Blender's menu does."""
    for name in ("io_scene_fbx", "io_scene_gltf2"):
        addon_utils.enable(name)
    write = {
        "gltf": bpy.ops.export_scene.gltf,
        "fbx": bpy.ops.export_scene.fbx,
        "usd": partial(bpy.ops.wm.usd_export, export_animation=True),
        "alembic": bpy.ops.wm.alembic_export,
    }
    write[form](filepath=str(path))


def same_motion(form, wanted, face):
    """Assert that a mesh that was read moves as was wanted."""
    if form == "fbx":
        for block in face.data.shape_keys.key_blocks[1:]:
            block.slider_min, block.slider_max = -10.0, 10.0
    found = places(face)
    own = np.arange(wanted.shape[1])
    if found.shape[1] != wanted.shape[1]:
        own = vertex_pairs(wanted[0], found[0])
    moved = 1000 * np.linalg.norm(wanted - wanted[0], axis=-1).max()
    apart = 1000 * np.linalg.norm(found[:, own] - wanted, axis=-1).max()
    assert moved > 20
    assert apart < MILLIMETRES[form]


@pytest.fixture
def takes(character):
    """The character with two earlier takes of its line, and a body that moves by an action of its own."""
    armature = character.parent
    for take in (1, 2):
        key_line(character, 0.5 * take)
    armature.location.x = 0.0
    armature.keyframe_insert("location", frame=1)
    armature.location.x = 0.1
    armature.keyframe_insert("location", frame=FRAMES)
    version_compat.current_action(armature).name = "walk"
    return character


@pytest.mark.parametrize("form", ["gltf", "fbx"])
def test_an_export_of_elocutes_holds_the_one_performance_that_plays(takes, tmp_path, form):
    wanted = places(takes)
    path = tmp_path / f"shot 1.{ENDINGS[form]}"
    write_file(form, path, bpy.context.scene)
    assert bpy.context.scene.name == "Scene"
    if form == "gltf":
        (animation,) = animations(path)
        assert animation["name"] == "shot 1"
        assert {"rotation", "weights"} <= {channel["target"]["path"] for channel in animation["channels"]}
    face = read_back(form, path, **({"anim_offset": 0.0} if form == "fbx" else {}))
    if form == "fbx":
        assert {action.name.split("|")[-1] for action in bpy.data.actions} == {"shot 1"}
    same_motion(form, wanted, face)


def test_earlier_takes_are_not_in_a_users_own_export(takes, tmp_path):
    playing = [
        placed.strip for block in (takes.parent, takes.data.shape_keys) for placed in placed_lines(block)
    ]
    current = {strip.action.name for strip in playing}
    for strip in playing:
        strip.name = "played"  # the first take is called as the strip is
    with_own_settings("fbx", tmp_path / "a.fbx")
    bpy.context.preferences.addons.new().module = "addon"
    try:
        with_own_settings("gltf", tmp_path / "a.glb")
    finally:
        bpy.context.preferences.addons.remove(bpy.context.preferences.addons["addon"])
    assert [action for action in bpy.data.actions if action.name.startswith("line")]
    assert sorted(animation["name"].split(".")[0] for animation in animations(tmp_path / "a.glb")) == [
        "line",
        "walk",
    ]
    read_back("fbx", tmp_path / "a.fbx")
    written = {action.name.split("|")[-1] for action in bpy.data.actions}
    # Some versions write what plays twice, as strip and as action.
    assert {"walk", "played"} <= written <= {"walk", "played", *current}


def animations(path):
    """The animations of a binary glTF file."""
    content = path.read_bytes()
    (size,) = struct.unpack("<I", content[12:16])
    return json.loads(content[20 : 20 + size])["animations"]
