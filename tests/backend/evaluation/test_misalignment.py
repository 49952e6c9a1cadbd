import numpy as np
import pytest

from elocute.evaluation.against_truth.misalignment import temporal_misalignment

FPS = 25.0


def talking(seed=0, frames=250):
    rng = np.random.default_rng(seed)
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 2.0) ** 2)
    return np.maximum(0.006 + 0.002 * np.convolve(rng.standard_normal(frames + 12), kernel, "valid"), 0.0)


@pytest.mark.parametrize("shift", [0, 1, 3])
def test_a_shifted_mouth_is_as_late_as_it_is(shift):
    truth = talking()
    late = np.concatenate([np.full(shift, truth[0]), truth[: len(truth) - shift]])
    assert temporal_misalignment(late, truth, FPS) == pytest.approx(shift / FPS, abs=0.012)


def test_another_mouth_is_worse_than_a_late_one():
    truth = talking()
    late = np.roll(truth, 2)
    assert temporal_misalignment(talking(9), truth, FPS) > temporal_misalignment(late, truth, FPS)


def test_how_far_it_opens_does_not_matter_and_trembling_is_no_event():
    truth = talking()
    assert temporal_misalignment(1.5 * truth, truth, FPS) < 0.03
    trembling = truth + 0.0002 * np.random.default_rng(1).standard_normal(len(truth))
    assert temporal_misalignment(trembling, truth, FPS) < 0.02


def test_a_mouth_that_does_not_move_has_no_events():
    assert temporal_misalignment(np.full(50, 0.003), talking(), FPS) is None
