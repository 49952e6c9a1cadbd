# ruff: noqa: F811 - fixtures
"""Measuring a face in steps: nothing of it shows, and what changes meanwhile is noticed."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from addon.blender.targets.find import target_of
from addon.core.errors import UserError
from addon.core.steps import run
from scripts.bench.made_up_characters import (
    bone_face,
    head_mesh,
    skeleton,
    skin,
)
from tests.blender.character_clips import ALL_OF_ARKIT, clip, head, held_values, play  # noqa: F401


def test_measuring_leaves_everything_as_it_was(scene, head, clip):
    rig = skeleton(scene, head)
    mesh = head_mesh(scene, head, {"pucker": {"mouthPucker": 1.0}})
    skin(mesh, rig, head)
    smooth = mesh.modifiers.new("Smooth", "SUBSURF")
    rig.pose.bones["jaw"].rotation_euler = (0.1, 0.2, 0.3)
    mesh.data.shape_keys.key_blocks["pucker"].value = 0.4
    bpy.context.view_layer.update()
    performance = run(target_of(rig).perform_in_steps(clip))
    assert not any("not found" in note for note in performance.notes)
    assert tuple(rig.pose.bones["jaw"].rotation_euler) == pytest.approx((0.1, 0.2, 0.3))
    assert mesh.data.shape_keys.key_blocks["pucker"].value == pytest.approx(0.4)
    assert smooth.show_viewport
    assert rig.animation_data is None


def test_measuring_in_steps_shows_nothing_between_two_of_them(scene, head, clip):
    rig, mesh = bone_face(scene, head)
    smooth = mesh.modifiers.new("Smooth", "SUBSURF")
    for number, posed in enumerate(rig.pose.bones):
        posed.rotation_mode = "QUATERNION"
        posed.location = (0.001 * number, 0, 0)
    bpy.context.view_layer.update()
    before = held_values(rig)
    work = target_of(rig).perform_in_steps(clip)
    seen = 0
    for _ in work:
        assert held_values(rig) == before
        assert smooth.show_viewport
        seen += 1
    assert seen > 5


def test_a_walking_character_is_measured_as_a_standing_one(scene, head, clip):
    rig, _ = bone_face(scene, head)
    bpy.context.view_layer.update()
    wanted = run(target_of(rig).perform_in_steps(clip)).signals.values
    work = target_of(rig).perform_in_steps(clip)
    try:
        while True:
            next(work)
            rig.matrix_world = Matrix.Rotation(0.3, 4, "Z") @ rig.matrix_world
            rig.pose.bones["neck"].location.x += 0.01
            bpy.context.view_layer.update()
    except StopIteration as ended:
        found = ended.value.signals.values
    assert np.allclose(found, wanted, atol=1e-3)


def test_a_second_take_in_the_middle_of_the_first_measures_the_same(scene, head, clip):
    rig, _ = bone_face(scene, head)
    bpy.context.view_layer.update()
    wanted = run(target_of(rig).perform_in_steps(clip)).signals.values
    play(target_of(rig), clip, scene)
    scene.frame_set(20)
    posed = held_values(rig)
    found = run(target_of(rig).perform_in_steps(clip)).signals.values
    assert np.allclose(found, wanted, atol=1e-3)
    assert held_values(rig) == posed


def test_a_mesh_that_changes_while_it_is_measured_is_refused_in_one_sentence(scene, head, clip):
    mesh = head_mesh(scene, head, ALL_OF_ARKIT)
    work = target_of(mesh).perform_in_steps(clip)
    for share in work:
        if share > 0.35:
            break
    mesh.shape_key_remove(mesh.data.shape_keys.key_blocks["jawOpen"])
    with pytest.raises(UserError, match="was changed while its face was measured"):
        run(work)


def test_a_mesh_that_loses_its_vertices_while_it_is_measured_is_refused_too(scene, head, clip):
    rig, mesh = bone_face(scene, head)
    work = target_of(rig).perform_in_steps(clip)
    for share in work:
        if share > 0.35:
            break
    mesh.data.clear_geometry()
    with pytest.raises(UserError, match="was changed while its face was measured"):
        run(work)
    assert rig.animation_data is None
