"""From clips to curves of channels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from addon.core.channel import location, rotation, shape_key
from addon.core.clip.clip import Clip
from addon.core.clip.curves import Signals, clip_curves, clip_signals, joint_rotations, signal_curves
from addon.core.clip.rotation import matrices
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from addon.core.rig_layout import ChannelMix, JointRotation, RigLayout, one_to_one

RNG = np.random.default_rng(3)
FRAMES = 7
TIME = SceneTime(25.0, 10)
AXES = Rotation.from_rotvec([0.4, -0.8, 1.3]).as_matrix()


@pytest.fixture
def clip():
    def draw(width, size):
        return (size * RNG.standard_normal((FRAMES, width))).astype(np.float32)

    return Clip(25.0, "small", draw(2, 1.0), draw(3, 0.3), draw(3, 0.8), draw(3, 0.8), draw(6, 0.3))


def layout(mixes=(), rotations=(), head_joint="neck"):
    return RigLayout("small", ("smile", "open"), head_joint, tuple(mixes), tuple(rotations))


def turned(joint, mode="QUATERNION", axes=AXES, share=1.0, bone=None):
    return JointRotation(joint, mode, rotation("rig", mode, bone or joint), axes, share)


def rotvec(vectors):
    return Rotation.from_rotvec(np.asarray(vectors, np.float64)).as_matrix()


def test_head_comes_after_neck_where_they_turn_one_joint(clip):
    """Matrices act from the right: first the neck's turn, then the head's."""
    found = matrices(joint_rotations(clip, "neck")["neck"])
    np.testing.assert_allclose(found, rotvec(clip.head) @ rotvec(clip.neck), atol=1e-6)
    assert np.abs(found - rotvec(clip.neck) @ rotvec(clip.head)).max() > 0.05


def test_head_and_neck_apart(clip):
    turns = joint_rotations(clip, "root")
    np.testing.assert_allclose(matrices(turns["root"]), rotvec(clip.head), atol=1e-6)
    np.testing.assert_allclose(matrices(turns["neck"]), rotvec(clip.neck), atol=1e-6)
    np.testing.assert_allclose(matrices(turns["left_eye"]), rotvec(clip.eyes[:, :3]), atol=1e-6)
    np.testing.assert_allclose(matrices(turns["right_eye"]), rotvec(clip.eyes[:, 3:]), atol=1e-6)


def test_parts_that_a_clip_lacks_stand_still(clip):
    turns = joint_rotations(replace(clip, neck=None, eyes=None), "root")
    for name in ("neck", "left_eye", "right_eye"):
        np.testing.assert_array_equal(turns[name], np.tile([1.0, 0, 0, 0], (FRAMES, 1)))


def test_rotations_turn_in_the_channels_own_axes(clip):
    curves = clip_curves(clip, layout(rotations=[turned("jaw")]), TIME)
    found = matrices(np.stack([curve.values for curve in curves], axis=1))
    np.testing.assert_allclose(found, AXES @ rotvec(clip.jaw) @ AXES.T, atol=1e-6)
    assert [curve.channel.index for curve in curves] == [0, 1, 2, 3]


def test_two_bones_divide_a_joint(clip):
    parts = [turned("neck", share=0.3, bone="lower"), turned("neck", share=0.7, bone="upper")]
    curves = clip_curves(clip, layout(rotations=parts), TIME)
    lower, upper = (
        matrices(np.stack([c.values for c in curves if c.channel.bone == name], 1))
        for name in ("lower", "upper")
    )
    whole = AXES @ rotvec(clip.head) @ rotvec(clip.neck) @ AXES.T
    np.testing.assert_allclose(lower @ upper, whole, atol=1e-6)


def test_one_signal_on_several_channels_and_several_on_one(clip):
    same = one_to_one({"smile": [shape_key("face", "smile"), shape_key("brows", "smile")]})
    mixed = ChannelMix(location("rig", 1, "jaw"), {"smile": 0.5, "open": -2.0}, 0.25)
    first, second, third = clip_curves(clip, layout([*same, mixed]), TIME)
    np.testing.assert_array_equal(first.values, clip.expression[:, 0])
    np.testing.assert_array_equal(second.values, clip.expression[:, 0])
    np.testing.assert_allclose(third.values, 0.25 + 0.5 * clip.expression[:, 0] - 2 * clip.expression[:, 1])
    np.testing.assert_array_equal(first.frames, 10 + np.arange(FRAMES))


def test_limits_cut_off(clip):
    narrow = shape_key("face", "smile", limits=(-0.1, 0.2))
    values = clip_curves(clip, layout(one_to_one({"smile": [narrow]})), TIME)[0].values
    assert (values.min(), values.max()) == (-0.1, 0.2)


def test_signals_from_elsewhere_play_too(clip):
    signals = replace(clip_signals(clip, layout()), names=("aa", "oh"))
    curves = signal_curves(signals, layout(one_to_one({"oh": [shape_key("face", "O")]})), TIME)
    np.testing.assert_array_equal(curves[0].values, clip.expression[:, 1])


def test_a_layout_that_asks_for_more_than_there_is(clip):
    with pytest.raises(ValueError, match="signal 'grin'"):
        clip_curves(clip, layout(one_to_one({"grin": [shape_key("face", "grin")]})), TIME)
    with pytest.raises(ValueError, match="rotation of 'tail'"):
        clip_curves(clip, layout(rotations=[turned("tail")]), TIME)


def test_clips_of_another_basis(clip):
    for other in (layout(), replace(layout(), basis=None)):
        with pytest.raises(UserError, match="basis other"):
            clip_curves(replace(clip, basis="other"), other, TIME)


def test_channels_are_written_once():
    with pytest.raises(ValueError, match="named twice"):
        layout(one_to_one({"smile": [shape_key("f", "a")], "open": [shape_key("f", "a")]}))
    with pytest.raises(ValueError, match="another number of channels"):
        JointRotation("jaw", "XYZ", rotation("rig", "QUATERNION", "jaw"), AXES)


def test_impossible_signals():
    still = {"jaw": np.tile([1.0, 0, 0, 0], (3, 1))}
    for names, values in ((("a",), np.zeros((2, 1))), (("a",), np.zeros((3, 2))), ((), np.zeros((0, 0)))):
        with pytest.raises(ValueError, match="must be"):
            Signals(25.0, names, values, still)
    with pytest.raises(ValueError, match="same name"):
        Signals(25.0, ("a", "a"), np.zeros((3, 2)), still)
