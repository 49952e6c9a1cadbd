"""Losses of the denoiser on one window (Sun et al. 2024, section 3.2.2 and appendix A.1).

N batch, F frames, V vertices. Head rotations are the model's own, standardised numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final

import torch
from torch import Tensor

from elocute.training.core.losses import Criterion, distance

VertexFunction = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(shape (N, S), expression (N, F, E), jaw (N, F, 3)) -> vertices (N, F, V, 3) of a head that looks ahead."""

SEAM_FRAMES: Final = 3
"""Frames on each side of the seam of two windows that the transition loss looks at."""


@dataclass(frozen=True)
class LossWeights:
    """How much each loss counts; the published values.

    Attributes:
        sample: prediction against target (equation 2).
        vertex: vertex positions (3).
        velocity: vertex velocities (4).
        smooth: change of the predicted vertices' velocity (5); needs ``vertex`` or ``velocity``.
        head_angle: head rotation (11).
        head_velocity: its velocity (12).
        head_smooth: change of the predicted head's velocity (13).
        head_transition: velocity and acceleration across the seam of two windows (14).
    """

    sample: float = 1.0
    vertex: float = 2e6
    velocity: float = 1e7
    smooth: float = 1e5
    head_angle: float = 0.05
    head_velocity: float = 5.0
    head_smooth: float = 0.5
    head_transition: float = 0.5

    def without_geometry(self) -> LossWeights:
        """Only the sample loss, the paper's "w/o L_geo"."""
        return LossWeights(self.sample, 0, 0, 0, 0, 0, 0, 0)

    @property
    def needs_vertices(self) -> bool:
        """Whether a loss looks at vertices."""
        return self.vertex > 0 or self.velocity > 0


@dataclass(frozen=True)
class WindowLosses:
    """Unweighted losses of one window; None where a loss does not apply. Names as in LossWeights."""

    sample: Tensor
    vertex: Tensor | None = None
    velocity: Tensor | None = None
    smooth: Tensor | None = None
    head_angle: Tensor | None = None
    head_velocity: Tensor | None = None
    head_smooth: Tensor | None = None
    head_transition: Tensor | None = None

    def by_name(self) -> dict[str, Tensor]:
        """The losses that apply."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value for name, value in found.items() if value is not None}

    def total(self, weights: LossWeights) -> Tensor:
        """Weighted sum. Each loss counts half, because there are two windows; the seam is only one."""
        parts = [
            value * getattr(weights, name) * (1.0 if name == "head_transition" else 0.5)
            for name, value in self.by_name().items()
        ]
        return torch.stack(parts).sum()


def transition_loss(before: Tensor, predicted: Tensor, kept: Tensor, criterion: Criterion) -> Tensor:
    """Velocity and acceleration across the seam of two windows (appendix A.1, equation 14).

    Args:
        before: (N, 3 or more, 3) true head rotations before the window.
        predicted: (N, F, 3) predicted ones of the window.
        kept: (N, F) frames that count.
        criterion: ``l2`` or ``l1``.
    """
    track = torch.cat([before[:, -SEAM_FRAMES:], predicted[:, :SEAM_FRAMES]], dim=1)
    counts = torch.cat([torch.ones_like(kept[:, :1]).expand(-1, SEAM_FRAMES), kept[:, :SEAM_FRAMES]], dim=1)
    speed = track.diff(dim=1)
    change = speed.diff(dim=1)
    velocity = distance(speed[:, 2:4], speed[:, 1:3], counts[:, 3:5], criterion)
    acceleration = distance(change[:, 1:], change[:, :-1], counts[:, 3:], criterion)
    return velocity + acceleration
