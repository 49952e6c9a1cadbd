"""Losses on tracks of numbers over frames.

N batch, F frames. Means run over the frames that are kept and over all components.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

Criterion = Literal["l2", "l1"]


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
