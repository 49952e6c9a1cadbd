"""Fewer keys on real meshes: the lips stay within the error, Blender's curves are the fitted ones."""

from __future__ import annotations

import itertools
from dataclasses import replace

import bpy
import numpy as np
import pytest

from addon.blender.apply_motion import apply_motion, current_target
from addon.blender.heads.head_builder import build_head
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_time import scene_time
from addon.blender.targets.find import target_of
from addon.blender.ui.keys_panel import ELOCUTE_PT_keys
from addon.blender.ui.properties import read_options, scene_settings
from addon.core.clip.clip import Clip
from addon.core.clip.face_model import read_face_model
from addon.core.clip.key_spacing import KeySpacing
from addon.core.clip.sampled import clip_content
from elocute.face.skinning import landmarks
from scripts.bench.made_up_characters import (
    ARKIT_POSES,
    bone_face,
    head_mesh,
    posed_vertices,
    skeleton,
    skin,
)
from tests.blender.drawing import draw
from tests.blender.lines import line_curves
from tests.blender.standin import HEAD, standin_head

FRAMES = 60


@pytest.fixture(scope="module")
def head():
    return standin_head()


@pytest.fixture(scope="module")
def clip(head):
    """Syllables of uneven length with rounding, shut at both ends and once between; a blink."""
    t = np.arange(FRAMES) / FRAMES
    opening = np.abs(np.sin(2 * np.pi * 3 * (t + 0.06 * np.sin(2 * np.pi * t)))) ** 1.5
    opening[[0, 1, 30, 31, -2, -1]] = 0.0
    expression = np.zeros((FRAMES, len(head.expression_names)), np.float32)
    for name, curve in {
        "mouthPucker": 0.6 * opening * np.clip(np.sin(9 * t), 0, 1),
        "mouthSmileLeft": 0.4 * opening,
        "mouthSmileRight": 0.3 * opening,
        "eyeBlinkLeft": np.exp(-(((t - 0.5) / 0.04) ** 2)),
        "eyeBlinkRight": np.exp(-(((t - 0.5) / 0.04) ** 2)),
        "browInnerUp": 0.4 * t,
    }.items():
        expression[:, head.expression_names.index(name)] = curve
    still = np.zeros((FRAMES, 3), np.float32)
    jaw = still.copy()
    jaw[:, 0] = 0.2 * opening
    return Clip(25.0, head.basis, expression, jaw, still)


def own_head(scene, head):
    rig = build_head(scene, read_face_model(HEAD))
    return rig.armature, rig.mesh


def keys_of_arkit(scene, head):
    mesh = head_mesh(scene, head, {name: ARKIT_POSES[name] for name in ARKIT_POSES})
    return mesh, mesh


def jaw_bone(scene, head):
    rig = skeleton(scene, head, rolls=True)
    mesh = head_mesh(scene, head, {"smile": {"mouthSmileLeft": 1.0}, "pucker": {"mouthPucker": 1.0}})
    skin(mesh, rig, head)
    return rig, mesh


def rigify(scene, head):
    return bone_face(scene, head)


def lips(head, mesh):
    """(T, 20, 3) lips as Blender shows them, in millimetres of a mouth of 50."""
    points = landmarks(head, posed_vertices(mesh, range(1, FRAMES + 1)).astype(np.float32))
    rest = landmarks(head, head.v_template[None])[0]
    return points[:, 48:] * 50.0 / np.linalg.norm(rest[54] - rest[48])


def counted(blocks):
    return sum(len(c.keyframe_points) for block in blocks for c in line_curves(block))


@pytest.mark.parametrize("make", [own_head, keys_of_arkit, jaw_bone, rigify])
def test_lips_on_the_mesh_stay_within_the_error(scene, head, clip, make):
    scene.render.fps, scene.render.fps_base = 25, 1.0
    rig, mesh = make(scene, head)
    bpy.context.view_layer.update()
    every = key_clip(target_of(rig), clip, scene_time(scene, 1), "line")
    before = lips(head, mesh)
    thinned = key_clip(target_of(rig), clip, scene_time(scene, 1), "line", spacing=KeySpacing("THIN", 2, 0.3))
    off = np.linalg.norm(lips(head, mesh) - before, axis=-1).max(axis=1)
    assert off.max() <= 0.32  # the measure of characters is a straight line where bones turn
    assert off[[0, 1, 30, 31, -2, -1]].max() <= 0.2
    assert thinned.keys < 0.7 * every.keys
    assert thinned.notes == every.notes
    plain = key_clip(target_of(rig), clip, scene_time(scene, 1), "line", spacing=KeySpacing("NTH", 6))
    assert plain.keys > 0.3 * thinned.keys
    assert np.linalg.norm(lips(head, mesh) - before, axis=-1).max() > 0.6


