"""Motion that goes on from earlier motion: value, speed and acceleration at the join."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.motion import continuation
from elocute.motion.clip import joined_frames
from elocute.motion.continuation import JoinedClip, Transition, carried, earlier_motion
from tests.backend.thmm.clips import content, moving_clip, still_clip


def parabola(frames, value, speed, bend):
    """At frames -2, -1, 0 and so on backwards, about frame 0."""
    k = np.arange(1 - frames, 1)[:, None]
    return value + speed * k + 0.5 * bend * k**2


def test_the_polynomials_meet_and_leave_in_value_speed_and_acceleration():
    """Continued through the join, old and new are one curve: its differences there are the old one's."""
    frames = 400  # so fine that differences are derivatives
    for old in ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0), (0.3, -0.02, 0.001)):
        value, speed, bend = old
        added = carried(parabola(3, value, speed, bend), np.zeros((3, 1)), frames)[:, 0]
        whole = np.concatenate([parabola(3, value, speed, bend)[:, 0], added, [0.0, 0.0, 0.0]])
        assert whole[2:6] == pytest.approx(
            [value + speed * k + 0.5 * bend * k**2 for k in range(4)],
            rel=0.03,
            abs=2e-3 * max(abs(value), abs(speed), abs(bend)),
        )
        scale = np.abs(np.diff(whole, n=3)).max() + 1e-12
        # No jump of the third difference at either end: nothing is broken before it.
        assert np.abs(np.diff(whole, n=3)[:3]).max() <= scale
        assert abs(whole[-4]) < 1e-3 * max(np.abs(whole).max(), 1e-9)
    assert len(carried(np.zeros((1, 1)), np.zeros((1, 1)), 15)) == 14


def test_the_new_motion_is_carried_back_by_one_frame():
    """Old motion that the new one goes on from by itself needs nothing added."""
    k = np.arange(-3.0, 30)[:, None]
    whole = 0.2 + 0.05 * k + 0.004 * k**2
    assert carried(whole[:3], whole[3:6], 15) == pytest.approx(np.zeros((14, 1)), abs=1e-12)


def test_fewer_than_three_frames_on_either_side():
    one = carried(np.ones((1, 1)), np.zeros((1, 1)), 15)
    assert one[0] == pytest.approx(1 - 10 / 15**3 + 15 / 15**4 - 6 / 15**5)
    two = carried(np.array([[0.0], [1.0]]), np.zeros((2, 1)), 15)
    assert two[0] > 1  # it goes on as fast as it was


@pytest.mark.parametrize("pieces", [(60,), (1, 1, 58), (2, 58), (20, 40), (3, 1, 56)])
def test_a_clip_however_it_is_cut(pieces):
    before, clip = moving_clip(40), replace(moving_clip(97).part(37, 97), eyes=np.zeros((60, 6), np.float32))
    lane, parts, first = JoinedClip(before), [], 0
    for length in pieces:
        parts.append(lane.add(clip.part(first, first + length)))
        first += length
    parts.append(lane.end())
    found = joined_frames([part for part in parts if part is not None])
    whole = Transition.between(before, clip.part(0, 3)).added(clip, 0)
    for name in ("expression", "jaw", "head", "eyes"):
        assert np.array_equal(getattr(found, name), getattr(whole, name))
    assert found.frames == 60


def test_every_part_goes_on_and_comes_to_itself():
    before = replace(moving_clip(40), eyes=np.full((40, 6), 0.1, np.float32))
    clip = replace(still_clip(60), eyes=np.zeros((60, 6), np.float32))
    found = Transition.between(before, clip.part(0, 3)).added(clip, 0)
    for name, behind in (("expression", 15), ("jaw", 15), ("head", 15), ("eyes", 5)):
        old, new = getattr(before, name).astype(float), getattr(found, name).astype(float)
        whole = np.concatenate([old, new])
        speed = np.abs(np.diff(whole, axis=0))
        usual = np.abs(np.diff(old, axis=0)).max() + 0.03
        assert speed[38:41].max() < usual
        assert np.abs(np.diff(whole, n=2, axis=0))[37:40].max() < 0.03
        assert not new[behind:].any()
        assert new[0].any()


