"""What comes at a rate that changes: blinks and glances."""

from __future__ import annotations

import math

import numpy as np
import pytest

from elocute.audio.phrasing import analyse_prosody
from elocute.audio.silence import silent_speech
from elocute.behaviour.blinks import blink_frames
from elocute.behaviour.gaze import gaze_aim
from elocute.behaviour.pace import Pace

SECONDS = 60.0
SPEECH = silent_speech(SECONDS)
TIMES = (np.arange(SPEECH.frames) + 0.5) / 25.0
GROWING = {
    "over 5 s": np.clip(TIMES / 5.0, 0.0, 1.0),
    "after 3 s": np.clip(TIMES - 3.0, 0.0, 1.0),
    "after 3 s, from next to nothing": np.clip(TIMES - 3.0, 1e-6, 1.0),
    "away and back": np.where((TIMES > 10.0) & (TIMES < 15.0), 0.0, 1.0),
}


def blinks(rates, seed):
    return blink_frames(analyse_prosody(SPEECH), SPEECH.frames, rates, np.random.default_rng(seed))


def glances(amounts, seed):
    aim = gaze_aim(analyse_prosody(SPEECH), SPEECH.frames, amounts, np.random.default_rng(seed))
    return np.flatnonzero(np.abs(np.diff(aim, axis=0)).max(axis=1) > 0.01)


@pytest.mark.parametrize("name", GROWING)
def test_blinks_come_again_where_their_rate_has_grown(name):
    rates = 18.0 * GROWING[name]
    counts = [len(blinks(rates, seed)) for seed in range(8)]
    assert sum(counts) / 8 == pytest.approx(rates.sum() / 25.0 / 60.0, abs=2.5)
    assert min(counts) > 8


@pytest.mark.parametrize("name", GROWING)
def test_eyes_wander_again_where_they_may(name):
    amounts = GROWING[name]
    moves = [glances(amounts, seed) for seed in range(8)]
    assert min(len(found) for found in moves) > 25
    assert min(np.count_nonzero(found > 20 * 25) for found in moves) > 15
    if name == "after 3 s":
        assert max(np.count_nonzero(found < 2.9 * 25) for found in moves) <= 6, "within the face at most"


def test_waiting_sums_the_rate_up():
    steady, growing = Pace(np.full(100, 0.5)), Pace(np.linspace(0.0, 1.0, 100))
    assert steady.wait(1.0, 1.0) == 2.0
    assert Pace(np.zeros(10)).wait(0.0, 1.0) == math.inf
    assert growing.wait(0.0, 3.0) == math.inf
    waited = growing.wait(0.5, 1.0)
    assert (0.5 + waited) ** 2 / 8 - 0.5**2 / 8 == pytest.approx(1.0, abs=0.02)
    gap = Pace(np.repeat([1.0, 0.0, 1.0], 25))
    assert gap.wait(0.5, 1.0) == pytest.approx(2.0)
    assert gap.wait(0.5, 0.5) == pytest.approx(0.5)
    assert gap.wait(1.5, 0.25) == pytest.approx(0.75)
