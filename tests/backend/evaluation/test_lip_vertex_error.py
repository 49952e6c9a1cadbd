from __future__ import annotations

import numpy as np
import pytest

from elocute.evaluation.against_truth.paper_metrics import lip_vertex_error


def test_hand_computed():
    truth = np.zeros((2, 3, 3))
    predicted = np.zeros((2, 3, 3))
    predicted[0, 0] = (3, 4, 0)  # distance 5
    predicted[0, 1] = (0, 0, 2)  # smaller
    predicted[1, 1] = (0, 1, 0)  # distance 1
    predicted[:, 2] = 100  # not a lip vertex
    lips = np.array([0, 1], np.int32)
    assert lip_vertex_error(predicted, truth, lips) == pytest.approx((5 + 1) / 2)
    assert lip_vertex_error(truth, truth, lips) == 0


def test_what_cannot_be_compared():
    with pytest.raises(ValueError, match=r"\(T, V, 3\)"):
        lip_vertex_error(np.zeros((2, 3, 3)), np.zeros((3, 3, 3)), np.array([0], np.int32))
    with pytest.raises(ValueError, match="no frames"):
        lip_vertex_error(np.zeros((2, 3, 3)), np.zeros((2, 3, 3)), np.array([], np.int32))
