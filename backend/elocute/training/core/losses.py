"""Losses of the denoiser on one window (Sun et al. 2024, section 3.2.2 and appendix A.1).

N batch, F frames, D numbers a frame, V vertices. Means run over the frames that are kept and over all
components. Head rotations are the model's own, standardised numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final, Literal

import torch
from torch import Tensor

Criterion = Literal["l2", "l1"]
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


def kept_mean(values: Tensor, kept: Tensor) -> Tensor:
    """Mean of (N, F, ...) over frames where ``kept`` (N, F) is True and over all other axes; 0 if none."""
    per_frame = values.flatten(2).mean(dim=2)
    return (per_frame * kept).sum() / kept.sum().clamp(min=1)


def distance(predicted: Tensor, target: Tensor, kept: Tensor, criterion: Criterion) -> Tensor:
    """Mean squared (l2) or absolute (l1) difference over kept frames."""
    difference = predicted - target
    return kept_mean(difference.square() if criterion == "l2" else difference.abs(), kept)


def track_losses(
    predicted: Tensor, target: Tensor, kept: Tensor, criterion: Criterion
) -> tuple[Tensor, Tensor, Tensor]:
    """Position, velocity and smoothness of a track (N, F, ...), ``kept`` (N, F).

    Velocities and accelerations count where their last frame is kept. Smoothness looks at the
    prediction only: the change of its velocity should be small.
    """
    position = distance(predicted, target, kept, criterion)
    speed, true_speed = predicted.diff(dim=1), target.diff(dim=1)
    velocity = distance(speed, true_speed, kept[:, 1:], criterion)
    smooth = distance(speed[:, 1:], speed[:, :-1], kept[:, 2:], criterion)
    return position, velocity, smooth


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
