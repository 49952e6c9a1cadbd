"""What an object holds, and what is said where it holds something else."""

from __future__ import annotations

import bpy
import pytest

from addon.blender.data_of import armature_of, driver_on, mesh_of, pose_of, shape_keys_of, shown_name
from tests.blender.made_up_rigs import armature_with_bones, mesh_with_keys


def test_parts_of_objects(scene):
    face, rig = mesh_with_keys(scene, "face"), armature_with_bones(scene)
    assert mesh_of(face) == face.data
    assert shape_keys_of(face) == face.data.shape_keys
    assert armature_of(rig) == rig.data
    assert pose_of(rig) == rig.pose
    assert driver_on(face.data.shape_keys.key_blocks["smile"]).type == "SCRIPTED"
    assert shown_name(face.data.shape_keys) == "face (shape keys)"
    assert shown_name(rig) == "Rig"


@pytest.mark.parametrize("part", [mesh_of, armature_of, pose_of, shape_keys_of])
def test_objects_without_that_part(scene, part):
    with pytest.raises(TypeError, match="empty is no"):
        part(bpy.data.objects.new("empty", None))


def test_a_mesh_without_shape_keys(scene):
    with pytest.raises(TypeError, match="plain has no shape keys"):
        shape_keys_of(bpy.data.objects.new("plain", bpy.data.meshes.new("plain")))
