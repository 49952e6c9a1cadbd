"""Ancestral sampling with variances that the network predicts, and their loss (Nichol and Dhariwal 2021).

Predictions hold two numbers for each of the motion's, the second behind all of the first: v, from -1 to 1,
says where the logarithm of the variance lies between those of the posterior's (-1) and of beta (1). Fewer
steps than T are those of a schedule of its own, beta' = 1 - alpha_bar_t / alpha_bar_u from t to u.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from elocute.diffusion.kinds import Target
from elocute.diffusion.sampler import clean_sample
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.timesteps import check_timesteps


class LearnedVariance:
    """A :class:`~elocute.diffusion.sampler.Sampler` for predictions (..., 2 D) of a sample (..., D).

    Args:
        schedule: noise schedule of the model.
        timesteps: falling timesteps T..1.
        target: what the first half of a prediction is.

    Raises:
        SettingsError: timesteps that cannot be taken.
    """

    random: bool = True

    def __init__(self, schedule: NoiseSchedule, timesteps: Sequence[int], target: Target = "noise") -> None:
        self.schedule: NoiseSchedule = schedule
        self.timesteps: tuple[int, ...] = check_timesteps(timesteps, schedule.steps)
        self._next: Final = dict(zip(self.timesteps, (*self.timesteps[1:], 0), strict=True))
        self._target: Final = target

    def restart(self) -> None:
        """Nothing to forget: a step depends on x_t and the prediction only."""

    def step(self, prediction: Tensor, t: int, x: Tensor, noise: Tensor | None) -> Tensor:
        a, b = self.schedule.alpha_bar(t), self.schedule.alpha_bar(self._next[t])
        mean = posterior_mean(self.clean(prediction, t, x), x, a, b)
        if noise is None:
            return mean
        low, high = variance_bounds(a, b)
        share = (prediction.chunk(2, dim=-1)[1] + 1) / 2
        return mean + torch.exp(0.5 * (share * math.log(high) + (1 - share) * math.log(low))) * noise

    def clean(self, prediction: Tensor, t: int, x: Tensor) -> Tensor:
        first = prediction.chunk(2, dim=-1)[0]
        return clean_sample(self._target, first, x, self.schedule.alpha_bar(t))


def posterior_mean(x_0: Tensor, x: Tensor, a: float, b: float) -> Tensor:
    """Mean of x_u given x_t and x_0, for a = alpha_bar_t and b = alpha_bar_u, u < t."""
    beta = 1 - a / b
    return (math.sqrt(b) * beta * x_0 + math.sqrt(a / b) * (1 - b) * x) / (1 - a)


def variance_bounds(a: float, b: float) -> tuple[float, float]:
    """The posterior's variance and beta, for a = alpha_bar_t and b = alpha_bar_u; b < 1."""
    beta = 1 - a / b
    return beta * (1 - b) / (1 - a), beta


def variance_loss(
    schedule: NoiseSchedule, x_0: Tensor, x: Tensor, t: Tensor, predicted: Tensor, v: Tensor
) -> Tensor:
    """(N, ..., D) terms of the variational bound, in nats; of the mean nothing is learned by them.

    For t > 1 the divergence of the true posterior from the predicted one, for t = 1 the negative log density
    of the clean sample, whose variance is beta's and the posterior's at t = 2.

    Args:
        schedule: noise schedule.
        x_0: (N, ..., D) clean samples.
        x: (N, ..., D) x_t.
        t: (N,) int64 timesteps 1..T.
        predicted: (N, ..., D) clean samples as predicted.
        v: (N, ..., D) where the variances lie.
    """
    bars = torch.cat([schedule.exact_alpha_bars.new_ones(1), schedule.exact_alpha_bars]).to(x.device)
    shape = (len(t), *(1,) * (x.ndim - 1))
    a, b = bars[t].view(shape), bars[t - 1].view(shape)
    beta = 1 - a / b
    low = beta * (1 - b) / (1 - a)
    # At t = 1 the posterior has no spread; that of the next step stands in (as published).
    second = (1 - bars[2] / bars[1]) * (1 - bars[1]) / (1 - bars[2]) if len(bars) > 2 else beta
    low = torch.where(t.view(shape) > 1, low, second)
    true_log, share = low.log().to(x.dtype), (v + 1) / 2
    own_log = share * beta.log().to(x.dtype) + (1 - share) * true_log

    def mean(clean: Tensor) -> Tensor:
        of_clean, of_noisy = b.sqrt() * beta / (1 - a), (a / b).sqrt() * (1 - b) / (1 - a)
        return of_clean.to(x.dtype) * clean + of_noisy.to(x.dtype) * x

    apart = (mean(x_0) - mean(predicted.detach())).square()
    divergence = 0.5 * (own_log - true_log - 1 + torch.exp(true_log - own_log) + apart * torch.exp(-own_log))
    surprise = 0.5 * (
        own_log + math.log(2 * math.pi) + (x_0 - predicted.detach()).square() * torch.exp(-own_log)
    )
    return torch.where(t.view(shape) > 1, divergence, surprise)
