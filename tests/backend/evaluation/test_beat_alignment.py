from __future__ import annotations

import numpy as np
import pytest

from elocute.evaluation.against_truth.paper_metrics import beat_alignment, head_beats


def turning(speeds) -> np.ndarray:
    """A head that nods by the given angles from frame to frame."""
    angles = np.concatenate([[0.0], np.cumsum(speeds)])
    return np.stack([angles, 0 * angles, 0 * angles], axis=1)


def with_beats(*places, frames: int = 30) -> np.ndarray:
    speeds = np.full(frames, 0.1) + 0.001 * np.arange(frames)
    for place in places:
        speeds[place] = 0.01
    return turning(speeds)


def test_beats_are_where_the_head_slows_down():
    assert head_beats(with_beats(5, 20), smoothing=0).tolist() == [5, 20]
    assert head_beats(np.zeros((3, 3))).tolist() == []


def test_hand_computed():
    # True beats at 5 and 20, predicted at 8 and 20: gaps 3 and 0.
    found = beat_alignment(with_beats(8, 20), with_beats(5, 20), smoothing=0, tolerance=3)
    assert found == pytest.approx((np.exp(-9 / 18) + 1) / 2)


def test_smoothed_by_default():
    swaying = turning(0.1 * np.sin(np.arange(120) / 10) + 0.02 * (-1.0) ** np.arange(120))
    beats = head_beats(swaying)  # it turns round every 10 pi frames; the jitter is smoothed away
    np.testing.assert_allclose(beats, np.pi * 10 * np.arange(1, 4), atol=1.5)
    assert beat_alignment(swaying, swaying) == 1


def test_every_true_beat_counts_but_spare_ones_do_not():
    assert beat_alignment(with_beats(5, 12, 20), with_beats(5, 20), smoothing=0) == 1
    assert beat_alignment(with_beats(5), with_beats(5, 20), smoothing=0) < 0.6


def test_without_beats():
    still = np.zeros((30, 3))
    assert beat_alignment(with_beats(5), still, smoothing=0) is None
    assert beat_alignment(still, with_beats(5), smoothing=0) == 0