def test_bezier_curves_are_blenders_own_and_can_be_edited(scene, head, clip):
    rig, _ = own_head(scene, head)
    key_clip(target_of(rig), clip, scene_time(scene, 1), "x", spacing=KeySpacing("THIN"))
    moved = [c for c in line_curves(target_of(rig).keys) if len(c.keyframe_points) > 2]
    assert moved
    for curve in moved:
        for point in curve.keyframe_points:
            assert point.interpolation == "BEZIER"
            assert (point.handle_left_type, point.handle_right_type) == ("ALIGNED", "ALIGNED")
        for one, other in itertools.pairwise(curve.keyframe_points):
            third = (other.co.x - one.co.x) / 3
            assert one.handle_right.x - one.co.x == pytest.approx(third, abs=1e-3)
            assert other.co.x - other.handle_left.x == pytest.approx(third, abs=1e-3)
            u = 0.37
            places = [one.co.y, one.handle_right.y, other.handle_left.y, other.co.y]
            wanted = sum(
                w * p
                for w, p in zip(
                    [(1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u * u * (1 - u), u**3], places, strict=True
                )
            )
            shown = curve.evaluate(one.co.x + u * (other.co.x - one.co.x))
            assert shown == pytest.approx(wanted, abs=1e-4)
        curve.update()  # what any edit does: aligned handles stay
        assert curve.keyframe_points[0].handle_right_type == "ALIGNED"


def test_straight_lines_and_curves_between_every_nth_key(scene, head, clip):
    rig, _ = own_head(scene, head)
    target = target_of(rig)
    key_clip(target, clip, scene_time(scene, 1), "x", spacing=KeySpacing("NTH", 5))
    kinds = {p.interpolation for c in line_curves(target.keys) for p in c.keyframe_points}
    assert kinds == {"LINEAR"}
    key_clip(target, clip, scene_time(scene, 1), "x", "BEZIER", spacing=KeySpacing("NTH", 5))
    smile = next(c for c in line_curves(target.keys) if "mouthSmileLeft" in c.data_path)
    assert {p.handle_left_type for p in smile.keyframe_points} == {"ALIGNED"}
    assert 12 <= len(smile.keyframe_points) < 20


def test_a_face_that_cannot_be_measured_is_thinned_all_the_same_and_that_is_said(rig, make_clip, scene):
    """The mouth of this head has no width."""
    every = key_clip(rig, make_clip(frames=200), scene_time(scene, 1), "x")
    thinned = key_clip(
        rig, make_clip(frames=200), scene_time(scene, 1), "x", spacing=KeySpacing("THIN", 2, 1.0)
    )
    assert thinned.keys < 0.8 * every.keys
    assert any("cannot be measured" in note for note in thinned.notes)


def test_a_changed_mesh_is_thinned_by_ranges(scene, head, clip):
    rig, mesh = own_head(scene, head)
    mesh["elocute_vertices"] = 7
    keyed = key_clip(target_of(rig), clip, scene_time(scene, 1), "x", spacing=KeySpacing("THIN"))
    assert any("cannot be measured" in note for note in keyed.notes)


def test_the_panels_choice_reaches_the_keys(scene, head, clip, tmp_path):
    from addon.blender import registry

    registry.register()
    try:
        rig, _ = own_head(scene, head)
        bpy.context.view_layer.objects.active = rig
        settings = scene_settings(scene)
        recording = tmp_path / "line.wav"
        recording.write_bytes(b"RIFF")
        counts = {}
        for frames in ("EVERY", "NTH", "THIN"):
            settings.keys, settings.keys_step, settings.keys_error = frames, 4, 0.3
            drawn = draw(ELOCUTE_PT_keys)
            assert ("keys_step" in drawn.properties) == (frames == "NTH")
            assert ("keys_error" in drawn.properties) == (frames == "THIN")
            assert ("interpolation" in drawn.properties) == (frames != "THIN")
            options = replace(read_options(scene), audio=recording)
            apply_motion(clip_content(clip), recording, options, current_target(bpy.context))
            counts[frames] = counted([target_of(rig).keys, rig])
        assert counts["THIN"] < counts["EVERY"]
        assert counts["NTH"] < counts["EVERY"]
    finally:
        registry.unregister()
