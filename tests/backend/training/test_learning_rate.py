"""The learning rate of each update, and that a resumed schedule goes on with it."""

from __future__ import annotations

import math
import warnings

import pytest
import torch

from elocute.training.core.learning_rate import learning_rate_schedule
from elocute.training.core.settings import RunSettings


def rates(settings: RunSettings, done: int) -> list[float]:
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=settings.learning_rate)
    schedule = learning_rate_schedule(optimizer, settings, done)
    used = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(done, settings.iterations):
            used.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
    return used


def test_published_schedule_warms_up_from_zero_and_stays():
    settings = RunSettings(iterations=7, warmup=4, learning_rate=1e-3)
    assert rates(settings, 0) == pytest.approx([0, 0.25e-3, 0.5e-3, 0.75e-3, 1e-3, 1e-3, 1e-3])
    assert rates(RunSettings(iterations=2, warmup=0, learning_rate=1e-3), 0) == [1e-3, 1e-3]


def test_half_a_cosine_ends_at_the_final_share_with_the_last_update():
    settings = RunSettings(iterations=10, warmup=2, learning_rate=1.0, final_rate=0.1)
    expected = [0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * k / 8)) for k in range(1, 9)]
    assert rates(settings, 0) == pytest.approx([0.0, 0.5, *expected])
    assert expected[-1] == pytest.approx(0.1)


@pytest.mark.parametrize("final_rate", [1.0, 0.2])
def test_a_resumed_schedule_goes_on_exactly(final_rate):
    settings = RunSettings(iterations=12, warmup=5, learning_rate=3e-4, final_rate=final_rate)
    whole = rates(settings, 0)
    for done in (1, 5, 9):
        assert rates(settings, done) == whole[done:]
