"""A key put between two others changes nothing of what a curve does."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.clip.curve_keys import (
    ALIGNED,
    BEZIER,
    CONSTANT,
    FLOATS,
    FREE,
    LINEAR,
    VECTOR,
    WORDS,
    CurveKeys,
)

AUTOMATIC, CLAMPED = 1, 4


def keys(kind=BEZIER, reach=3.0, handle=0):
    """Keys at 0, 10 and 17 whose handles lean."""
    co = np.array([[0.0, 0.0], [10.0, 1.0], [17.0, -0.5]], np.float32)
    lean = np.array([[reach, 0.9], [reach, -1.2], [reach, 0.4]], np.float32)
    numbers = {"co": co, "handle_left": co - lean, "handle_right": co + lean}
    words = {name: np.zeros(3, np.int32) for name in WORDS}
    words["interpolation"][:] = kind
    words["handle_left_type"][:] = words["handle_right_type"][:] = handle
    return CurveKeys(numbers, words)


def played(curve, frames):
    """What Blender makes of the keys at frames: cubics whose handles never overlap, lines, or steps."""
    co, left, right = (curve.numbers[name].astype(float) for name in FLOATS)
    values = []
    for frame in frames:
        index = min(max(int(np.searchsorted(co[:, 0], frame, side="right")) - 1, 0), len(co) - 2)
        kind = curve.words["interpolation"][index]
        begin, end = co[index], co[index + 1]
        if kind == CONSTANT:
            values.append(end[1] if frame >= end[0] else begin[1])
            continue
        one, other = right[index] - begin, end - left[index + 1]
        length = end[0] - begin[0]
        factor = min(1.0, length / max(abs(one[0]) + abs(other[0]), 1e-12))
        corners = [begin, begin + one * factor, end - other * factor, end]
        if kind == LINEAR:
            values.append(np.interp(frame, [begin[0], end[0]], [begin[1], end[1]]))
            continue
        weights = lambda t: np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])  # noqa: E731
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if weights(middle) @ np.array(corners)[:, 0] < frame else (low, middle)
        values.append(weights(low) @ np.array(corners)[:, 1])
    return np.array(values)


@pytest.mark.parametrize("kind", [BEZIER, LINEAR, CONSTANT])
@pytest.mark.parametrize("reach", [3.0, 1.0, 9.0])
@pytest.mark.parametrize("frame", [4.0, 9.5, 12.0])
def test_the_curve_stays_as_it_was(kind, reach, frame):
    old = keys(kind, reach)
    new = old.with_key_at(frame)
    frames = np.arange(0.0, 17.01, 0.25)
    assert frame in new.frames
    assert len(new.frames) == 4
    assert np.abs(played(new, frames) - played(old, frames)).max() < 1e-5
    twice = new.with_key_at(frame + 0.4)
    assert np.abs(played(twice, frames) - played(old, frames)).max() < 1e-5


@pytest.mark.parametrize("frame", [10.0, -1.0, 0.0, 17.0, 30.0])
def test_where_a_key_stands_or_none_is_needed_nothing_is_added(frame):
    assert keys().with_key_at(frame).frames.tolist() == [0.0, 10.0, 17.0]


def test_an_easing_cannot_be_divided():
    new = keys(kind=5, handle=AUTOMATIC).with_key_at(4.0)
    assert new.frames.tolist() == [0.0, 10.0, 17.0]
    assert new.words["handle_right_type"].tolist() == [ALIGNED, ALIGNED, AUTOMATIC]


@pytest.mark.parametrize(
    ("handle", "held"), [(AUTOMATIC, ALIGNED), (CLAMPED, ALIGNED), (VECTOR, FREE), (FREE, FREE)]
)
def test_handles_that_blender_places_itself_are_held(handle, held):
    new = keys(handle=handle).with_key_at(4.0)
    for side in ("handle_left_type", "handle_right_type"):
        assert new.words[side].tolist() == [held, ALIGNED, held, handle]
    old = keys(handle=handle)
    for side in ("handle_left_type", "handle_right_type"):
        assert old.with_key_at(10.0).words[side].tolist() == [handle, held, handle]
        assert old.with_key_at(-1.0).words[side].tolist() == [handle] * 3
        assert old.words[side].tolist() == [handle] * 3
