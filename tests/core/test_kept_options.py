"""Options as a take keeps them: what was keyed comes back where the line begins now, at its rate."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from addon.core.animated import Animated
from addon.core.kept_options import OVER_TIME, kept_curves, kept_values, kept_with_keys, options_of_take
from addon.core.options import SceneOptions, job_settings

RAMP = tuple((float(frame), frame / 100.0) for frame in range(11, 61))
KEYED = Animated(25.0, {"intensity": RAMP, "energy": ((11.0, 1.0), (61.0, 2.0))})
MADE = SceneOptions(start_frame=11, seed=3, intensity=0.11, animated=KEYED)


def kept():
    return json.loads(json.dumps(kept_values(MADE)))


def test_what_was_keyed_is_kept_in_seconds():
    assert kept()[OVER_TIME]["energy"] == [[0.0, 1.0], [2.0, 2.0]]
    assert OVER_TIME not in kept_values(replace(MADE, animated=Animated()))


def test_it_comes_back_elsewhere_and_at_another_rate():
    own = options_of_take(kept(), SceneOptions(brow_amount=2.0), 101, 50.0)
    assert own.animated.curves["energy"] == ((101.0, 1.0), (201.0, 2.0))
    assert own.brow_amount is None
    before, after = job_settings(MADE), job_settings(replace(own, start_frame=101))
    assert after.curves.keys() == before.curves.keys() == {"intensity"}
    for name, points in before.curves.items():
        assert np.interp(0.7, *zip(*after.curves[name], strict=True)) == pytest.approx(
            np.interp(0.7, *zip(*points, strict=True)), abs=1e-4
        )


def test_a_line_that_plays_faster():
    fast = kept_values(replace(MADE, speed=2.0))
    assert fast[OVER_TIME]["energy"] == [[0.0, 1.0], [4.0, 2.0]]
    assert kept_curves(fast, 11, 25.0)["energy"] == ((11.0, 1.0), (61.0, 2.0))


def test_keyed_again_what_is_done_after_generating_is_of_now_and_the_rest_stays():
    now = SceneOptions(start_frame=1, animated=Animated(25.0, {"smoothing": ((1.0, 0.0), (26.0, 9.0))}))
    told = kept_with_keys(kept(), now, 1)
    assert told[OVER_TIME].keys() == {"intensity", "smoothing"}
    assert told["seed"] == 3
    assert OVER_TIME not in kept_with_keys({"seed": 3}, SceneOptions(), 1)


@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_keyed_again_it_is_told_where_the_take_plays_now_not_where_its_line_began(speed):
    """Its strip may have been moved, and the line's speed been changed since."""
    now = replace(
        MADE, start_frame=11, speed=0.5, animated=Animated(25.0, {"energy": ((111.0, 0.0), (161.0, 2.0))})
    )
    told = kept_with_keys(kept_values(replace(MADE, speed=speed)), now, 111)
    assert kept_curves(told, 111, 25.0)["energy"] == ((111.0, 0.0), (161.0, 2.0))
    assert told["start_frame"] == 11
    assert kept_with_keys({"speed": "fast"}, now, 111)[OVER_TIME]["energy"] == [[0.0, 0.0], [2.0, 2.0]]


@pytest.mark.parametrize(
    "damaged",
    [None, 7, {"energy": 3}, {"energy": [[0.0]]}, {"energy": [["a", 1]]}, {"energy": [[1, 1], [0, 1]]},
     {"energy": [[0, float("nan")]]}, {"energy": []}, {"seed": [[0, 1]]}],
)  # fmt: skip
def test_what_cannot_be_curves_is_left_out(damaged):
    assert kept_curves({OVER_TIME: damaged}, 1, 25.0) == {}
    assert kept_curves({OVER_TIME: {"energy": [[0, 1]]}, "speed": 0}, 1, 25.0) == {}
