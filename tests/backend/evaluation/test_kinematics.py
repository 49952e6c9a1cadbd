import numpy as np
import pytest

from elocute.evaluation.of_motion.kinematics import blinks_per_minute, kinematics, rotation_extremes
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, EXPRESSION_NAMES


def clip_with(frames, **curves):
    expression = np.zeros((frames, len(EXPRESSION_NAMES)), np.float32)
    for name, curve in curves.items():
        expression[:, EXPRESSION_INDEX[name]] = curve
    rest = np.zeros((frames, 3), np.float32)
    return MotionClip(fps=25.0, basis=BASIS, expression=expression, jaw=rest, head=rest)


def test_derivatives_of_a_cubic_by_hand():
    t = np.arange(20) / 10.0
    result = kinematics(t**3, fps=10.0)
    assert result.mean_jerk == pytest.approx(6.0)
    assert result.max_acceleration == pytest.approx(6.0 * 1.8)
    assert result.max_speed == pytest.approx((1.9**3 - 1.8**3) * 10)


def test_channels_add_up_as_a_vector():
    ramp = np.outer(np.arange(5), [3.0, 4.0])
    assert kinematics(ramp, fps=1.0).max_speed == pytest.approx(5.0)


def test_one_frame_does_not_move():
    assert kinematics(np.zeros((1, 3)), 25.0).max_speed == 0.0
    assert rotation_extremes(np.zeros((1, 3)), 25.0) == (0.0, 0.0)


def test_steady_turn_has_speed_and_no_acceleration():
    turn = np.outer(np.arange(30) * np.radians(0.5), [0.0, 1.0, 0.0])
    speed, acceleration = rotation_extremes(turn, 25.0)
    assert speed == pytest.approx(np.radians(12.5), rel=1e-6)
    assert acceleration == pytest.approx(0.0, abs=1e-6)


def test_speed_does_not_depend_on_where_the_head_points():
    tilted = np.array([[0.0, 2.0, 0.0], [0.0, 2.02, 0.0]])
    assert rotation_extremes(tilted, 25.0)[0] == pytest.approx(0.5)


def test_blinks_need_both_lids():
    both = np.zeros(750)
    both[[100, 101, 400]] = 1.0
    wink = both.copy()
    wink[600] = 1.0
    assert blinks_per_minute(clip_with(750, eyeBlinkLeft=both, eyeBlinkRight=wink)) == pytest.approx(4.0)


def test_blinks_are_unknown_in_an_unnamed_basis():
    clip = clip_with(25)
    other = MotionClip(fps=25.0, basis="flame2020", expression=clip.expression, jaw=clip.jaw, head=clip.head)
    assert blinks_per_minute(other) is None
