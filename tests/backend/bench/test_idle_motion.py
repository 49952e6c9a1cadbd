"""Measures of idle motion by what they must give for made-up motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elocute.bench.idle_motion import COLUMNS, gaze_shifts, join_ratios, score_idle
from elocute.errors import InputError
from tests.backend.thmm.clips import content, moving_clip, still_clip


def looking(frames, at, degrees):
    eyes = np.zeros((frames, 6), np.float32)
    for frame in at:
        eyes[frame:, [0, 3]] += np.radians(degrees)
    return replace(still_clip(frames), eyes=eyes)


def test_gaze_shifts_are_counted_once_and_the_heads_turns_not_at_all():
    assert gaze_shifts(looking(750, (100, 300, 301, 500), 2.0)) == 60 * 3 / 30
    assert gaze_shifts(looking(750, (100, 300), 0.5)) == 0
    turning = np.zeros((750, 3), np.float32)
    turning[:, 0] = np.linspace(0, 10, 750)  # quickly, with the gaze held against it
    eyes = np.zeros((750, 6), np.float32)
    eyes[:, 0] = -0.9 * turning[:, 0]
    assert gaze_shifts(replace(still_clip(750), head=turning, eyes=eyes)) == 0
    assert gaze_shifts(still_clip(50)) == 0


def test_ratios_at_a_join():
    slope = np.outer(np.arange(20.0), [0.01, 0, 0]).astype(np.float32)
    speed, _ = join_ratios(slope[:10], slope[10:])
    assert speed == pytest.approx(1.0, rel=1e-3)
    speed, bend = join_ratios(slope[:10], 0 * slope[10:])
    assert speed == pytest.approx(9.0, rel=1e-3)
    assert bend > 100


def test_the_table_of_a_model():
    found = score_idle("rules", "lively", 8.0, 1, content(moving_clip(50)))
    assert set(found) == {column.key for column in COLUMNS}
    assert found["join_speed"] < 1.1 < found["cut_speed"]
    assert found["join_bend"] < found["cut_bend"]
    assert set(score_idle("rules", None, 5.0, 1, None)).isdisjoint({"join_speed", "cut_speed"})
    with pytest.raises(InputError, match="not a motion clip"):
        score_idle("rules", None, 5.0, 1, b"x")
