"""All random choices of one denoiser training step, drawn up front so that a step can be repeated.

N batch, L frames a window, D numbers a frame, T diffusion steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from elocute.diffusion.kinds import GuidanceMode

TRUNCATION: Final = (0.3, 0.4)
"""Chance that the first, the second window of a batch is cut short."""

STYLE_DROP: Final = 0.55
BOTH_DROP: Final = 0.9
"""Incremental guidance with u uniform in 0..1: style is dropped above the first, audio too above the
second. So both are kept with 0.55, style is dropped with 0.35, both with 0.10. This is what the
published code does; the paper's text (0.45 style, 0.1 both) reads differently."""

SINGLE_DROP: Final = 0.1
INDEPENDENT_DROP: Final = 0.5


@dataclass(frozen=True)
class StepDraws:
    """The random choices of a step, first axis: window.

    Attributes:
        ends: (2, N) int64 frames kept of each window, L where it is not cut.
        truncated: (2,) whether a window is cut in this batch (then no sample of it is whole).
        conditions: (2, N, 2) uniform in 0..1: who loses which condition.
        steps: (2, N) int64 diffusion steps 1..T.
        noise: (2, N, L, D) standard normal.
    """

    ends: Tensor
    truncated: tuple[bool, bool]
    conditions: Tensor
    steps: Tensor
    noise: Tensor

    def to(self, device: torch.device) -> StepDraws:
        """The same choices on a device."""
        return StepDraws(
            self.ends.to(device),
            self.truncated,
            self.conditions.to(device),
            self.steps.to(device),
            self.noise.to(device),
        )


def draw_step(
    generator: torch.Generator,
    *,
    batch: int,
    frames: int,
    width: int,
    diffusion_steps: int,
    truncation: tuple[float, float] = TRUNCATION,
) -> StepDraws:
    """Draw the choices of one step.

    One coin a window decides for the whole batch whether it is cut; the samples then end at different
    frames 1..L-1. Steps, conditions and noise differ from sample to sample.
    """
    coins = torch.rand(2, generator=generator)
    cut = (bool(coins[0] < truncation[0]), bool(coins[1] < truncation[1]))
    ends = torch.randint(1, max(frames, 2), (2, batch), generator=generator)
    for window in range(2):
        if not cut[window]:
            ends[window] = frames
    return StepDraws(
        ends=ends,
        truncated=cut,
        conditions=torch.rand(2, batch, 2, generator=generator),
        steps=torch.randint(1, diffusion_steps + 1, (2, batch), generator=generator),
        noise=torch.randn(2, batch, frames, width, generator=generator),
    )


def dropped_conditions(
    draws: Tensor, guiding: tuple[str, ...], mode: GuidanceMode | None
) -> dict[str, Tensor]:
    """Who loses which condition.

    Args:
        draws: (N, 2) uniform in 0..1.
        guiding: conditions that may be dropped, audio before style.
        mode: how guidance adds up; matters for two conditions.

    Returns:
        Condition -> (N,) bool, True where the learned null feature replaces it.
    """
    first, second = draws.unbind(-1)
    if guiding == ("audio", "style"):
        if mode == "independent":
            return {"audio": first < INDEPENDENT_DROP, "style": second < INDEPENDENT_DROP}
        return {"audio": first > BOTH_DROP, "style": first > STYLE_DROP}
    return {condition: first < SINGLE_DROP for condition in guiding}
