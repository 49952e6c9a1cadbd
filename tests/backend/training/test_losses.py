from __future__ import annotations

import pytest
import torch

from elocute.training.core.contrastive import nt_xent
from elocute.training.core.losses import distance, kept_mean, track_losses
from elocute.training.diffposetalk.losses import LossWeights, WindowLosses, transition_loss

ALL = torch.ones(1, 4, dtype=torch.bool)


def column(*values: float) -> torch.Tensor:
    """One sample of one number a frame: (1, F, 1)."""
    return torch.tensor(values, dtype=torch.float32)[None, :, None]


def test_mean_over_kept_frames_and_all_components():
    values = torch.tensor([[[1.0, 3.0], [5.0, 7.0]], [[9.0, 11.0], [100.0, 100.0]]])
    kept = torch.tensor([[True, True], [True, False]])
    assert kept_mean(values, kept) == (2 + 6 + 10) / 3
    assert kept_mean(values, torch.zeros(2, 2, dtype=torch.bool)) == 0


def test_distances():
    predicted, truth = column(0, 2, 2, 9), column(0, 0, 3, 0)
    assert distance(predicted, truth, ALL, "l2") == (0 + 4 + 1 + 81) / 4
    assert distance(predicted, truth, ALL, "l1") == (0 + 2 + 1 + 9) / 4


def test_track_by_hand():
    predicted, truth = column(0, 1, 4, 4), column(0, 1, 2, 3)
    position, velocity, smooth = track_losses(predicted, truth, ALL, "l2")
    assert position == (0 + 0 + 4 + 1) / 4
    assert velocity == pytest.approx((0 + 4 + 1) / 3)  # speeds 1 3 0 against 1 1 1
    assert smooth == (4 + 9) / 2  # 1 -> 3 -> 0
    cut = torch.tensor([[True, True, True, False]])
    position, velocity, smooth = track_losses(predicted, truth, cut, "l2")
    assert (position, velocity, smooth) == (pytest.approx(4 / 3), 2, 4)


def test_transition_by_hand():
    # Places 0 1 2 | 4 4 5: speeds 1 1 2 0 1, accelerations 0 1 -2 1.
    before, after = column(7, 0, 1, 2), column(4, 4, 5, 50)
    velocity = ((2 - 1) ** 2 + (0 - 2) ** 2) / 2
    acceleration = ((1 - 0) ** 2 + (-2 - 1) ** 2 + (1 - -2) ** 2) / 3
    assert transition_loss(before, after, ALL, "l2") == pytest.approx(velocity + acceleration)


def test_total_halves_all_but_the_seam():
    one = torch.tensor(1.0)
    weights = LossWeights(2, 4, 8, 16, 32, 64, 128, 256)
    assert WindowLosses(one).total(weights) == 1
    assert WindowLosses(*[one] * 8).total(weights) == (2 + 4 + 8 + 16 + 32 + 64 + 128) / 2 + 256
    assert WindowLosses(*[one] * 8).total(weights.without_geometry()) == 1


def test_nt_xent_by_hand():
    # Two pairs in the plane: the views of a pair agree, the pairs are at right angles.
    first = torch.tensor([[2.0, 0.0], [0.0, 5.0]])
    e = torch.exp(torch.tensor(1.0 / 0.5))
    expected = -torch.log(e / (e + 2))  # the other three of each: its partner at 1, two at 0
    assert nt_xent(first, first * 3, 0.5).item() == pytest.approx(expected.item())
    mixed = nt_xent(first, first.flip(0), 0.5)
    assert mixed.item() == pytest.approx(-torch.log(1 / (e + 2)).item())
