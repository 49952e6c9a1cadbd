"""Where a character's face is: camera and lights go there, whatever the character is made of."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Matrix, Vector

import addon
from addon.blender.heads.sitter import sitter_of_character
from addon.blender.targets.character_rig import character_rig_of
from addon.core.axes import MODEL_TO_BLENDER
from addon.core.errors import UserError
from addon.core.retarget.controls.vocabulary import ARKIT
from scripts.bench.made_up_characters import ARKIT_POSES, bone_face, head_mesh, skeleton, skin
from tests.blender.standin import standin_head

KEYS = {name: ARKIT_POSES[name] for name in ARKIT}
PLACED = {
    "as it stands": Matrix(),
    "turned": Matrix.Translation((2.0, 1.0, 1.0)) @ Matrix.Rotation(1.1, 4, "Z"),
    "small": Matrix.Diagonal((0.02, 0.02, 0.02, 1.0)),
    "mirrored": Matrix.Diagonal((-1.0, 1.0, 1.0, 1.0)),
}


@pytest.fixture(scope="module")
def head():
    return standin_head()


@pytest.fixture(autouse=True)
def enabled(scene):
    addon.register()
    yield
    addon.unregister()


def made(scene, head, kind):
    """A character and the mesh of its face."""
    if kind == "keys":
        mesh = head_mesh(scene, head, KEYS)
        return mesh, mesh
    rig = skeleton(scene, head)
    mesh = head_mesh(scene, head, KEYS)
    skin(mesh, rig, head)
    return rig, mesh


def seen(scene, thing):
    """(V, 3) the vertices of a mesh as the camera sees them: 0 to 1 in the picture, and how far off."""
    bpy.context.view_layer.update()
    return np.array(
        [world_to_camera_view(scene, scene.camera, thing.matrix_world @ v.co) for v in thing.data.vertices]
    )


def skull(head, points):
    """Those of the vertices that lie above the neck."""
    rest = head.v_template @ MODEL_TO_BLENDER.T
    return points[rest[:, 2] > rest[:, 2].max() - 0.22]


@pytest.mark.parametrize("kind", ["keys", "armature"])
@pytest.mark.parametrize("placed", PLACED)
def test_the_camera_sees_the_whole_face_from_the_front(scene, head, kind, placed):
    root, mesh = made(scene, head, kind)
    root.matrix_world = PLACED[placed] @ root.matrix_world
    bpy.context.view_layer.objects.active = mesh
    bpy.context.view_layer.update()
    assert bpy.ops.elocute.add_portrait() == {"FINISHED"}
    found = seen(scene, mesh)
    face = skull(head, found)
    assert (face[:, 2] > 0).all()
    assert face[:, :2].min() > -0.1
    assert face[:, :2].max() < 1.1
    assert np.ptp(face[:, 1]) > 0.5
    nose = head.v_template[:, 2].argmax()
    assert found[nose, 2] < np.median(face[:, 2])
    assert abs(found[nose, 0] - 0.5) < 0.05
    assert len([thing for thing in scene.objects if thing.type == "LIGHT"]) == 3
    assert bpy.ops.elocute.add_portrait() == {"FINISHED"}
    assert len([thing for thing in scene.objects if thing.type in ("LIGHT", "CAMERA")]) == 4


def test_a_face_of_bones_is_found_by_them(scene, head):
    rig, mesh = bone_face(scene, head)
    sitter = sitter_of_character(character_rig_of(rig))
    face = skull(head, np.array([mesh.matrix_world @ v.co for v in mesh.data.vertices]))
    middle = 0.5 * (face.min(axis=0) + face.max(axis=0))
    assert np.linalg.norm(np.array(sitter.center) - middle) < 0.5 * np.ptp(face[:, 2])
    assert 0.5 < sitter.height / np.ptp(face[:, 2]) < 2.0
    assert (sitter.turn @ Vector((0, -1, 0)) - Vector((0, -1, 0))).length < 0.01


def test_a_mesh_that_lies_by_its_own_axes_stands_in_the_scene(scene, head):
    mesh = head_mesh(scene, head, KEYS, axes=np.eye(3))  # y is up, as glTF's are
    mesh.matrix_world = Matrix.Rotation(np.pi / 2, 4, "X")
    bpy.context.view_layer.update()
    sitter = sitter_of_character(character_rig_of(mesh))
    assert (sitter.turn @ Vector((0, -1, 0)) - Vector((0, -1, 0))).length < 0.01
    assert 0.15 < sitter.height < 0.5


def test_a_character_of_no_known_kind_is_refused_in_a_sentence(scene, head):
    mesh = head_mesh(scene, head, KEYS)
    mesh["elocute_rig_map"] = "{"
    with pytest.raises(UserError, match="not JSON"):
        sitter_of_character(character_rig_of(mesh))
    bpy.context.view_layer.objects.active = mesh
    with pytest.raises(RuntimeError, match="not JSON"):
        bpy.ops.elocute.add_portrait()
    assert not [thing for thing in scene.objects if thing.type in ("LIGHT", "CAMERA")]
