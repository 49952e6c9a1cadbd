"""The training step of Dimitra: every network predicts its clean channels from noisy ones.

N batch, F frames of a window, D numbers of a frame, G groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from elocute.diffusion.kinds import Target
from elocute.diffusion.schedule import NoiseSchedule
from elocute.models.dimitra.config import EVERYTHING
from elocute.models.dimitra.network import Dimitra, Told
from elocute.motion.channels import HEAD

_WITH_FIRST: Final = (HEAD, EVERYTHING)


@dataclass(frozen=True)
class Batch:
    """Windows of recordings.

    Attributes:
        rows: (N, F, D) normalised motion.
        told: what it is to be made from.
    """

    rows: Tensor
    told: Told


@dataclass(frozen=True)
class Draws:
    """The random choices of a step.

    Attributes:
        steps: (G, N) int64 timesteps 1..T; the networks are trained separately.
        noise: (N, F, D) standard normal.
        keep: (N,) bool, False where sound, phones and text are dropped.
    """

    steps: Tensor
    noise: Tensor
    keep: Tensor

    @classmethod
    def drawn(cls, generator: torch.Generator, rows: Tensor, groups: int, steps: int, drop: float) -> Draws:
        """Draw them for motion (N, F, D)."""
        count = len(rows)
        return cls(
            torch.randint(1, steps + 1, (groups, count), generator=generator),
            torch.randn(rows.shape, generator=generator),
            torch.rand(count, generator=generator) >= drop,
        )


class DimitraObjective(nn.Module):
    """Losses of a batch.

    For a network of C channels: weight * mean over frames inside, channels and samples of (x' - x)^2; for the
    head's, first * mean over channels and samples of that of the first frame is added, and for all,
    velocity * the mean of that of differences between frames. Where noise is predicted, it stands in the
    place of x. The networks share no weights, so that their sum trains each by itself.

    Args:
        network: is trained.
        schedule: noise schedule.
        weight: lambda.
        first: of the first frame.
        velocity: of differences between frames.
        target: what the networks predict.
    """

    def __init__(
        self,
        network: Dimitra,
        schedule: NoiseSchedule,
        weight: float = 6.0,
        first: float = 1.0,
        velocity: float = 0.0,
        target: Target = "sample",
    ) -> None:
        super().__init__()
        self.network, self._target = network, target
        self._schedule, self._weight, self._first, self._velocity = schedule, weight, first, velocity

    def forward(self, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """``total``, the weighted losses of each group, and ``first`` where it is used."""
        inside = batch.told.inside
        conditions = self.network.conditions(batch.told, draws.keep)
        losses: dict[str, Tensor] = {}
        firsts: list[Tensor] = []
        for (name, columns), t in zip(self.network.groups.items(), draws.steps, strict=True):
            clean, noise = batch.rows[..., columns], draws.noise[..., columns]
            noisy = self._schedule.add_noise(clean, noise, t)
            wanted = clean if self._target == "sample" else noise
            error = self.network.network(name).denoise(noisy, t, conditions[name]).float() - wanted
            losses[name] = self._weight * mean_square(error, inside)
            if self._velocity:
                both = inside[:, 1:] & inside[:, :-1]
                losses[name] = losses[name] + self._velocity * mean_square(error.diff(dim=1), both)
            if name in _WITH_FIRST and self._first:
                firsts.append(self._first * error[:, 0].square().mean())
        if firsts:
            losses["first"] = torch.stack(firsts).sum()
        return {"total": torch.stack(list(losses.values())).sum(), **losses}


def mean_square(error: Tensor, inside: Tensor) -> Tensor:
    """Mean of the squares of (N, F, C) over channels and all frames where ``inside`` (N, F) is True."""
    return (error.square().mean(dim=-1) * inside).sum() / inside.sum().clamp(min=1)
