"""Numbers of a clip that are fixed: sampling generates the rest to match.

After every step the fixed numbers are put back at the noise level just reached (Lugmayr et al. 2022,
RePaint), so that any sampler and any window plan can be held. By itself the model hardly moves what lies
beside them: where the best denoiser is known, a single held frame is a spike, into which motion runs 3 times
as fast as elsewhere. With soft edges it is 0.8 to 1.1 times, and mean and spread of the neighbours come close
to the exact ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from elocute.arrays import (
    Array,
    as_numpy,
    copied,
    indices,
    joined,
    library,
    like,
    take_along,
    zeros,
)
from elocute.errors import SettingsError


@dataclass(frozen=True)
class Known:
    """Frames or channels that are held.

    Attributes:
        mask: 1 where a number is held; 0 where it is free; between them a soft edge: a free number that is
            moved along with the nearest held one of its channel, by this share. Broadcast against ``values``,
            so (T, 1) speaks of whole frames and (1, D) of channels.
        values: (T, D), or (K, T, D) of each take; looked at where the mask is 1.

    Raises:
        SettingsError: shapes that do not fit, a mask outside 0..1, held values that are not finite, a soft
            edge in a channel where nothing is held.
    """

    mask: Array
    values: Array

    def __post_init__(self) -> None:
        mask, lib = like(self.mask, self.values), library(self.values)
        try:
            shape = (mask + self.values).shape
        except (RuntimeError, ValueError) as error:
            raise SettingsError(
                f"A mask of shape {tuple(self.mask.shape)} does not fit held values of shape "
                f"{tuple(self.values.shape)}."
            ) from error
        mask, values = lib.broadcast_to(mask, shape), lib.broadcast_to(self.values, shape)
        if len(shape) not in (2, 3):
            raise SettingsError("Held values need the shape (frame, number) or (take, frame, number).")
        if not bool(((mask >= 0) & (mask <= 1)).all()):
            raise SettingsError("The mask of held values must lie between 0 and 1.")
        held = mask == 1
        if not bool(lib.isfinite(values[held]).all()):
            raise SettingsError("Held values must be finite numbers.")
        if bool(((mask > 0) & ~held.any(-2)[..., None, :]).any()):
            raise SettingsError("A soft edge needs a number of its channel that is held with mask 1.")
        object.__setattr__(self, "mask", mask)
        object.__setattr__(self, "values", lib.where(held, values, lib.zeros_like(values)))

    @classmethod
    def with_soft_edges(cls, held: Array, values: Array, frames: int) -> Known:
        """Hold some numbers, and let ``frames`` frames on both sides follow them, linearly less and less.

        Args:
            held: bool, (T, D) or what broadcasts to it, such as (T, 1).
            values: (T, D) or (K, T, D), looked at where held.
            frames: length of each edge; some 6 frames join what is held to what moves at 25 frames a second.
        """
        _, distance = _nearest(np.broadcast_to(as_numpy(held), tuple(values.shape[-2:])))
        return cls(like(np.maximum(1 - distance / (frames + 1), 0), values), values)

    def window(self, first: int, length: int, batch: Array) -> HeldWindow:
        """The part for frames ``first`` .. ``first + length``; beyond the clip nothing is held.

        Args:
            first: frame at which the window begins.
            length: its number of frames.
            batch: (K, L, D), for device and type.
        """
        mask, values = as_numpy(self.mask), as_numpy(self.values)
        source, _ = _nearest(mask == 1)
        towards = np.take_along_axis(values, source, -2)
        beyond = max(first + length - values.shape[-2], 0)
        padding = (*[(0, 0)] * (values.ndim - 2), (0, beyond), (0, 0))
        rows = slice(first, first + length)
        mask, towards, source = (
            np.broadcast_to(np.pad(part[..., rows, :], padding), tuple(batch.shape))
            for part in (mask, towards, source - first)
        )
        return HeldWindow(like(mask.copy(), batch), like(towards.copy(), batch), indices(source, batch))

    def exact(self, x: Array, first: int = 0) -> Array:
        """``x`` (K, F, D), the clip from frame ``first`` on, with the held numbers bit for bit."""
        rows = slice(first, first + x.shape[-2])
        mask, values = like(self.mask[..., rows, :], x), like(self.values[..., rows, :], x)
        return library(x).where(mask == 1, values, x)


@dataclass(frozen=True)
class HeldWindow:
    """Held numbers of a batch of windows (N, L, D).

    Attributes:
        mask: (N, L, D) see :class:`Known`.
        towards: (N, L, D) the value of the nearest held number, at held numbers their own.
        source: (N, L, D) int64, the frame of that number; outside 0..L-1 if it lies in another window.
    """

    mask: Array
    towards: Array
    source: Array

    def moved(self, origin: Array) -> HeldWindow:
        """The same in numbers that are relative to ``origin``, which broadcasts against (N, L, D)."""
        return HeldWindow(self.mask, self.towards - like(origin, self.towards), self.source)

    def begun(self, given: Array, edge: int) -> HeldWindow:
        """The same with the first frames held at ``given`` (N, O, D), and ``edge`` frames of soft edge.

        The edge falls as 1 - 10 u^3 + 15 u^4 - 6 u^5, which begins and ends without speed and acceleration: a
        straight line is a kink where what is new begins.
        """
        count = given.shape[1]
        mask, towards, source = copied(self.mask), copied(self.towards), copied(self.source)
        given, lib = like(given, towards), library(mask)
        mask[:, :count], towards[:, :count] = 1.0, given
        after = mask[:, count : count + edge]
        u = np.arange(1, after.shape[1] + 1) / (edge + 1)
        falling = like(1 - 10 * u**3 + 15 * u**4 - 6 * u**5, mask)[:, None]
        nearer = falling > after
        after[nearer] = lib.broadcast_to(falling, after.shape)[nearer]
        towards[:, count : count + edge][nearer] = lib.broadcast_to(given[:, -1:], after.shape)[nearer]
        source[:, count : count + edge][nearer] = count - 1
        return HeldWindow(mask, towards, source)

    def impose(self, x: Array, x_0: Array, alpha_bar: float, noise: Array | None) -> Array:
        """Put the held numbers into x_t.

        A held number becomes sqrt(alpha_bar) v + sqrt(1 - alpha_bar) noise. A number of a soft edge keeps its
        noise and moves by sqrt(alpha_bar) m (v - x_0 at the held number): what the model lacked there, so it
        moves no further once the model agrees. Where the held number lies in another window, it moves towards
        the value once, at the end.

        Args:
            x: (N, L, D) x_t.
            x_0: (N, L, D) the prediction that led to it.
            alpha_bar: of timestep t.
            noise: (N, L, D) fresh standard normal noise; None where x is clean and alpha_bar 1.
        """
        length, lib = x.shape[1], library(x)
        inside = (self.source >= 0) & (self.source < length)
        seen = take_along(x_0, lib.clip(self.source, 0, length - 1), 1)
        end = x if noise is None else self.towards
        moved = x + math.sqrt(alpha_bar) * self.mask * (self.towards - lib.where(inside, seen, end))
        held = self.towards
        if noise is not None:
            held = math.sqrt(alpha_bar) * held + math.sqrt(1 - alpha_bar) * noise
        return lib.where(self.mask == 1, held, lib.where(self.mask > 0, moved, x))

    def exact(self, x: Array) -> Array:
        """``x`` with the held numbers bit for bit."""
        return library(x).where(self.mask == 1, self.towards, x)


def nothing_held(batch: Array) -> HeldWindow:
    """A window (N, L, D) in which everything is free."""
    nothing = zeros(batch.shape, batch)
    return HeldWindow(nothing, copied(nothing), indices(np.zeros(tuple(batch.shape)), batch))


def stacked(parts: Sequence[HeldWindow]) -> HeldWindow:
    """The held numbers of several windows as one batch, window by window."""
    columns = zip(*((part.mask, part.towards, part.source) for part in parts), strict=True)
    mask, towards, source = (joined(column, 0) for column in columns)
    return HeldWindow(mask, towards, source)


def _nearest(held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frame of the nearest held number of each channel and its distance; 0 and T if there is none.

    Args:
        held: bool, (T, D) or (K, T, D).
    """
    count = held.shape[-2]
    index = np.broadcast_to(np.arange(count)[:, None], held.shape)
    far = 2 * count  # further than any frame of the clip
    before = np.maximum.accumulate(np.where(held, index, -far), -2)
    after = np.flip(np.minimum.accumulate(np.flip(np.where(held, index, count + far), -2), -2), -2)
    nearest = np.where(index - before <= after - index, before, after)
    found = (nearest >= 0) & (nearest < count)
    distance = np.where(found, np.abs(nearest - index), count)
    return np.where(found, nearest, 0), distance
