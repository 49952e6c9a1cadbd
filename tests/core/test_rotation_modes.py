"""Rotations in every rotation mode, held against scipy's, and free of jumps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from addon.core.channel import ROTATION_MODES
from addon.core.clip.rotation import limited, matrices, multiply, quaternions, scaled
from addon.core.clip.rotation_modes import axis_angles, euler_angles, in_mode

ORDERS = [mode for mode in ROTATION_MODES if mode not in ("QUATERNION", "AXIS_ANGLE")]
numbers = st.floats(-1.0, 1.0, allow_nan=False)
unit = (
    st.tuples(numbers, numbers, numbers, numbers)
    .map(np.array)
    .filter(lambda q: np.linalg.norm(q) > 0.1)
    .map(lambda q: q / np.linalg.norm(q))
)
paths = st.lists(unit, min_size=1, max_size=8).map(np.array)


def scipys(path):
    """(T, 4) w, x, y, z as scipy's rotations."""
    return Rotation.from_quat(path[:, [1, 2, 3, 0]])


def matrices_of(numbers, mode):
    """(T, 3, 3) of numbers in a rotation mode, by scipy."""
    if mode == "QUATERNION":
        return scipys(numbers).as_matrix()
    if mode == "AXIS_ANGLE":
        return Rotation.from_rotvec(numbers[:, :1] * numbers[:, 1:]).as_matrix()
    # Lower-case letters are turns about fixed axes, in the order in which they are named.
    columns = ["XYZ".index(letter) for letter in mode]
    return Rotation.from_euler(mode.lower(), numbers[:, columns]).as_matrix()


def smooth(knots, steps=200):
    """A path of small steps from one rotation to the next."""
    turns = Slerp(np.arange(len(knots)), scipys(knots))
    times = np.linspace(0, len(knots) - 1, steps * (len(knots) - 1) + 1)
    return turns(times).as_quat()[:, [3, 0, 1, 2]]


@given(paths, st.sampled_from(ROTATION_MODES))
def test_every_mode_names_the_same_rotation(path, mode):
    np.testing.assert_allclose(matrices_of(in_mode(path, mode), mode), matrices(path), atol=1e-6)


@given(paths)
def test_matrices_are_scipys(path):
    np.testing.assert_allclose(matrices(path), scipys(path).as_matrix(), atol=1e-12)


@given(paths, st.sampled_from(ORDERS))
def test_steps_between_euler_angles_are_the_shortest(path, order):
    angles = euler_angles(path, order)
    middle = "XYZ".index(order[1])
    other = angles[1:] + np.pi
    other[:, middle] = np.pi - angles[1:, middle]
    step = np.linalg.norm(np.diff(angles, axis=0), axis=1)
    for rival in (angles[1:], other):
        way = (rival - angles[:-1] + np.pi) % (2 * np.pi) - np.pi
        alternative = np.linalg.norm(way, axis=1)
        assert (step <= alternative + 1e-6).all()


@given(paths)
def test_quaternions_never_change_sign(path):
    found = in_mode(path, "QUATERNION")
    assert (np.sum(found[1:] * found[:-1], axis=1) >= 0).all()
    assert found[0, 0] >= 0


@given(paths)
def test_axes_never_turn_round(path):
    found = axis_angles(path)
    np.testing.assert_allclose(np.linalg.norm(found[:, 1:], axis=1), 1.0, atol=1e-9)
    assert (np.sum(found[1:, 1:] * found[:-1, 1:], axis=1) >= -1e-9).all()
    assert (np.abs(np.diff(found[:, 0])) <= np.pi + 1e-9).all()


@given(st.lists(unit, min_size=2, max_size=3).map(np.array), st.sampled_from(ORDERS))
def test_smooth_motion_has_smooth_euler_angles_outside_gimbal_lock(knots, order):
    path = smooth(knots)
    angles = euler_angles(path, order)
    cosine = np.abs(np.cos(angles[:, "XYZ".index(order[1])]))
    free = np.minimum(cosine[1:], cosine[:-1]) > 0.2
    turned = (scipys(path[:-1]).inv() * scipys(path[1:])).magnitude()
    # The angles run faster than the rotation by at most 1 / cosine of the middle one, each.
    assert (np.abs(np.diff(angles, axis=0)).max(axis=1)[free] <= 8 * turned[free] + 1e-9).all()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("middle", [np.pi / 2, -np.pi / 2])
