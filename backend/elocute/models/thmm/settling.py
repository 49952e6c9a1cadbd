"""What keeps the head from wandering in long motion: its slow mean is led back to that of the training data.

A window knows a few seconds of what came before, so nothing in it tells that a posture has been held for a
minute; small errors add up, until the head stays where no training data were. The mean of the last seconds is
followed (an exponential average over half of ``seconds``), and each window is shifted by a share of it, so
that a constant shift would be gone in about ``seconds``: the two together come back without swinging much
(damping 0.71). Postures that change every few seconds average out and are left alone. Other numbers are not
led back: the mean of what rests but for rare bumps, such as brows, is no place of rest.

The shift of a window rises from nothing along 10 u^3 - 15 u^4 + 6 u^5 behind the frames that it shares with
the one before, so that value, speed and acceleration go on. K takes, D numbers.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from elocute.diffusion.windows import WindowLayout
from elocute.models.thmm.config import FPS


class Settling:
    """Shifts of windows in their order, in normalised numbers, whose training mean is 0.

    Args:
        layout: where the windows lie.
        seconds: in which what has wandered comes back, above 0.
        columns: of the numbers that are led back.
    """

    def __init__(self, layout: WindowLayout, seconds: float, columns: slice) -> None:
        passed = layout.stride / FPS
        self._layout, self._columns = layout, columns
        self._follow = 1.0 - math.exp(-passed / (0.5 * seconds))
        self._share = 1.0 - math.exp(-passed / seconds)
        self._mean: Tensor | None = None

    def shift(self, given: Tensor) -> Tensor | None:
        """(K, L, D) of the next window; None of the first, before which nothing was made.

        Args:
            given: (K, F, D) the frames before those that are new in it.
        """
        own = self._layout
        if self._mean is None:
            self._mean = torch.zeros_like(given[:, :1])
            return None
        made = given[:, -own.stride :].mean(dim=1, keepdim=True)
        self._mean = self._mean + self._follow * (made - self._mean)
        frames = torch.arange(1, own.length + 1, dtype=torch.float32, device=given.device)
        u = ((frames - own.overlap) / own.stride).clamp(0.0, 1.0)
        rise = 10 * u**3 - 15 * u**4 + 6 * u**5
        wandered = torch.zeros_like(self._mean)
        wandered[..., self._columns] = self._mean[..., self._columns]
        return -self._share * wandered * rise[None, :, None]
