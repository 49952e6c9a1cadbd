"""FBX and glTF written with the exporters' default settings, and read back."""

from __future__ import annotations

import json
import struct
from functools import partial

import addon_utils
import bpy
import numpy as np
import pytest
from mathutils import kdtree

from addon.blender.headless.outputs import write_file
from addon.blender.heads.head_builder import build_head
from addon.blender.heads.portrait import add_portrait
from addon.blender.heads.sitter import sitter_of_head
from addon.blender.keys.baking import bake_live_parts
from addon.blender.keys.keyframes import key_clip
from addon.core.clip.clip import Clip
from addon.core.clip.face_model import read_face_model
from addon.core.clip.timebase import SceneTime
from elocute.face.flame_import import FlameSources, convert_flame
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files
from tests.core.synthetic_face import saved_face

FRAMES = 24
LOOKED_AT = (1, 9, 24)
FBX_METRES = 1e-4
"""Blender's FBX exporter drops keys that it finds superfluous."""
GLTF_METRES = 1e-5


@pytest.fixture(params=["head", "flame"])
def rig(request, scene, tmp_path):
    """A head with two lines; a FLAME head is baked, for other programs know no drivers."""
    rig = keyed_head(scene, tmp_path, request.param)
    bake_live_parts(scene, rig, range(1, 81))
    return rig


def keyed_head(scene, tmp_path, kind):
    """A head with two lines, at frame 1 and at frame 41."""
    scene.render.fps, scene.frame_end = 25, 80
    for name in ("io_scene_fbx", "io_scene_gltf2"):
        addon_utils.enable(name, default_set=True)
    if kind == "head":
        path, count = saved_face(tmp_path), 43
    else:
        files = write_files(make_synthetic_flame(SMALL_SIZE), tmp_path, "numpy2")
        path, count = tmp_path / "face.npz", 100
        convert_flame(FlameSources(files["model"], landmarks=(files["landmarks"],))).save(path)
    face = read_face_model(path)
    rig = build_head(scene, face)
    for number, (name, start) in enumerate((("first.wav", 1), ("second.wav", 41))):
        key_clip(
            rig, clip(face.basis, count, number), SceneTime(25.0, start), name, recording=tmp_path / name
        )
    return rig


def clip(basis, count, seed):
    """A lively clip whose expressions stay in the sliders that importers give shape keys, 0 to 1."""
    rng = np.random.default_rng(seed)

    def walk(columns, size):
        return (size * np.cumsum(0.1 * rng.standard_normal((FRAMES, columns)), axis=0)).astype(np.float32)

    expression = np.clip(np.abs(walk(count, 1.0)), 0, 1)
    return Clip(25.0, basis, expression, walk(3, 0.2), walk(3, 0.3), walk(3, 0.1), walk(6, 0.2))


def vertices(thing, frames):
    """Frame -> (V, 3) world positions."""
    found = {}
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        shown = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
        mesh = shown.to_mesh()
        flat = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", flat)
        world = np.array(shown.matrix_world)
        found[frame] = flat.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]
        shown.to_mesh_clear()
    return found


