"""Noise schedules: how much of the signal is left at diffusion step t = 1..T."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from elocute.arrays import Array
from elocute.diffusion.kinds import SCHEDULE_KINDS, ScheduleKind
from elocute.errors import InputError, SettingsError

if TYPE_CHECKING:
    from torch import Tensor

FIRST_BETA: Final = 1e-4
LAST_BETA: Final = 0.02


@dataclass(frozen=True)
class NoiseSchedule:
    """x_t = sqrt(alpha_bars[t-1]) x_0 + sqrt(1 - alpha_bars[t-1]) noise, t = 1..T.

    Attributes:
        betas: (T,) float32 variance added by each step; what else it gives is of the same kind of array.

    Raises:
        InputError: the numbers are no variances.
    """

    betas: Array

    def __post_init__(self) -> None:
        betas = self.betas
        fits = betas.ndim == 1 and len(betas) > 0 and bool(((betas > 0) & (betas < 1)).all())
        if not fits or not _falls(self.exact_alpha_bars.tolist()):
            raise InputError("The noise schedule's variances are not between 0 and 1.", code="bad_checkpoint")

    @cached_property
    def exact_alpha_bars(self) -> Array:
        """(T,) float64 running product of 1 - beta: how much of the signal's variance is left."""
        if isinstance(self.betas, np.ndarray):
            return np.cumprod(1 - self.betas.astype(np.float64))
        return (1 - self.betas.double()).cumprod(0)

    @cached_property
    def alpha_bars(self) -> Array:
        """(T,) float32, see :attr:`exact_alpha_bars`."""
        exact = self.exact_alpha_bars
        return exact.astype(np.float32) if isinstance(exact, np.ndarray) else exact.float()

    def alpha_bar(self, t: int) -> float:
        """How much of the signal's variance is left at ``t``; 1 at t = 0, where nothing is noisy."""
        return 1.0 if t == 0 else float(self.exact_alpha_bars[t - 1])

    def add_noise(self, x_0: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """Draw x_t given x_0, equation 4 of Ho et al. 2020.

        Args:
            x_0: clean samples, any shape that begins with that of ``t``.
            noise: standard normal noise shaped like ``x_0``.
            t: int64 timesteps 1..T, for example one of each sample, on the device of ``x_0``.
        """
        signal: Tensor = self.alpha_bars.to(t.device)[t - 1].reshape(*t.shape, *(1,) * (x_0.ndim - t.ndim))
        return signal.sqrt() * x_0 + (1 - signal).sqrt() * noise

    @property
    def steps(self) -> int:
        """Number of diffusion steps T."""
        return len(self.betas)

    @classmethod
    def cosine(cls, steps: int, lowest: float = 1e-4, highest: float = 0.999) -> NoiseSchedule:
        """Cosine schedule (Nichol & Dhariwal 2021, s = 0.008) with betas clipped to ``lowest``..``highest``.

        Raises:
            SettingsError: fewer than one step.
        """
        _check_steps(steps)
        return cls(_cosine_betas(steps).clamp(lowest, highest).float())

    @classmethod
    def make(cls, kind: ScheduleKind, steps: int) -> NoiseSchedule:
        """One of the published schedules with T = ``steps``.

        cosine: see :meth:`cosine`, betas within 1e-4..0.999; linear: Ho et al. 2020;
        quadratic: linear in the square root; sigmoid: over -5..5.

        Raises:
            SettingsError: unknown kind, or fewer than one step.
        """
        _check_steps(steps)
        return cls.cosine(steps) if kind == "cosine" else cls(_betas(kind, steps).float())


def _falls(alpha_bars: Sequence[float]) -> bool:
    """Whether every step takes some of the signal and leaves some, in double precision."""
    return all(more > less for more, less in pairwise((1.0, *alpha_bars, 0.0)))


def _check_steps(steps: int) -> None:
    if steps < 1:
        raise SettingsError("A noise schedule needs at least one step.")


def _cosine_betas(steps: int) -> Tensor:
    import torch

    s = 0.008
    time = torch.arange(steps + 1, dtype=torch.float64) / steps
    alpha_bars = torch.cos((time + s) / (1 + s) * math.pi / 2) ** 2
    return 1 - alpha_bars[1:] / alpha_bars[:-1]


def _betas(kind: ScheduleKind, steps: int) -> Tensor:
    import torch

    if kind == "linear":
        return torch.linspace(FIRST_BETA, LAST_BETA, steps, dtype=torch.float64)
    if kind == "quadratic":
        return torch.linspace(FIRST_BETA**0.5, LAST_BETA**0.5, steps, dtype=torch.float64) ** 2
    if kind == "sigmoid":
        ramp = torch.sigmoid(torch.linspace(-5, 5, steps, dtype=torch.float64))
        return FIRST_BETA + ramp * (LAST_BETA - FIRST_BETA)
    raise SettingsError(
        f"There is no noise schedule {kind!r}.", f"Choose one of {', '.join(SCHEDULE_KINDS)}."
    )
