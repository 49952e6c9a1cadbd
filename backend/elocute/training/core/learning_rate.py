"""Learning-rate schedules."""

from __future__ import annotations

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from elocute.training.core.settings import RunSettings


def learning_rate_schedule(optimizer: Optimizer, settings: RunSettings, done: int) -> LambdaLR:
    """The schedule of a run's optimizer, at the rate of update ``done + 1``.

    torch's ``LambdaLR`` follows from the number of updates alone, so a resumed run goes on exactly. The
    ready-made schedules do not serve: those of diffusers fall to 0 and know no final share, and torch's
    ``CosineAnnealingLR`` derives each rate from the one before.

    Args:
        optimizer: its groups start at ``settings.learning_rate``.
        settings: of the run.
        done: updates that a resumed run has behind it.
    """
    for group in optimizer.param_groups:
        group["initial_lr"] = settings.learning_rate
    return LambdaLR(optimizer, lambda step: rate_share(step, settings), last_epoch=done - 1)


def rate_share(done: int, settings: RunSettings) -> float:
    """Share of the learning rate that the update after ``done`` others has.

    Linear from 0 over the warmup, then along half a cosine to ``final_rate`` at the run's last update; the
    published training stays constant after its warmup (``final_rate`` of 1).
    """
    share = min(done / settings.warmup, 1.0) if settings.warmup else 1.0
    if settings.final_rate == 1:
        return share
    gone = max(done + 1 - settings.warmup, 0) / max(settings.iterations - settings.warmup, 1)
    fallen = 0.5 * (1 + math.cos(math.pi * min(gone, 1.0)))
    return share * (settings.final_rate + (1 - settings.final_rate) * fallen)
