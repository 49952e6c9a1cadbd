"""From channels back to a clip: what was keyed comes back."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.channel import ROTATION_MODES, rotation, shape_key
from addon.core.clip import rotation as turning
from addon.core.clip.clip import Clip, read_clip
from addon.core.clip.curves import clip_curves
from addon.core.clip.rotation_modes import from_mode, in_mode
from addon.core.clip.sampled import clip_content, clip_of_values
from addon.core.clip.timebase import SceneTime
from addon.core.rig_layout import ChannelMix, JointRotation, RigLayout

NAMES = ("smile", "frown")


def axes(seed):
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return matrix * np.sign(np.linalg.det(matrix))


def layout(mode):
    mixes = tuple(ChannelMix(shape_key("keys", name), {name: 1.0}) for name in NAMES)
    joints = ("neck", "jaw", "left_eye", "right_eye")
    turns = tuple(
        JointRotation(joint, mode, rotation("head", mode, joint), axes(number))
        for number, joint in enumerate(joints)
    )
    return RigLayout("basis", NAMES, "neck", mixes, turns)


def lively(frames=40):
    t = np.arange(frames)[:, None] / 9

    def wave(width, size, phase):
        return (size * np.sin(t + phase + np.arange(width))).astype(np.float32)

    expression = np.abs(wave(2, 0.9, 0.0))
    return Clip(25.0, "basis", expression, wave(3, 0.2, 1.0), wave(3, 0.4, 2.0), eyes=wave(6, 0.3, 3.0))


def columns_of(clip, rig):
    columns = {}
    for curve in clip_curves(clip, rig, SceneTime(25.0, 1)):
        columns[curve.channel.key] = np.interp(np.arange(1, clip.frames + 1), curve.frames, curve.values)
    return columns


@pytest.mark.parametrize("mode", ROTATION_MODES)
def test_a_keyed_clip_comes_back_in_every_rotation_mode(mode):
    clip, rig = lively(), layout(mode)
    back = clip_of_values(rig, columns_of(clip, rig), 25.0)
    assert back.basis == clip.basis
    for name in ("expression", "jaw", "head", "eyes"):
        assert np.abs(getattr(back, name) - getattr(clip, name)).max() < 1e-5, name


def test_the_neck_comes_back_with_the_head():
    clip = lively()
    bent = Clip(25.0, "basis", clip.expression, clip.jaw, clip.head, neck=0.3 * clip.head[::-1])
    rig = layout("QUATERNION")
    back = clip_of_values(rig, columns_of(bent, rig), 25.0)
    whole = turning.multiply(turning.quaternions(bent.head), turning.quaternions(bent.neck))
    found = turning.matrices(turning.quaternions(back.head))
    assert np.abs(found - turning.matrices(whole)).max() < 1e-5


def test_bones_that_divide_a_joint_tell_all_of_it():
    clip, plain = lively(), layout("XYZ")
    low, high = (
        JointRotation("neck", "XYZ", rotation("head", "XYZ", bone), axes(7), share)
        for bone, share in (("lower", 0.4), ("upper", 0.6))
    )
    rig = RigLayout("basis", NAMES, "neck", plain.mixes, (low, *plain.rotations[1:], high))
    back = clip_of_values(rig, columns_of(clip, rig), 25.0)
    assert np.abs(back.head - clip.head).max() < 1e-5


def test_a_channel_that_was_not_looked_at():
    clip, rig = lively(), layout("XYZ")
    columns = columns_of(clip, rig)
    columns.pop(next(iter(columns)))
    with pytest.raises(ValueError, match="not looked at"):
        clip_of_values(rig, columns, 25.0)


def test_a_clip_as_a_file_comes_back():
    clip = lively()
    back = read_clip(clip_content(clip))
    assert (back.fps, back.basis, back.neck) == (clip.fps, clip.basis, None)
    for name in ("expression", "jaw", "head", "eyes"):
        assert np.array_equal(getattr(back, name), getattr(clip, name))


@pytest.mark.parametrize("mode", ROTATION_MODES)
def test_modes_there_and_back(mode):
    turns = turning.continuous(turning.quaternions(np.random.default_rng(0).normal(0, 0.5, (50, 3))))
    found = turning.matrices(from_mode(in_mode(turns, mode), mode))
    assert np.abs(found - turning.matrices(turns)).max() < 1e-9


def test_numbers_of_no_length_are_no_turn():
    still = np.array([[1.0, 0.0, 0.0, 0.0]])
    assert np.array_equal(from_mode(np.zeros((1, 4)), "QUATERNION"), still)
    assert np.array_equal(from_mode(np.array([[2.0, 0.0, 0.0, 0.0]]), "AXIS_ANGLE"), still)
    assert np.array_equal(from_mode(np.array([[3.0, 0.0, 0.0, 0.0]]), "QUATERNION"), still)
