"""Some frames of a line anew on characters of the user's: keys, bones in any rotation mode, control rigs."""

from __future__ import annotations

import io

import bpy
import numpy as np
import pytest

from addon.blender import registry
from addon.blender.apply_motion import apply_motion, current_target
from addon.blender.chosen_range import playing_take
from addon.blender.keys.hand_keys import places_of
from addon.blender.version_compat import curves_in
from addon.core.options import SceneOptions
from elocute.motion.clip import MotionClip
from elocute.motion.revised import revised
from elocute.motion.revision import Revision
from scripts.bench.made_up_characters import ARKIT_POSES, bone_face, control_rig, head_mesh, skeleton, skin
from tests.blender.changed_takes import make
from tests.blender.standin import standin_head

FRAMES = 80
FIRST, LAST = 30, 55
"""Frames of the scene that are made anew; the line begins at frame 1."""
SECONDS = ((FIRST - 1) / 25.0, (LAST - 1) / 25.0)


@pytest.fixture(scope="module")
def head():
    return standin_head()


def talk(seed):
    """Bytes of a clip that moves everything smoothly."""
    t = np.arange(FRAMES)[:, None] / 25.0
    rng = np.random.default_rng(seed)

    def waves(columns, low, high):
        phase, rate = rng.uniform(0, 6.28, columns), rng.uniform(2, 5, columns)
        return (low + (high - low) * (0.5 + 0.5 * np.sin(rate * t + phase))).astype(np.float32)

    return MotionClip(
        25.0, "elocute-head-1", waves(43, 0.0, 0.5), waves(3, 0, 0.2) * np.float32([1, 0, 0]),
        waves(3, -0.2, 0.2), waves(3, -0.1, 0.1), waves(6, -0.2, 0.2), meta={},
    )  # fmt: skip


def written(clip):
    content = io.BytesIO()
    clip.write(content)
    return content.getvalue()


def changed_clip(parts=()):
    """The first clip, with the range out of the second as the pipeline puts it in."""
    base = talk(1)
    return revised(Revision(written(base), (SECONDS,), parts).held(base.basis, base.fps), talk(2))


def arkit(scene, head, mode):
    rig = skeleton(scene, head)
    mesh = head_mesh(scene, head, ARKIT_POSES)
    skin(mesh, rig, head)
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    return mesh


RIGS = {
    "arkit": lambda scene, head: arkit(scene, head, "QUATERNION"),
    "rigify": lambda scene, head: bone_face(scene, head)[1],
    "faceit": lambda scene, head: control_rig(scene, head)[1],
}


def curves():
    """Name -> keys of every curve of the take that plays."""
    actions = playing_take(bpy.context).take.actions
    return {
        f"{number} {curve.data_path} {curve.array_index}": places_of(curve).copy()
        for number, action in enumerate(actions)
        for curve in curves_in(action)
        if len(curve.keyframe_points) > 2
    }


def stays_outside(old, new):
    """Whether all keys outside of the range are there, and none that changes what plays between them."""
    kept, now = (places[(places[:, 0] < FIRST) | (places[:, 0] > LAST)] for places in (old, new))
    added = now[~np.isin(now[:, 0], kept[:, 0])]
    same = np.array_equal(now[np.isin(now[:, 0], kept[:, 0])], kept)
    return same and np.allclose(np.interp(added[:, 0], *old.T), added[:, 1], atol=1e-6, rtol=0)


def set_by_hand(amount):
    """Move a key in the range of every curve, and put one between two frames of every second curve."""
    told = {}
    for number, action in enumerate(playing_take(bpy.context).take.actions):
        for index, curve in enumerate(c for c in curves_in(action) if len(c.keyframe_points) > 2):
            name = f"{number} {curve.data_path} {curve.array_index}"
            places = places_of(curve)
            at = int(np.flatnonzero(places[:, 0] == 42)[0])
            curve.keyframe_points[at].co.y += amount
            told[name] = {42.0: curve.keyframe_points[at].co.y}
            if index % 2:
                value = curve.evaluate(36.5) + amount
                curve.keyframe_points.insert(36.5, value)
                told[name][36.5] = float(np.float32(value))
            curve.update()
    return told


@pytest.mark.parametrize("kind", RIGS)
def test_a_range_of_a_characters_line(scene, head, kind, tmp_path):
    registry.register()
    try:
        scene.render.fps = 25
        mesh = RIGS[kind](scene, head)
        bpy.context.view_layer.update()
        bpy.context.view_layer.objects.active = mesh
        (tmp_path / "line.wav").write_bytes(b"")
        target = current_target(bpy.context)
        apply_motion(written(talk(1)), tmp_path / "line.wav", SceneOptions(start_frame=1), target)
        scene.frame_set(40)
        old = curves()
        make(None, written(changed_clip()), frames=((FIRST, LAST),))
        plain = curves()
        assert plain.keys() == old.keys()
        moved = [name for name in old if not np.array_equal(old[name], plain[name])]
        assert len(moved) > 0.8 * len(old)
        for name in old:
            assert stays_outside(old[name], plain[name]), name
        undone = curves()
        told = set_by_hand(0.07)
        make(None, written(talk(1)), frames=((FIRST, LAST),))
        after = curves()
        for name, keys in told.items():
            found = dict(after[name].tolist())
            for frame, value in keys.items():
                assert found[frame] == pytest.approx(value, abs=1e-4), (name, frame)
            assert stays_outside(undone[name], after[name]), name
            values = np.interp(np.arange(FIRST - 3, LAST + 4), after[name][:, 0], after[name][:, 1])
            usual = np.abs(np.diff(np.interp(np.arange(1, 81), old[name][:, 0], old[name][:, 1]))).max()
            lacking = np.abs(np.interp(list(keys), *old[name].T) - list(keys.values())).max()
            assert np.abs(np.diff(values)).max() < usual + 0.7 * lacking + 0.01, f"{name} has a spike"
    finally:
        registry.unregister()