def test_bounds_are_kept():
    fast = np.linspace(0, 1, 4)[:, None] * np.ones(43)
    before = replace(still_clip(4), expression=fast.astype(np.float32))
    found = Transition.between(before, still_clip(3)).added(still_clip(30), 0)
    assert found.expression.max() == 1.0
    assert found.expression.min() == 0.0
    assert found.jaw.min() == 0.0


def test_a_neck_and_eyes_that_only_one_of_them_has():
    turned = np.full((5, 3), 0.2, np.float32)
    found = Transition.between(replace(still_clip(5), neck=turned), still_clip(3)).added(still_clip(30), 0)
    assert found.neck[0] == pytest.approx([0.2] * 3, abs=0.01)
    assert not found.neck[15:].any()
    plain = Transition.between(replace(still_clip(5), neck=0 * turned), still_clip(3))
    assert plain.added(still_clip(30), 0).neck is None
    looking = replace(still_clip(30), eyes=np.full((30, 6), 0.3, np.float32))
    seen = Transition.between(still_clip(5), looking.part(0, 3)).added(looking, 0)
    assert abs(seen.eyes[0]).max() < 0.1  # from straight ahead


def test_clips_with_and_without_the_tongue():
    wide = np.zeros((30, 59), np.float32)
    found = Transition.between(moving_clip(5), replace(still_clip(3), expression=wide[:3]))
    after = found.added(replace(still_clip(30), expression=wide), 0)
    assert after.expression[0, :43] == pytest.approx(moving_clip(5).expression[-1], abs=0.05)
    assert not after.expression[:, 43:].any()


def test_earlier_motion_at_the_rate_of_the_new():
    clip = moving_clip(101, fps=50.0)
    found = earlier_motion(content(clip), clip.basis, 25.0)
    assert (found.fps, found.frames) == (25.0, 51)
    assert found.head == pytest.approx(clip.head[::2], abs=1e-6)
    assert earlier_motion(content(moving_clip(7)), clip.basis, 25.0).frames == 7
    slow = earlier_motion(content(moving_clip(4, fps=10.0)), clip.basis, 25.0)
    assert slow.frames == 8
    assert slow.head[-1] == pytest.approx(moving_clip(4, fps=10.0).head[-1])
    assert earlier_motion(content(moving_clip(1)), clip.basis, 60.0).frames == 1


def test_earlier_motion_that_cannot_be_used(monkeypatch):
    with pytest.raises(InputError, match="elocute transfer"):
        earlier_motion(content(still_clip(3)), "flame2020", 25.0)
    with pytest.raises(InputError, match="no frame"):
        earlier_motion(content(still_clip(0)), "elocute-head-1", 25.0)
    with pytest.raises(InputError, match="not a motion clip"):
        earlier_motion(b"nothing", "elocute-head-1", 25.0)
    monkeypatch.setattr(continuation, "LARGEST", 10)
    with pytest.raises(InputError, match="larger than"):
        earlier_motion(content(still_clip(3)), "elocute-head-1", 25.0)


def test_of_long_or_slow_motion_the_end_is_kept():
    """At a frame in ten seconds a hundred frames would become a million."""
    long = moving_clip(5000)
    kept = earlier_motion(content(long), long.basis, long.fps)
    assert kept.frames == 4096
    assert np.array_equal(kept.head, long.head[-4096:])
    slow = replace(moving_clip(100), fps=0.1)
    found = earlier_motion(content(slow), slow.basis, 1000.0)
    assert found.frames == 4096
    assert found.head[-1] == pytest.approx(slow.head[-1])
    assert found.head[0] == pytest.approx(slow.head[-2] + (slow.head[-1] - slow.head[-2]) * (1 - 0.4095))
