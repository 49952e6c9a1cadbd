"""Noise schedules: how much of the signal is left at diffusion step t = 1..T."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

import torch
from torch import Tensor

from elocute.errors import InputError, SettingsError

ScheduleKind = Literal["cosine", "linear", "quadratic", "sigmoid"]
SCHEDULE_KINDS: Final[tuple[str, ...]] = get_args(ScheduleKind)

FIRST_BETA: Final = 1e-4
LAST_BETA: Final = 0.02


@dataclass(frozen=True)
class NoiseSchedule:
    """x_t = sqrt(alpha_bars[t-1]) x_0 + sqrt(1 - alpha_bars[t-1]) noise, t = 1..T.

    Attributes:
        betas: (T,) float32 variance added by each step.
        alpha_bars: (T,) float32 running product of 1 - beta.

    Raises:
        InputError: the numbers are no schedule (not within 0..1, or they contradict each other).
    """

    betas: Tensor
    alpha_bars: Tensor

    def __post_init__(self) -> None:
        if self.betas.ndim != 1 or self.betas.shape != self.alpha_bars.shape or not len(self.betas):
            raise InputError("The noise schedule has no steps or two lengths.", code="bad_checkpoint")
        product = torch.cumprod(1 - self.betas.double(), 0)
        inside = bool(((self.betas > 0) & (self.betas < 1)).all())
        if not inside or not torch.allclose(product, self.alpha_bars.double(), rtol=1e-3, atol=1e-7):
            raise InputError("The noise schedule contradicts itself.", code="bad_checkpoint")

    @property
    def steps(self) -> int:
        """Number of diffusion steps T."""
        return len(self.betas)

    @classmethod
    def make(cls, kind: ScheduleKind, steps: int) -> NoiseSchedule:
        """One of the published schedules with T = ``steps``.

        cosine: Nichol & Dhariwal 2021, s = 0.008, betas within 1e-4..0.999; linear: Ho et al. 2020;
        quadratic: linear in the square root; sigmoid: over -5..5.

        Raises:
            SettingsError: unknown kind, or fewer than one step.
        """
        if steps < 1:
            raise SettingsError("A noise schedule needs at least one step.")
        betas = _betas(kind, steps)
        return cls(betas.float(), torch.cumprod(1 - betas, 0).float())


def _betas(kind: ScheduleKind, steps: int) -> Tensor:
    if kind == "cosine":
        s = 0.008
        time = torch.arange(steps + 1, dtype=torch.float64) / steps
        alpha_bars = torch.cos((time + s) / (1 + s) * math.pi / 2) ** 2
        return (1 - alpha_bars[1:] / alpha_bars[:-1]).clamp(1e-4, 0.999)
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
