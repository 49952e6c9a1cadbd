"""The training step of THMM-DiT: the noise or the clean motion of a window behind its clue.

N batch, F frames of a window, D = K C numbers of a frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from elocute.diffusion.kinds import Target
from elocute.diffusion.learned_variance import variance_loss
from elocute.diffusion.schedule import NoiseSchedule
from elocute.models.thmm.network import Keep, Thmm, Told


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
        steps: (N,) int64 timesteps 1..T.
        noise: (N, F, D) standard normal.
        keep: which samples keep their conditions.
    """

    steps: Tensor
    noise: Tensor
    keep: Keep

    @classmethod
    def drawn(
        cls, generator: torch.Generator, rows: Tensor, steps: int, drop_speech: float, drop_clue: float
    ) -> Draws:
        """Draw them for motion (N, F, D); sound and clue are dropped independently."""
        count = len(rows)
        return cls(
            torch.randint(1, steps + 1, (count,), generator=generator),
            torch.randn(rows.shape, generator=generator),
            Keep(
                torch.rand(count, generator=generator) >= drop_speech,
                torch.rand(count, generator=generator) >= drop_clue,
            ),
        )

    def to(self, device: torch.device | str) -> Draws:
        """The same on a device."""
        return Draws(self.steps.to(device), self.noise.to(device), self.keep.to(device))


class ThmmObjective(nn.Module):
    """Losses of a batch: means over frames inside, numbers and samples.

    ``simple`` is that of the squared error of the target; for the target ``sample`` velocity times that of
    differences between frames is added; for learned variances T variance_weight times the terms of the
    variational bound, of which the prediction itself learns nothing (Nichol and Dhariwal 2021, equation 16).

    Args:
        network: is trained.
        schedule: noise schedule.
        target: what the network predicts.
        velocity: of differences between frames.
        variance_weight: lambda, of the bound summed over all T steps.
    """

    def __init__(
        self,
        network: Thmm,
        schedule: NoiseSchedule,
        target: Target = "noise",
        velocity: float = 0.0,
        variance_weight: float = 0.001,
    ) -> None:
        super().__init__()
        self.network = network
        self._schedule, self._target = schedule, target
        self._velocity, self._variance_weight = velocity, variance_weight

    def forward(self, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """``total``, ``simple``, and those of the others that are used."""
        inside, clean = batch.told.inside, batch.rows
        noisy = self._schedule.add_noise(clean, draws.noise, draws.steps)
        conditions = self.network.conditions(batch.told, draws.keep)
        found = self.network.denoise(noisy, draws.steps, conditions).float()
        variance = None
        if self.network.outputs == 2:
            found, variance = found.chunk(2, dim=-1)
        wanted = clean if self._target == "sample" else draws.noise
        losses = {"simple": mean_inside_window((found - wanted).square(), inside)}
        if self._velocity:
            both = inside[:, 1:] & inside[:, :-1]
            speeds = (found - wanted).diff(dim=1).square()
            losses["velocity"] = self._velocity * mean_inside_window(speeds, both)
        if variance is not None:
            own = found if self._target == "sample" else self._clean(found, noisy, draws.steps)
            terms = variance_loss(self._schedule, clean, noisy, draws.steps, own, variance)
            weight = self._schedule.steps * self._variance_weight
            losses["variance"] = weight * mean_inside_window(terms, inside)
        return {"total": torch.stack(list(losses.values())).sum(), **losses}

    def _clean(self, noise: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
        signal: Tensor = self._schedule.alpha_bars.to(t.device)[t - 1][:, None, None]
        return (noisy - (1 - signal).sqrt() * noise) / signal.sqrt()


def mean_inside_window(values: Tensor, inside: Tensor) -> Tensor:
    """Mean of (N, F, D) over numbers and all frames where ``inside`` (N, F) is True."""
    return (values.mean(dim=-1) * inside).sum() / inside.sum().clamp(min=1)
