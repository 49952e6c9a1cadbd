"""Where faces are that bones carry: they go with the root bone that carries most of their rig."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender.heads.edit_mode import edit_mode
from addon.blender.scene_dialogue import place_of, places_in_steps
from addon.blender.targets.find import target_of
from addon.core.steps import run
from tests.blender.test_characters import clip, head
from tests.blender.test_what_animators_keep import character

__all__ = ["clip", "head"]
WAY = (0.7, 0.0, 0.0)


@pytest.fixture
def walker(scene, head):
    """A character beside whose bones lie some that carry little, before and behind them."""
    rig, mesh = character(scene, head)
    with edit_mode(rig):
        for number in range(6):
            bone = rig.data.edit_bones.new(("a prop", "z prop")[number % 2])
            bone.head, bone.tail = (number, 0.0, 0.0), (number, 0.0, 1.0)
    return rig, target_of(mesh)


def roots(rig):
    return [bone for bone in rig.pose.bones if bone.parent is None]


def place(target):
    bpy.context.view_layer.update()
    return run(places_in_steps(lambda: bpy.context.scene))[target.name].places[0]


def test_a_face_goes_with_the_bone_that_carries_it_and_with_no_other(walker):
    rig, target = walker
    before = place(target)
    np.testing.assert_allclose(before.eyes, place_of(target).eyes, atol=1e-6)
    *props, body = sorted(roots(rig), key=lambda bone: len(bone.children_recursive))
    assert len(props) == 6
    for bone in props:
        bone.location = WAY
    np.testing.assert_allclose(place(target).eyes, before.eyes, atol=1e-6)
    body.location = WAY
    moved = rig.matrix_world.to_3x3() @ body.bone.matrix_local.to_3x3() @ body.location
    np.testing.assert_allclose(place(target).eyes - before.eyes, moved, atol=1e-5)
    rig.location.z += 2.0
    np.testing.assert_allclose(place(target).eyes - before.eyes, (*moved[:2], moved[2] + 2.0), atol=1e-5)


def test_the_face_of_a_mesh_without_bones_goes_with_its_object(scene, head):
    rig, mesh = character(scene, head)
    bpy.data.objects.remove(rig)
    target = target_of(mesh)
    before = place(target)
    mesh.location.x += 0.5
    np.testing.assert_allclose(place(target).eyes - before.eyes, (0.5, 0.0, 0.0), atol=1e-5)
