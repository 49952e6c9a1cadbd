from __future__ import annotations

import numpy as np
import pytest

from elocute.evaluation.against_truth.paper_metrics import diversity


def test_hand_computed():
    first = np.zeros((2, 2))
    second = np.array([[3.0, 4], [0, 0]])  # distances 5, 0: mean 2.5
    third = np.array([[3.0, 4], [0, 1]])  # to first 5, 1: mean 3; to second 0, 1: mean 0.5
    assert diversity([first, second]) == pytest.approx(2.5)
    assert diversity([first, second, third]) == pytest.approx((2.5 + 3 + 0.5) / 3)
    assert diversity([first, first]) == 0


def test_needs_two_takes_of_one_shape():
    with pytest.raises(ValueError, match="two or more"):
        diversity([np.zeros((2, 2))])
    with pytest.raises(ValueError, match="two or more"):
        diversity([np.zeros((2, 2)), np.zeros((3, 2))])