def read_back(operator, path):
    """The mesh with shape keys of a file read into an empty scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 25
    for name in ("io_scene_fbx", "io_scene_gltf2"):
        addon_utils.enable(name, default_set=True)
    operator(filepath=str(path))
    faces = [t for t in bpy.data.objects if t.type == "MESH" and t.data.shape_keys is not None]
    face = max(faces, key=lambda thing: len(thing.data.vertices))
    for block in face.data.shape_keys.key_blocks[1:]:
        block.slider_min, block.slider_max = -10.0, 10.0  # correctives are negative at times
    return face


def farthest(found, wanted):
    """The largest distance, in metres, from a wanted vertex to the nearest one found: glTF splits some."""
    worst = 0.0
    for frame, points in wanted.items():
        tree = kdtree.KDTree(len(found[frame]))
        for index, point in enumerate(found[frame]):
            tree.insert(point, index)
        tree.balance()
        worst = max(worst, *(tree.find(point)[2] for point in points))
    return worst


def test_fbx_keeps_shape_keys_and_motion(scene, rig, tmp_path):
    wanted, names = vertices(rig.mesh, LOOKED_AT), list(rig.keys.key_blocks.keys())
    values = key_values(rig.mesh)
    bpy.ops.export_scene.fbx(filepath=str(tmp_path / "head.fbx"))
    face = read_back(bpy.ops.import_scene.fbx, tmp_path / "head.fbx")
    assert list(face.data.shape_keys.key_blocks.keys()) == names
    for data_block in (face.data.shape_keys, face.parent):
        anim = data_block.animation_data
        action = next(a for a in bpy.data.actions if a.name.endswith("|first") and same_kind(a, anim.action))
        anim.action = action
        if hasattr(anim, "action_slot"):
            anim.action_slot = anim.action_suitable_slots[0]
    np.testing.assert_allclose(key_values(face), values, atol=2e-3)
    assert farthest(vertices(face, LOOKED_AT), wanted) < FBX_METRES


@pytest.mark.parametrize("form", ["gltf", "fbx"])
def test_a_flame_head_need_not_be_baked_for_an_export_of_elocutes(scene, tmp_path, form):
    rig = keyed_head(scene, tmp_path, "flame")
    wanted = vertices(rig.mesh, LOOKED_AT)
    path = tmp_path / ("head.glb" if form == "gltf" else "head.fbx")
    write_file(form, path, scene)
    settings = {"anim_offset": 0.0} if form == "fbx" else {}
    face = read_back(partial(getattr(bpy.ops.import_scene, form), **settings), path)
    assert farthest(vertices(face, LOOKED_AT), wanted) < (FBX_METRES if form == "fbx" else GLTF_METRES)


def key_values(thing):
    """(frames, keys) values of the shape keys."""
    found = []
    for frame in LOOKED_AT:
        bpy.context.scene.frame_set(frame)
        found.append([block.value for block in thing.data.shape_keys.key_blocks])
    return np.array(found)


def same_kind(one, other):
    """Whether two imported actions are of one data-block: the name begins with its."""
    return one.name.split("|")[0] == other.name.split("|")[0]


def test_gltf_holds_one_animation_a_line_with_keys_and_bones(scene, rig, tmp_path):
    wanted = vertices(rig.mesh, LOOKED_AT)
    bpy.ops.export_scene.gltf(filepath=str(tmp_path / "head.glb"))
    content = (tmp_path / "head.glb").read_bytes()
    (size,) = struct.unpack("<I", content[12:16])
    animations = json.loads(content[20 : 20 + size])["animations"]
    assert [animation["name"].split(".")[0] for animation in animations] == ["first", "second"]
    for animation in animations:
        paths = {channel["target"]["path"] for channel in animation["channels"]}
        assert {"rotation", "weights"} <= paths
    face = read_back(bpy.ops.import_scene.gltf, tmp_path / "head.glb")
    for data_block in (face.data.shape_keys, *(t for t in bpy.data.objects if t.animation_data)):
        play(data_block, "first")
    assert farthest(vertices(face, LOOKED_AT), wanted) < GLTF_METRES


def play(data_block, name):
    """Make the strip of that name the only one that plays."""
    anim = data_block.animation_data
    for track in anim.nla_tracks:
        for strip in track.strips:
            if strip.action.name.startswith(name):
                anim.action = strip.action
                if hasattr(strip, "action_slot"):
                    anim.action_slot = strip.action_slot


@pytest.mark.parametrize("overridden", [False, True])
def test_a_portrait_of_another_file_stays_and_nothing_is_lost(scene, tmp_path, overridden):
    """Blender lets nobody take anything out of a linked collection."""
    rig = keyed_head(scene, tmp_path, "head")
    portrait = add_portrait(scene, sitter_of_head(rig))
    group = bpy.data.collections.new("Set")
    group.objects.link(portrait.camera)
    bpy.data.libraries.write(str(tmp_path / "set.blend"), {group})
    bpy.data.collections.remove(group)
    with bpy.data.libraries.load(str(tmp_path / "set.blend"), link=True) as (_, wanted):
        wanted.collections = ["Set"]
    scene.collection.children.link(wanted.collections[0])
    if overridden:
        wanted.collections[0].override_hierarchy_create(scene, bpy.context.view_layer)
    assert any(part.override_library for part in scene.collection.children_recursive) is overridden
    there = set(scene.objects)
    write_file("alembic", tmp_path / "head.abc", scene)
    assert set(scene.objects) == there


@pytest.mark.parametrize("form", ["gltf", "fbx", "usd", "alembic"])
def test_a_portraits_camera_and_lights_are_in_no_file_but_blenders(scene, tmp_path, form):
    rig = keyed_head(scene, tmp_path, "head")
    own = bpy.data.objects.new("Mine", bpy.data.cameras.new("Mine"))
    scene.collection.objects.link(own)
    portrait = add_portrait(scene, sitter_of_head(rig))
    path = tmp_path / f"head.{ {'gltf': 'glb', 'fbx': 'fbx', 'usd': 'usda', 'alembic': 'abc'}[form] }"
    write_file(form, path, scene)
    assert scene.camera == portrait.camera
    made = {portrait.camera, *portrait.lights}
    assert made <= set(scene.objects)
    names = {thing.name for thing in made}
    bpy.ops.wm.read_factory_settings(use_empty=True)
    operators = {
        "gltf": bpy.ops.import_scene.gltf,
        "fbx": bpy.ops.import_scene.fbx,
        "usd": bpy.ops.wm.usd_import,
        "alembic": bpy.ops.wm.alembic_import,
    }
    for name in ("io_scene_fbx", "io_scene_gltf2"):
        addon_utils.enable(name, default_set=True)
    operators[form](filepath=str(path))
    read = {thing.name.replace("_", " ") for thing in bpy.data.objects}
    assert ("Mine" in read) == (form != "gltf"), "by itself glTF's exporter writes no cameras"
    assert not read & names
