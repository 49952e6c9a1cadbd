"""Adan against its definition in plain numbers, and against a recorded run of the published one."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from elocute.training.core.adan import Adan

GOLDEN = Path(os.environ.get("ELOCUTE_GOLDEN", "")) / "moditalker" / "atom" / "adan_unit.npz"
RATE, DECAY, EPS, BETAS = 4e-4, 0.02, 1e-8, (0.02, 0.08, 0.01)


def run(start, gradients, **options):
    weights = nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = Adan([weights], RATE, BETAS, EPS, DECAY, **options)
    found = []
    for gradient in gradients:
        weights.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        found.append(weights.detach().clone().numpy())
    return np.stack(found)


def by_hand(w, gradients):
    """One number at a time."""
    m = v = n = before = 0.0
    found = []
    for k, g in enumerate(gradients):
        if k:
            d = g - before
            m = 0.98 * m + 0.02 * g
            v = 0.92 * v + 0.08 * d
            n = 0.99 * n + 0.01 * (g + 0.92 * d) ** 2
        c1, c2, c3 = (1 / (1 - (1 - b) ** (k + 1)) for b in BETAS)
        w = (w - RATE / (math.sqrt(n * c3) + EPS) * (m * c1 + 0.92 * v * c2)) / (1 + DECAY * RATE)
        before = g
        found.append(w)
    return found


def test_every_number_by_hand():
    gradients = np.random.default_rng(1).normal(size=(12, 3))
    start = np.array([0.5, -2.0, 0.0])
    expected = np.stack([by_hand(w, column) for w, column in zip(start, gradients.T, strict=True)], axis=1)
    assert run(start, gradients) == pytest.approx(expected, abs=1e-14)


def test_the_first_update_only_decays():
    assert run([2.0], [[5.0]])[0] == pytest.approx(2.0 / (1 + DECAY * RATE), abs=1e-15)


def test_weights_without_a_gradient_stay():
    still, moved = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = Adan([still, moved], RATE, weight_decay=0.5)
    moved.grad = torch.ones(2)
    for _ in range(3):
        optimizer.step()
    assert (still == 1).all()
    assert (moved < 1).all()


def test_it_goes_on_from_its_state():
    gradients = np.random.default_rng(2).normal(size=(9, 4))
    whole = run(np.zeros(4), gradients)
    weights = nn.Parameter(torch.zeros(4, dtype=torch.float64))
    optimizer = Adan([weights], RATE, BETAS, EPS, DECAY)
    for number, gradient in enumerate(gradients):
        if number == 4:
            saved = optimizer.state_dict()
            optimizer = Adan([weights], RATE, BETAS, EPS, DECAY)
            optimizer.load_state_dict(saved)
        weights.grad = torch.tensor(gradient)
        optimizer.step()
    assert (weights.detach().numpy() == whole[-1]).all()


@pytest.mark.parametrize(
    "options", [{"lr": 0.0}, {"eps": 0.0}, {"weight_decay": -1.0}, {"betas": (0.0, 0.1, 0.1)}]
)
def test_impossible_numbers(options):
    with pytest.raises(ValueError, match="above 0"):
        Adan([nn.Parameter(torch.zeros(1))], **options)


@pytest.mark.skipif(not GOLDEN.is_file(), reason="no recorded run")
def test_the_recorded_run():
    with np.load(GOLDEN) as case:
        weights = nn.Parameter(torch.from_numpy(case["p0"]))
        optimizer = Adan([weights], RATE, weight_decay=DECAY)
        for gradient, expected in zip(case["grads"], case["params_after"], strict=True):
            weights.grad = torch.from_numpy(gradient)
            optimizer.step()
            assert np.abs(weights.detach().numpy() - expected).max() < 1e-7
