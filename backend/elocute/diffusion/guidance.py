"""Classifier-free guidance over any named conditions, with several branches in one batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array, library, like, quantiles
from elocute.diffusion.kinds import GUIDANCE_MODES, GuidanceMode
from elocute.errors import SettingsError

Scale: TypeAlias = Any
"""A number, or a NumPy array of them."""
Branch = frozenset[str]
"""The guiding conditions that are real in one branch; the others are null."""


@dataclass(frozen=True)
class Guidance:
    """Which conditions guide, how strongly, and how they add up.

    With r_0 the prediction without any condition that guides and r_k the one of branch k,

    * ``incremental``: branch k has conditions 1..k, result r_0 + sum_k w_k (r_k - r_{k-1});
    * ``independent``: branch k has condition k only, result g_k = g_{k-1} + w_k (r_k - g_{k-1}) from
      g_0 = r_0. This is what the published program computes: it updates r_0 in place and measures the
      second difference from the updated value, unlike the formula of the paper.

    A condition is a name that the family gives to whatever it drops together. Without any scale there is one
    branch with nothing dropped on behalf of guidance: unconditional models, or plain conditional sampling.

    Attributes:
        mode: ``incremental`` or ``independent``.
        scales: the weight of each guiding condition, in the order of the branches.

    Raises:
        SettingsError: unknown mode, or a scale that is negative or not a number.
    """

    mode: GuidanceMode = "incremental"
    scales: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.mode not in GUIDANCE_MODES:
            raise SettingsError(
                f"There is no guidance mode {self.mode!r}.", f"Choose one of {', '.join(GUIDANCE_MODES)}."
            )
        for name, scale in self.scales.items():
            if not math.isfinite(scale) or scale < 0:
                raise SettingsError(f"The {name} scale must be 0 or a positive number, not {scale:g}.")

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that guide, in the order of the branches."""
        return tuple(self.scales)

    def branches(self) -> tuple[Branch, ...]:
        """All branches; branch 0 has no condition that guides."""
        names = self.conditions
        if self.mode == "incremental":
            return tuple(frozenset(names[:k]) for k in range(len(names) + 1))
        return (frozenset(), *(frozenset({name}) for name in names))

    def weights(self) -> tuple[float, ...]:
        """What each branch's prediction is multiplied by in the result; they add up to 1.

        A branch of weight 0 need not be computed: with incremental scales that are all 1 only the last one
        counts, which makes sampling as quick as without guidance.
        """
        return branch_weights(self.mode, tuple(self.scales.values()))

    def needed(self) -> tuple[Branch, ...]:
        """Those of :meth:`branches` whose weight is not 0, in their order."""
        return tuple(
            branch for branch, weight in zip(self.branches(), self.weights(), strict=True) if weight != 0.0
        )

    def combine(self, results: Sequence[Array]) -> Array:
        """Add the branches up.

        Args:
            results: one prediction for each of :meth:`needed`, in that order, all of one shape.
        """
        weights = self.weights()
        if len(results) < len(weights):
            counting = [weight for weight in weights if weight != 0.0]
            weighted = [w * r for w, r in zip(counting, results, strict=True)]
            return library(weighted[0]).stack(weighted).sum(0)
        total = results[0]
        for k, scale in enumerate(self.scales.values(), start=1):
            base = results[k - 1] if self.mode == "incremental" else total
            total = total + scale * (results[k] - base)
        return total


GuidanceAt = Callable[[int, int], Guidance]
"""(k, S) -> guidance of step k = 0..S-1 of S."""


def ramped(guidance: Guidance, share: float = 0.5) -> GuidanceAt:
    """Scales that grow linearly over the first ``share`` of the S steps: min(w, w k / share / (S - 1)).

    Early steps then follow the data rather than the conditions, which joins windows that are sampled together
    (EDGE, Tseng et al. 2023, uses a share of one half).
    """

    def at(k: int, steps: int) -> Guidance:
        grown = min(1.0, k / (share * (steps - 1))) if steps > 1 and share > 0 else 1.0
        return Guidance(guidance.mode, {name: grown * scale for name, scale in guidance.scales.items()})

    return at


def branch_weights(mode: GuidanceMode, scales: Sequence[Scale]) -> tuple[Scale, ...]:
    """See :meth:`Guidance.weights`; of numbers, or of arrays for scales that change in time."""
    if mode == "incremental":
        ladder = (1.0, *scales, 0.0)
        return tuple(low - high for low, high in pairwise(ladder))
    weights: list[Scale] = [1.0]
    for scale in scales:
        weights = [(1.0 - scale) * weight for weight in weights] + [scale]
    return tuple(weights)