def test_gimbal_lock_keeps_the_last_axis(order, middle):
    columns = ["XYZ".index(letter) for letter in order]
    angles = np.zeros((5, 3))
    angles[:, columns[0]] = [0.1, 0.2, 0.3, 0.4, 0.5]
    angles[:, columns[1]] = [0.9 * middle, middle, middle, middle, 0.9 * middle]
    angles[:, columns[2]] = 0.7
    turns = Rotation.from_euler(order.lower(), angles[:, columns]).as_quat()[:, [3, 0, 1, 2]]
    np.testing.assert_allclose(euler_angles(turns, order), angles, atol=1e-6)


@pytest.mark.parametrize("order", ORDERS)
def test_a_whole_clip_in_gimbal_lock(order):
    columns = ["XYZ".index(letter) for letter in order]
    angles = np.zeros((3, 3))
    angles[:, columns[1]] = np.pi / 2
    turns = Rotation.from_euler(order.lower(), angles[:, columns]).as_quat()[:, [3, 0, 1, 2]]
    np.testing.assert_allclose(euler_angles(turns, order), angles, atol=1e-6)


@pytest.mark.parametrize("order", ORDERS)
def test_angles_run_on_past_whole_turns(order):
    angle = np.linspace(0, 18, 50)
    turns = quaternions(np.stack([angle, 0 * angle, 0 * angle], axis=1))
    expected = np.stack([angle, 0 * angle, 0 * angle], axis=1)
    np.testing.assert_allclose(euler_angles(turns, order), expected, atol=1e-9)
    np.testing.assert_allclose(axis_angles(turns)[1:, 0], angle[1:], atol=1e-9)
    np.testing.assert_allclose(axis_angles(turns)[1:, 1:], np.tile([1.0, 0, 0], (49, 1)), atol=1e-9)


def test_a_rotation_through_zero_keeps_its_axis():
    angle = np.array([0.2, 0.1, 0.0, -0.1, -0.2])
    found = axis_angles(quaternions(angle[:, None] * np.array([0.0, 0.0, 1.0])))
    np.testing.assert_allclose(
        found, np.column_stack([angle, 0 * angle, 0 * angle, 1 + 0 * angle]), atol=1e-9
    )
    assert axis_angles(np.array([[1.0, 0, 0, 0]])).tolist() == [[0.0, 0.0, 1.0, 0.0]]


@given(paths, st.floats(0.0, 1.0))
def test_shares_of_a_rotation_add_up(path, share):
    both = multiply(scaled(path, share), scaled(path, 1.0 - share))
    np.testing.assert_allclose(matrices(both), matrices(path), atol=1e-9)


@given(paths)
def test_no_share_and_the_whole(path):
    np.testing.assert_allclose(matrices(scaled(path, 0.0)), np.tile(np.eye(3), (len(path), 1, 1)), atol=1e-12)
    np.testing.assert_allclose(matrices(scaled(path, 1.0)), matrices(path), atol=1e-9)


@given(paths, st.floats(0.0, 3.0))
def test_limited_rotations_keep_their_axes_and_turn_no_farther(path, most):
    found = limited(path, most)
    angle = 2 * np.arccos(np.clip(np.abs(path[:, 0]), 0, 1))
    kept = 2 * np.arccos(np.clip(np.abs(found[:, 0]), 0, 1))
    np.testing.assert_allclose(kept, np.minimum(angle, most), atol=1e-6)
    whole = np.where(angle[:, None] <= most, path, found)
    np.testing.assert_allclose(matrices(found), matrices(whole), atol=1e-6)
    np.testing.assert_allclose(np.cross(found[:, 1:], path[:, 1:]), 0.0, atol=1e-9)
