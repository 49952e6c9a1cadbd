"""A keyed character written for other programs with the exporters' own settings is the same read back."""

from __future__ import annotations

from pathlib import Path

import addon_utils
import bpy
import numpy as np
import pytest

from addon.blender.headless.outputs import write_file
from addon.blender.keys.keyframes import key_clip, scene_time
from addon.blender.targets.character_rig import character_rig_of
from addon.core.clip.clip import Clip
from elocute.face.model import FaceModel
from scripts.bench.made_up_characters import ARKIT_POSES, head_mesh, skeleton, skin

HEAD = Path(__file__).parents[2] / "flame_assets" / "elocute-head-1.npz"
FRAMES = 30
LOOKED_AT = (1, 8, 13, 22, 30)
MILLIMETRES = {"gltf": 0.02, "fbx": 0.5, "usd": 0.02, "alembic": 0.02}
"""FBX: Blender's exporter drops keys that it finds superfluous."""
ENDINGS = {"gltf": "glb", "fbx": "fbx", "usd": "usdc", "alembic": "abc"}
_KEYS = {name: pose for name, pose in ARKIT_POSES.items() if not name.startswith("tongue")}


@pytest.fixture
def character(scene):
    """An ARKit mesh on an armature, keyed with a line of talk in which the head turns."""
    head = FaceModel.load(HEAD)
    rig = skeleton(scene, head)
    mesh = head_mesh(scene, head, _KEYS)
    skin(mesh, rig, head)
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
    jaw[:, 0] = 0.14 * opening
    turn = np.column_stack([0.2 * np.sin(5 * t), 0.4 * np.sin(4 * t), 0.1 * t]).astype(np.float32)
    eyes = np.zeros((FRAMES, 6), np.float32)
    eyes[:, [1, 4]] = 0.2 * np.sin(6 * t)[:, None]
    scene.render.fps, scene.frame_start, scene.frame_end = 25, 1, FRAMES
    clip = Clip(25.0, head.basis, expression, jaw, turn, None, eyes)
    key_clip(character_rig_of(mesh), clip, scene_time(scene, 1), "line")
    return mesh


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


def read_back(form, path):
    """The largest mesh of a file read into an empty scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 25
    for name in ("io_scene_fbx", "io_scene_gltf2"):
        addon_utils.enable(name)
    if form == "gltf":
        bpy.ops.import_scene.gltf(filepath=str(path))
    elif form == "fbx":
        bpy.ops.import_scene.fbx(filepath=str(path))
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
def test_the_motion_that_is_read_back_is_the_same(character, tmp_path, form):
    wanted = places(character)
    bpy.context.scene.frame_set(1)
    path = tmp_path / f"character.{ENDINGS[form]}"
    write_file(form, path)
    face = read_back(form, path)
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