@dataclass(frozen=True)
class GuidanceTrack:
    """Guidance whose scales change from frame to frame.

    Attributes:
        mode: as for :class:`Guidance`.
        scales: (T,) the weight of each guiding condition, in the order of the branches.
        of_clip: the branches that count somewhere in the clip that these frames are a part of; None where
            they are the clip.
    """

    mode: GuidanceMode
    scales: Mapping[str, NDArray[np.float64]]
    of_clip: tuple[Branch, ...] | None = None

    @property
    def conditions(self) -> tuple[str, ...]:
        """See :attr:`Guidance.conditions`."""
        return tuple(self.scales)

    def weights(self) -> tuple[NDArray[np.float64], ...]:
        """(T,) what each branch's prediction is multiplied by."""
        frames = np.broadcast_shapes(*(np.shape(scale) for scale in self.scales.values()))
        weights = branch_weights(self.mode, tuple(self.scales.values()))
        return tuple(np.array(np.broadcast_to(weight, frames)) for weight in weights)

    def needed(self) -> tuple[Branch, ...]:
        """Those branches that count in some frame of the clip."""
        if self.of_clip is not None:
            return self.of_clip
        return tuple(branch for branch, weight in self._weighted() if weight.any())

    def _weighted(self) -> Iterator[tuple[Branch, NDArray[np.float64]]]:
        branches = Guidance(self.mode, dict.fromkeys(self.scales, 1.0)).branches()
        return zip(branches, self.weights(), strict=True)

    def combine(self, results: Sequence[Array]) -> Array:
        """Add the branches (N, T, D) up, one for each of :meth:`needed`."""
        needed = self.needed()
        counting = [weight for branch, weight in self._weighted() if branch in needed]
        weighted = [like(w[:, None], r) * r for w, r in zip(counting, results, strict=True)]
        return library(weighted[0]).stack(weighted).sum(0)

    def part(self, first: int, last: int) -> GuidanceTrack:
        """That of the frames ``first`` .. ``last`` - 1, with the branches of the clip."""
        scales = {name: scale[first:last] for name, scale in self.scales.items()}
        return GuidanceTrack(self.mode, scales, self.needed())


Denoise = Callable[[Array, int, tuple[Branch, ...]], Array]
"""(x_t (N, F, D), t, branches) -> predictions (B * N, F, D), branch by branch."""
Limit = Callable[[Array], Array]
"""Limits predictions (N, F, D), for example a clamp or :func:`dynamic_threshold`."""
LimitPlace = Literal["branches", "result"]


class Guided:
    """A guided model: what a denoising loop calls.

    Args:
        denoise: the model; it is asked for branches whose weight is not 0 only.
        guidance: the same at every step, perhaps changing from frame to frame, or a function of the step.
        timesteps: those that will be taken, to number the steps.
        limit: applied to predictions.
        place: whether each branch is limited before they are combined, or the result.
    """

    def __init__(
        self,
        denoise: Denoise,
        guidance: Guidance | GuidanceTrack | GuidanceAt,
        timesteps: Sequence[int],
        limit: Limit | None = None,
        place: LimitPlace = "branches",
    ) -> None:
        count = len(timesteps)
        self._denoise: Final = denoise
        self._guidance: Final = {
            t: guidance if isinstance(guidance, Guidance | GuidanceTrack) else guidance(k, count)
            for k, t in enumerate(timesteps)
        }
        self._limit: Final = limit
        self._place: Final = place

    def __call__(self, x: Array, t: int) -> Array:
        """Guided prediction (N, F, D) for x_t (N, F, D)."""
        guidance = self._guidance[t]
        branches = guidance.needed()
        out = self._denoise(x, t, branches)
        if self._limit is not None and self._place == "branches":
            out = self._limit(out)
        rows = len(out) // len(branches)
        combined = guidance.combine([out[start : start + rows] for start in range(0, len(out), rows)])
        if self._limit is not None and self._place == "result":
            combined = self._limit(combined)
        return combined


def check_threshold(ratio: float) -> None:
    """Refuse what is no quantile.

    Raises:
        SettingsError: ``ratio`` is outside 0..1.
    """
    if not 0 <= ratio <= 1:
        raise SettingsError(f"The threshold is a share between 0 and 1, not {ratio:g}.")


def dynamic_threshold(
    x: Array, ratio: float, lowest: float = 1.0, highest: float = 4.0, frames: int | None = None
) -> Array:
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
    check_threshold(ratio)
    if ratio == 0:
        return x
    kept = x if frames is None else x[:, x.shape[1] - frames :]
    lib = library(x)
    sizes = lib.abs(kept).reshape(len(x), -1)
    limit = lib.clip(quantiles(sizes, ratio), lowest, highest)[:, None, None]
    return lib.clip(x, -limit, limit)
