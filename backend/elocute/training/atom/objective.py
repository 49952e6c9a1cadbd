"""The training step of AToM: predict the clean movement from a noisy one.

N batch, T frames of a window, 204 numbers of a frame in centimetres, A numbers of an audio feature.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from elocute.diffusion.schedule import NoiseSchedule
from elocute.models.atom.network import Atom


@dataclass(frozen=True)
class Batch:
    """Windows of recordings.

    Attributes:
        movement: (N, T, 204) from the window's first frame.
        first: (N, 204) that frame, without the mean face.
        audio: (N, 2T, A) features.
        kept: (N, T) bool, which frames count.
    """

    movement: Tensor
    first: Tensor
    audio: Tensor
    kept: Tensor


@dataclass(frozen=True)
class Draws:
    """The random choices of a step.

    Attributes:
        steps: (N,) int64 indices 0..steps-1 into the schedule.
        noise: (N, T, 204) standard normal.
        keep: (N,) bool, False where the conditions are dropped.
    """

    steps: Tensor
    noise: Tensor
    keep: Tensor

    @classmethod
    def drawn(cls, generator: torch.Generator, like: Tensor, steps: int, drop: float) -> Draws:
        """Draw them for a movement (N, T, 204)."""
        count = len(like)
        return cls(
            torch.randint(0, steps, (count,), generator=generator),
            torch.randn(like.shape, generator=generator),
            torch.rand(count, generator=generator) >= drop,
        )


class AtomObjective(nn.Module):
    """Losses of a batch.

    The means run over frames and numbers of each sample, then over samples, as published: a short recording
    counts as much as a long one.

    Args:
        network: is trained.
        schedule: noise schedule.
        reconstruction: weight of the mean squared error.
        velocity: weight of that of differences between frames.
    """

    def __init__(
        self, network: Atom, schedule: NoiseSchedule, reconstruction: float = 7.5, velocity: float = 1.5
    ) -> None:
        super().__init__()
        self.network = network
        self._schedule, self._weights = schedule, (reconstruction, velocity)

    def forward(self, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """``total`` and its parts ``reconstruction`` and ``velocity``, weighted."""
        noisy = self._schedule.add_noise(batch.movement, draws.noise, draws.steps + 1)
        predicted = self.network(noisy, draws.steps, batch.audio, batch.first, draws.keep).float()
        error = predicted - batch.movement
        reconstruction = self._weights[0] * sample_mean(error.square(), batch.kept).mean()
        both = batch.kept[:, 1:] & batch.kept[:, :-1]
        velocity = self._weights[1] * sample_mean(error.diff(dim=1).square(), both).mean()
        return {
            "total": reconstruction + velocity,
            "reconstruction": reconstruction,
            "velocity": velocity,
        }


def sample_mean(values: Tensor, kept: Tensor) -> Tensor:
    """(N,) means of (N, F, D) over frames where ``kept`` (N, F) is True and over D; 0 where none is."""
    per_frame = values.mean(dim=-1)
    return (per_frame * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)
