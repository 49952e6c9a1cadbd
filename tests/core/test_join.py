"""Motion that goes on from what is before it, and ends in what is after it."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.channel import Channel, location, rotation, shape_key
from addon.core.clip import rotation as turning
from addon.core.clip.join import Beside
from addon.core.clip.rotation_modes import in_mode

KEY = shape_key("keys", "smile")
FREE = location("head", 0)


def smooth(frames: np.ndarray, phase: float) -> np.ndarray:
    return 0.5 + 0.2 * np.sin(frames / 7 + phase)


def worst_jumps(track: np.ndarray) -> tuple[float, float, float]:
    """Largest step of value, of speed and of acceleration."""
    return tuple(float(np.abs(np.diff(track, order, axis=0)).max()) for order in (1, 2, 3))  # type: ignore[return-value]


@pytest.mark.parametrize("channel", [KEY, FREE])
def test_value_speed_and_acceleration_go_on(channel):
    before = smooth(np.arange(-3, 0), 0.0)
    new = smooth(np.arange(0, 80), 2.5)
    plain = worst_jumps(np.concatenate([before, new]))
    joined = Beside({channel.key: before}, {}, 15).joined((channel,), new[:, None])[:, 0]
    made = worst_jumps(np.concatenate([before, joined]))
    assert plain[0] > 0.1  # without a join
    assert made[0] < 0.06
    assert made[1] < 0.02
    assert made[2] < 0.01
    assert np.array_equal(joined[15:], new[15:])


def test_a_parabola_goes_on_as_itself_at_first():
    """What was moving evenly faster still does in the first frame, up to the third order of the fade."""
    s = np.arange(-2.0, 1.0)
    before = 0.3 + 0.01 * s + 0.0005 * s**2
    new = np.zeros((60, 1))
    joined = Beside({FREE.key: before}, {}, 30).joined((FREE,), new)[:, 0]
    goes_on = 0.3 + 0.01 * 1 + 0.0005 * 1
    assert joined[0] == pytest.approx(goes_on, abs=3e-4)
    assert abs(joined[0] - 0.3) > 20 * abs(joined[0] - goes_on)


def test_both_ends_at_once():
    before, after = smooth(np.arange(-3, 0), 0.0), smooth(np.arange(40, 43), 1.0)
    new = smooth(np.arange(0, 40), 3.0)
    joined = Beside({KEY.key: before}, {KEY.key: after}, 15).joined((KEY,), new[:, None])[:, 0]
    whole = np.concatenate([before, joined, after])
    assert worst_jumps(np.concatenate([before, new, after]))[1] > 0.09
    assert worst_jumps(whole)[0] < 0.04
    assert worst_jumps(whole)[1] < 0.013


def test_what_is_already_joined_is_left_alone():
    track = smooth(np.arange(-3, 43), 0.0)
    beside = Beside({KEY.key: track[:3]}, {KEY.key: track[-3:]}, 15)
    joined = beside.joined((KEY,), track[3:-3, None])[:, 0]
    assert np.abs(joined - track[3:-3]).max() < 6e-3  # of 0.4 that it moves: parabolas are not sines


def test_both_ends_of_a_motion_that_is_shorter_than_two_fades():
    before, after = smooth(np.arange(-3, 0), 0.0), smooth(np.arange(18, 21), 0.3)
    joined = Beside({FREE.key: before}, {FREE.key: after}, 15).joined((FREE,), np.full((18, 1), 0.2))[:, 0]
    whole = np.concatenate([before, joined, after])
    assert worst_jumps(whole)[0] < 0.12
    assert worst_jumps(whole)[1] < 0.04


def test_a_quaternion_that_ends_on_the_other_side_is_met_there():
    """Keys of a rotation that has come a long way may be negative where it begins with positive ones."""
    old, new = (
        turns(np.arange(-3, 0) + 20.0, (0.2, 1.0, 0.4)),
        turns(np.arange(0, 60) + 55.0, (1.0, 0.1, -0.3)),
    )
    channels = rotation("head", "QUATERNION", "neck")
    beside = Beside({c.key: old[:, i] for i, c in enumerate(channels)}, {}, 15)
    joined = beside.joined(channels, -new, "QUATERNION")
    assert np.abs(joined + beside.joined(channels, new, "QUATERNION")).max() < 1e-12


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_short_motion_is_joined_too(count):
    beside = Beside({KEY.key: np.full(3, 0.2)}, {KEY.key: np.full(3, 0.4)}, 15)
    joined = beside.joined((KEY,), np.full((count, 1), 0.9))
    assert joined.shape == (count, 1)
    assert np.isfinite(joined).all()
    assert (joined >= 0).all()
    assert (joined <= 1).all()


def test_a_contact_ends_the_fade():
    beside = Beside({KEY.key: np.full(3, 0.8)}, {}, 15, first_contact=6)
    joined = beside.joined((KEY,), np.zeros((40, 1)))[:, 0]
    assert joined[0] > 0.6
    assert np.array_equal(joined[6:], np.zeros(34))
    late = Beside({KEY.key: np.full(3, 0.8)}, {}, 15, first_contact=0)
    assert late.joined((KEY,), np.zeros((40, 1)))[4:].max() == 0  # four frames at least


def test_keys_stay_within_their_range_and_limits():
    rising = np.array([0.80, 0.89, 0.98])
    assert Beside({KEY.key: rising}, {}, 15).joined((KEY,), np.zeros((40, 1))).max() <= 1.0
    limited = shape_key("keys", "smile", limits=(0.0, 0.5))
    low = np.array([0.3, 0.4, 0.5])
    assert Beside({limited.key: low}, {}, 15).joined((limited,), np.full((40, 1), 0.4)).max() <= 0.5
    free = Beside({FREE.key: rising}, {}, 15).joined((FREE,), np.zeros((40, 1)))
    assert free.max() > 1.0


def test_channels_of_which_nothing_is_known_and_pictures_are_left_alone():
    new = smooth(np.arange(40), 0.0)[:, None]
    assert np.array_equal(Beside().joined((KEY,), new), new)
    assert np.array_equal(Beside({FREE.key: np.ones(3)}, {}).joined((KEY,), new), new)
    stepped = Channel(KEY.owner, KEY.kind, KEY.data_path, 0, "picture", stepped=True)
    assert np.array_equal(Beside({stepped.key: np.ones(3)}, {}).joined((stepped,), new), new)


def turns(frames: np.ndarray, axis: tuple[float, float, float]) -> np.ndarray:
    return turning.quaternions(0.4 * np.sin(frames / 7)[:, None] * np.array(axis))


@pytest.mark.parametrize("mode", ["QUATERNION", "AXIS_ANGLE", "XYZ", "ZXY", "YZX"])
@pytest.mark.parametrize("disguise", [False, True])
def test_rotations_go_on_in_every_mode_and_under_every_name(mode, disguise):
    """The keys before may name the same rotation by other numbers: negated, turns on, the other triple."""
    old = turns(np.arange(-3, 0) + 20.0, (0.2, 1.0, 0.4))
    new = turns(np.arange(0, 60) + 55.0, (1.0, 0.1, -0.3))
    before, values = in_mode(old, mode), in_mode(new, mode)
    if disguise and mode == "QUATERNION":
        before = -1.7 * before
    elif disguise and mode == "AXIS_ANGLE":
        before = before * -1.0
    elif disguise:
        middle = "XYZ".index(mode[1])
        other = before + np.pi
        other[:, middle] = np.pi - before[:, middle]
        before = other + 4 * np.pi
    channels = rotation("head", mode, "neck")
    beside = Beside({c.key: before[:, i] for i, c in enumerate(channels)}, {}, 15)
    joined = beside.joined(channels, values, mode)
    made = _matrices(joined, mode)
    whole = np.concatenate([turning.matrices(old), made])
    step = np.linalg.norm(np.diff(whole, axis=0), axis=(1, 2))
    bend = np.linalg.norm(np.diff(whole, 2, axis=0), axis=(1, 2))
    assert np.linalg.norm(turning.matrices(new)[0] - turning.matrices(old)[-1]) > 0.3
    assert step.max() < 0.09
    assert bend.max() < 0.03
    assert np.abs(made[15:] - turning.matrices(new)[15:]).max() < 1e-9
    spin = 1.5 if mode == "AXIS_ANGLE" else 0.6  # an axis may turn fast where the angle is small
    assert np.abs(np.diff(joined, axis=0)).max() < spin


def _matrices(values: np.ndarray, mode: str) -> np.ndarray:
    if mode == "QUATERNION":
        return turning.matrices(values)
    if mode == "AXIS_ANGLE":
        return turning.matrices(turning.quaternions(values[:, :1] * values[:, 1:]))
    whole = np.tile(np.eye(3), (len(values), 1, 1))
    for letter in mode:
        axis = "XYZ".index(letter)
        vector = np.zeros((len(values), 3))
        vector[:, axis] = values[:, axis]
        whole = turning.matrices(turning.quaternions(vector)) @ whole
    return whole
