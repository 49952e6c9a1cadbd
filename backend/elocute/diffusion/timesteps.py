"""Which of the diffusion steps T..1 a sampler takes.

Timesteps here count from 1, so that 0 is the clean end. Programs that index the schedule's arrays count from
0; :func:`from_indices` converts their lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from elocute.arrays import as_numpy
from elocute.diffusion.schedule import NoiseSchedule
from elocute.errors import SettingsError

LOG_SNR_SHARE: Final = 0.7
"""Weight of log-SNR against time in the spacing of few steps."""


def choose_timesteps(schedule: NoiseSchedule, steps: int) -> tuple[int, ...]:
    """``steps`` of the timesteps T..1, falling, from T down to 1.

    They are evenly spaced in a mean of time and log signal-to-noise ratio. Time alone leaves the last
    steps too coarse, log-SNR alone the middle ones, where motion takes shape; this mean came closest to
    500 steps on trained weights (docs/diffposetalk.md).

    Raises:
        SettingsError: steps outside 1..T.
    """
    total = schedule.steps
    _check_count(steps, total)
    if steps == total:
        return tuple(range(total, 0, -1))
    alpha_bars = as_numpy(schedule.exact_alpha_bars)
    log_snr = 0.5 * (np.log(alpha_bars) - np.log1p(-alpha_bars))
    # Cosine schedules end in one huge step, which must not use up the whole scale.
    depth = (log_snr[0] - log_snr) / ((log_snr[0] - log_snr[-2]) or 1.0)
    time = np.linspace(0, 1, total)
    coordinate = LOG_SNR_SHARE * np.minimum(depth, 1.0) + (1 - LOG_SNR_SHARE) * time
    chosen = [total]
    for index in range(1, steps):
        wanted = 1 - index / (steps - 1)
        nearest = int(np.abs(coordinate - wanted).argmin()) + 1
        # Every step must differ from the one before and leave room for those that follow.
        chosen.append(max(min(nearest, chosen[-1] - 1), steps - index))
    return tuple(chosen)


def even_timesteps(total: int, steps: int) -> tuple[int, ...]:
    """Timesteps evenly spaced in time, from ``total`` = T down: T, T - T/S, ..., T/S for S = ``steps``.

    The indices linspace(-1, T - 1, S + 1), cut to whole numbers, without the -1 of the clean end (the usual
    list of DDIM programs); 50 of 1000 steps are 1000, 980, ..., 20. Those programs compute in float32, from
    both ends towards the middle, as ``torch.linspace`` does: of 26 steps, one falls on 498.99997.

    Raises:
        SettingsError: steps outside 1..T.
    """
    _check_count(steps, total)
    first, last = np.float32(-1), np.float32(total - 1)
    step = (last - first) / np.float32(steps)
    number = np.arange(steps + 1, dtype=np.float32)
    rising, falling = first + step * number, last - step * (steps - number)
    indices = np.where(number < (steps + 1) // 2, rising, falling).astype(int).tolist()
    return from_indices(indices[::-1])


def late_timesteps(steps: Sequence[int], count: int) -> tuple[int, ...]:
    """``count`` of a sampler's falling timesteps: its first and last, denser and denser towards the last.

    The places grow with the cube of the distance from the end. A network that predicts x_0 gives the result
    in its last step, so fewer steps must end where all of them do; a single one is the first. Of the powers
    1 to 3.5, the cube came closest to all steps without randomness where the last steps matter most (a
    trained model of landmarks) and hardly loses where the first ones do (a denoiser that is known exactly).

    Raises:
        SettingsError: not 1 to as many as there are.
    """
    whole = len(steps)
    _check_count(count, whole)
    if count == 1:
        return (steps[0],)
    chosen: list[int] = []
    for number in range(count):
        place = round((whole - 1) * (number / (count - 1)) ** 3)
        # Every place must differ from the one before and leave room for those that follow.
        chosen.append(min(max(place, chosen[-1] + 1 if chosen else 0), whole - count + number))
    return tuple(steps[whole - 1 - place] for place in reversed(chosen))


def from_indices(indices: Sequence[int]) -> tuple[int, ...]:
    """Timesteps 1..T of falling indices T-1..0 into the schedule's arrays; a last -1 (clean) is left out."""
    given = indices[:-1] if indices and indices[-1] == -1 else indices
    return tuple(index + 1 for index in given)


def check_timesteps(timesteps: Sequence[int], total: int) -> tuple[int, ...]:
    """Return the list if a sampler can take it.

    Raises:
        SettingsError: it is empty, does not fall, or leaves 1..T.
    """
    falls = all(high > low for high, low in pairwise(timesteps))
    if not timesteps or not falls or not 1 <= timesteps[-1] <= timesteps[0] <= total:
        raise SettingsError(
            "These timesteps are invalid.", f"Give a decreasing list of numbers from {total} to 1."
        )
    return tuple(timesteps)


def _check_count(steps: int, total: int) -> None:
    if not 1 <= steps <= total:
        raise SettingsError(f"Sampling takes 1 to {total} steps with this model, not {steps}.")
