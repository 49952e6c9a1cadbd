"""Classifier-free guidance over any subset of conditions, with several branches in one batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from elocute.diffusion.kinds import GUIDANCE_MODES, GuidanceMode
from elocute.errors import SettingsError


@dataclass(frozen=True)
class Guidance:
    """Which conditions guide, how strongly, and how they add up.

    With r_0 the prediction without any condition that guides and r_k the one of branch k,

    * ``incremental``: branch k has conditions 1..k, result r_0 + sum_k w_k (r_k - r_{k-1});
    * ``independent``: branch k has condition k only, result g_k = g_{k-1} + w_k (r_k - g_{k-1}) from
      g_0 = r_0. This is what the published program computes: it updates r_0 in place and measures the
      second difference from the updated value, unlike the formula of the paper.

    Attributes:
        mode: ``incremental`` or ``independent``.
        conditions: names of the guiding conditions, in the order of the branches.
        scales: one weight per condition.

    Raises:
        SettingsError: unknown mode, a scale that is negative or not a number, counts that differ.
    """

    mode: GuidanceMode
    conditions: tuple[str, ...]
    scales: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.mode not in GUIDANCE_MODES:
            raise SettingsError(
                f"There is no guidance mode {self.mode!r}.", f"Choose one of {', '.join(GUIDANCE_MODES)}."
            )
        if len(self.scales) != len(self.conditions) or len(set(self.conditions)) != len(self.conditions):
            raise SettingsError("Guidance needs one scale for each condition, each named once.")
        for name, scale in zip(self.conditions, self.scales, strict=True):
            if not math.isfinite(scale) or scale < 0:
                raise SettingsError(f"The {name} scale must be 0 or a positive number, not {scale:g}.")

    def branches(self) -> tuple[frozenset[str], ...]:
        """The guiding conditions that are real in each branch; the others are null. Branch 0 has none."""
        names = self.conditions
        if self.mode == "incremental":
            return tuple(frozenset(names[:k]) for k in range(len(names) + 1))
        return (frozenset(), *(frozenset({name}) for name in names))

    def weights(self) -> tuple[float, ...]:
        """What each branch's prediction is multiplied by in the result; they add up to 1.

        A branch of weight 0 need not be computed: with incremental scales that are all 1 only the last one
        counts, which makes sampling as quick as without guidance.
        """
        if self.mode == "incremental":
            ladder = (1.0, *self.scales, 0.0)
            return tuple(low - high for low, high in pairwise(ladder))
        weights = [1.0]
        for scale in self.scales:
            weights = [(1.0 - scale) * weight for weight in weights] + [scale]
        return tuple(weights)

    def needed(self) -> tuple[int, ...]:
        """Which of :meth:`branches` count."""
        return tuple(k for k, weight in enumerate(self.weights()) if weight != 0.0)

    def combine(self, results: Sequence[Tensor]) -> Tensor:
        """Add the branches up.

        Args:
            results: one prediction per branch, all of one shape: those of :meth:`branches` that are
                :meth:`needed`, in that order.
        """
        needed = self.needed()
        if len(needed) < len(self.scales) + 1:
            weights = self.weights()
            return torch.stack([weights[k] * r for k, r in zip(needed, results, strict=True)]).sum(dim=0)
        total = results[0]
        for k, scale in enumerate(self.scales, start=1):
            base = results[k - 1] if self.mode == "incremental" else total
            total = total + scale * (results[k] - base)
        return total


def dynamic_threshold(
    x: Tensor, ratio: float, lowest: float = 1.0, highest: float = 4.0, frames: int | None = None
) -> Tensor:
    """Clamp each sample to its own quantile of absolute values (Saharia et al. 2022, without dividing).

    Args:
        x: (N, F, D) predictions.
        ratio: quantile in 0..1; 0 returns ``x`` as it is.
        lowest: smallest clamp.
        highest: largest clamp.
        frames: take the quantile over the last so many frames only; None takes all.

    Raises:
        SettingsError: ``ratio`` is outside 0..1.
    """
    if not 0 <= ratio <= 1:
        raise SettingsError(f"The threshold is a share between 0 and 1, not {ratio:g}.")
    if ratio == 0:
        return x
    kept = x if frames is None else x[:, x.shape[1] - frames :]
    limit = torch.quantile(kept.float().abs().flatten(1), ratio, dim=1).clamp(lowest, highest)
    limit = limit.to(x.dtype)[:, None, None]
    return torch.clamp(x, -limit, limit)
