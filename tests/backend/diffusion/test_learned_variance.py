"""Learned variances against the formulas of Improved DDPM, number by number."""

from __future__ import annotations

import math

import pytest
import torch

from elocute.diffusion.learned_variance import (
    LearnedVariance,
    posterior_mean,
    variance_bounds,
    variance_loss,
)
from elocute.diffusion.sampler import make_sampler
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.timesteps import choose_timesteps
from elocute.errors import SettingsError

SCHEDULE = NoiseSchedule.cosine(50)
BARS = [1.0, *SCHEDULE.exact_alpha_bars.tolist()]


def noise(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).double()


def test_posterior_is_that_of_one_step():
    """x_{t-1} given x_t and x_0 by Bayes' rule for two Gaussians."""
    for t in (2, 20, 50):
        a, b = BARS[t], BARS[t - 1]
        step = a / b
        precision = step / (1 - step) + 1 / (1 - b)
        low, high = variance_bounds(a, b)
        assert low == pytest.approx(1 / precision)
        assert high == pytest.approx(1 - step)
        x_0, x = torch.tensor([0.7]).double(), torch.tensor([-0.4]).double()
        mean = (math.sqrt(step) / (1 - step) * x + math.sqrt(b) / (1 - b) * x_0) / precision
        assert posterior_mean(x_0, x, a, b).tolist() == pytest.approx(mean.tolist())


@pytest.mark.parametrize("target", ["noise", "sample"])
@pytest.mark.parametrize("steps", [50, 7])
def test_with_the_least_variance_it_is_ancestral_sampling(target, steps):
    """v = -1 is the posterior's variance, which the fixed sampler takes."""
    timesteps = choose_timesteps(SCHEDULE, steps)
    own = LearnedVariance(SCHEDULE, timesteps, target)
    fixed = make_sampler("ddpm", SCHEDULE, target=target, timesteps=timesteps)
    x = other = noise(0, 2, 4, 3)
    own.restart()
    fixed.restart()
    assert own.random
    for number, t in enumerate(own.timesteps):
        prediction, fresh = 0.3 * noise(100 + number, 2, 4, 3), noise(200 + number, 2, 4, 3)
        drawn = fresh if t != own.timesteps[-1] else None
        x = own.step(torch.cat([prediction, -torch.ones_like(prediction)], dim=-1), t, x, drawn)
        other = fixed.step(prediction, t, other, drawn)
        assert torch.allclose(x, other, atol=1e-5)


def test_the_variance_lies_between_its_bounds_in_logarithms():
    own = LearnedVariance(SCHEDULE, (50, 30, 10), "sample")
    x, fresh = noise(1, 1, 2, 1), torch.ones(1, 2, 1).double()
    low, high = variance_bounds(BARS[30], BARS[10])
    for v, variance in ((-1.0, low), (1.0, high), (0.0, math.sqrt(low * high))):
        prediction = torch.cat([0 * x, v + 0 * x], dim=-1)
        mean = posterior_mean(0 * x, x, BARS[30], BARS[10])
        added = own.step(prediction, 30, x, fresh) - mean
        assert added.flatten().tolist() == pytest.approx([math.sqrt(variance)] * 2)
    assert torch.equal(own.clean(torch.cat([x, x + 9], dim=-1), 30, x), x)


def test_timesteps_that_cannot_be_taken():
    with pytest.raises(SettingsError):
        LearnedVariance(SCHEDULE, (3, 9))


def gauss_divergence(mean, variance, other_mean, other_variance):
    apart = (mean - other_mean) ** 2 / other_variance
    return 0.5 * (math.log(other_variance / variance) - 1 + variance / other_variance + apart)


def test_terms_of_the_bound_by_their_formulas():
    x_0, predicted, t = noise(1, 3, 2, 2), noise(2, 3, 2, 2), torch.tensor([1, 2, 40])
    v, x = noise(3, 3, 2, 2).tanh(), noise(4, 3, 2, 2)
    found = variance_loss(SCHEDULE, x_0, x, t, predicted, v)
    for n, step in enumerate(t.tolist()):
        a, b = BARS[step], BARS[step - 1]
        low = variance_bounds(BARS[2], BARS[1])[0] if step == 1 else variance_bounds(a, b)[0]
        high = 1 - a / b
        for f in range(2):
            for c in range(2):
                own = math.exp((v[n, f, c] + 1) / 2 * math.log(high) + (1 - v[n, f, c]) / 2 * math.log(low))
                if step == 1:
                    error = float(x_0[n, f, c] - predicted[n, f, c])
                    expected = 0.5 * (math.log(2 * math.pi * own) + error**2 / own)
                else:
                    means = [
                        float(posterior_mean(value[n, f, c], x[n, f, c], a, b)) for value in (x_0, predicted)
                    ]
                    expected = gauss_divergence(means[0], low, means[1], own)
                assert float(found[n, f, c]) == pytest.approx(expected, rel=1e-6)


def test_the_bound_teaches_the_variance_alone():
    x_0, t = noise(1, 4, 2, 2), torch.tensor([1, 2, 30, 50])
    predicted, v = noise(2, 4, 2, 2).requires_grad_(), torch.zeros(4, 2, 2).double().requires_grad_()
    variance_loss(SCHEDULE, x_0, noise(3, 4, 2, 2), t, predicted, v).sum().backward()
    assert predicted.grad is None
    assert (v.grad != 0).all()
