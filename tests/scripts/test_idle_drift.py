"""How far a head has wandered."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.bench.idle_drift import wandering


def test_a_head_that_sways_in_place_does_not_wander_and_one_that_leans_does():
    t = np.arange(300 * 25)[:, None] / 25
    sway = np.sin(2 * np.pi * t / 5) * [3.0, 4.0, 0.0]
    assert wandering(sway, 25.0) == pytest.approx((0.0, 0.0, 5 / np.sqrt(2)), abs=1e-6)
    lean = sway + np.floor(t / 60) * [1.0, 0.0, 0.0]
    drift, minutes, within = wandering(lean, 25.0)
    assert (drift, minutes) == (pytest.approx(4 / (5 / np.sqrt(2))), pytest.approx(np.sqrt(2.0)))
    assert within == pytest.approx(5 / np.sqrt(2))
