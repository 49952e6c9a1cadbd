import numpy as np
import pytest

from elocute.audio.phone import Phone
from elocute.evaluation.against_phones.articulation_measures import (
    closed_in_silence,
    contact_share,
    excess_over_median,
    opening_lag,
    peak_mean,
    speech_frames,
)

FPS = 25.0


def test_contact_share_counts_phones_not_frames():
    distance = np.full(25, 0.01)
    distance[5] = 0.0004  # centre 0.22 s
    phones = [Phone("B", 0.20, 0.24), Phone("AA", 0.24, 0.60), Phone("M", 0.60, 0.70)]
    assert contact_share(distance, phones, {"B", "M"}, FPS, 0.0005) == (0.5, 2)


@pytest.mark.parametrize(("frame", "counts"), [(3, False), (4, True), (6, True), (7, False)])
def test_contact_may_be_one_frame_off(frame, counts):
    distance = np.ones(12)
    distance[frame] = 0.0
    share, _ = contact_share(distance, [Phone("P", 0.215, 0.225)], {"P"}, FPS, 0.1)
    assert share == float(counts)


def test_contact_share_without_such_phones_is_none():
    assert contact_share(np.zeros(5), [Phone("AA", 0.0, 0.2)], {"P"}, FPS, 0.1) == (None, 0)


def test_excess_over_median_by_hand():
    signal = np.array([0.0, 1.0, 3.0, 1.0, 1.0, 9.0])
    phones = [
        Phone("T", 0.0, 0.08),
        Phone("UW", 0.08, 0.12),
        Phone("T", 0.12, 0.20),
        Phone("SIL", 0.20, 0.24),
    ]
    # Spoken frames hold 0 1 3 1 1: median 1; UW peaks at 3.
    assert excess_over_median(signal, phones, {"UW"}, FPS) == pytest.approx(2.0)
    assert peak_mean(signal, phones, {"UW", "SIL"}, FPS) == pytest.approx(6.0)
    assert peak_mean(signal, phones, {"OW"}, FPS) is None


def test_silence_leaves_out_settling_and_breath():
    opening = np.ones(50)
    opening[5:] = 0.0
    phones = [Phone("AA", 0.0, 0.1), Phone("SIL", 0.1, 2.0)]
    assert closed_in_silence(opening, phones, FPS, 0.5) == 1.0  # begins at 0.3 s: frame 7
    opening[-1] = 1.0
    assert closed_in_silence(opening, phones, FPS, 0.5) < 1.0
    followed = [*phones, Phone("AA", 2.0, 2.1)]
    assert closed_in_silence(opening, followed, FPS, 0.5) == 1.0
    assert closed_in_silence(opening, [Phone("SIL", 0.0, 0.3)], FPS, 0.5) is None


@pytest.mark.parametrize("shift", [-2, 0, 3])
def test_lag_is_found(shift):
    phones, time = [Phone("SIL", 0.0, 0.6)], 0.6
    for label, length in [("AA", 0.2), ("M", 0.12), ("IY", 0.16), ("S", 0.12), ("AE", 0.24), ("SIL", 0.8)]:
        phones.append(Phone(label, time, time + length))
        time += length
    level = {"AA": 1.0, "AE": 1.0, "IY": 0.4, "S": 0.2}
    frames = round(time * FPS)
    times = (np.arange(frames) + 0.5) / FPS - shift / FPS
    opening = np.array(
        [next((level.get(p.label, 0.0) for p in phones if p.start <= t < p.end), 0.0) for t in times]
    )
    lag, correlation = opening_lag(opening, phones, FPS)
    assert lag == pytest.approx(shift / FPS, abs=0.011)
    assert correlation > 0.9


def test_lag_of_a_still_mouth_is_zero():
    assert opening_lag(np.zeros(20), [Phone("AA", 0.0, 0.8)], FPS) == (0.0, 0.0)


def test_speech_frames_include_phones_between_centres():
    spoken = speech_frames(
        [Phone("SIL", 0, 0.085), Phone("T", 0.085, 0.095), Phone("SIL", 0.095, 0.2)], 5, FPS
    )
    assert spoken.tolist() == [False, False, True, False, False]
