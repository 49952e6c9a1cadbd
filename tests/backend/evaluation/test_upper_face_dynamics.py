from __future__ import annotations

import numpy as np
import pytest

from elocute.evaluation.against_truth.paper_metrics import upper_face_dynamics_deviation


def test_hand_computed():
    neutral = np.array([[1.0, 0, 0], [0, 1, 0], [9, 9, 9]])
    truth = np.repeat(neutral[None], 4, axis=0)
    predicted = truth.copy()
    truth[:, 0, 1] += [0, 2, 0, 2]  # distances 0 2 0 2: spread 1
    truth[:, 1, 2] += [1, 1, 1, 1]  # moved but still: spread 0
    predicted[:, 1, 0] += [0, 3, 3, 0]  # spread 1.5
    predicted[:, 2] += np.arange(4)[:, None]  # not in the region
    region = np.array([0, 1], np.int32)
    # vertex 0: 1 - 0, vertex 1: 0 - 1.5
    found = upper_face_dynamics_deviation(predicted, truth, neutral, region)
    assert found == pytest.approx((1 - 1.5) / 2)
    assert upper_face_dynamics_deviation(truth, truth, neutral, region) == 0


def test_direction_of_motion_does_not_count():
    neutral = np.zeros((1, 3))
    truth, predicted = np.zeros((2, 1, 3)), np.zeros((2, 1, 3))
    truth[1, 0, 0], predicted[1, 0, 2] = 1, -1
    assert upper_face_dynamics_deviation(predicted, truth, neutral, np.array([0], np.int32)) == 0
