"""Numbers of a clip that are fixed: sampling fills in the rest so that it fits.

After every step the fixed numbers are put back at the noise level just reached (Lugmayr et al. 2022, RePaint,
without its resampling), so that any sampler and any window plan can be held.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from elocute.errors import SettingsError


@dataclass(frozen=True)
class Known:
    """Frames or channels that are held.

    Attributes:
        mask: how firmly each number is held, 1 exactly .. 0 not at all; what lies between is a soft edge.
            Broadcast against ``values``, so (T, 1) holds whole frames and (1, D) channels.
        values: (T, D), or (K, T, D) of each take; only looked at where the mask is above 0.

    Raises:
        SettingsError: shapes that do not fit, a mask outside 0..1, values that are held and not finite.
    """

    mask: Tensor
    values: Tensor

    def __post_init__(self) -> None:
        try:
            shape = (self.mask.to(self.values.dtype) + self.values).shape
        except RuntimeError as error:
            raise SettingsError(
                f"A mask of shape {tuple(self.mask.shape)} does not fit held values of shape "
                f"{tuple(self.values.shape)}."
            ) from error
        mask, values = self.mask.to(self.values.dtype).expand(shape), self.values.expand(shape)
        if len(shape) not in (2, 3):
            raise SettingsError("Held values need the shape (frame, number) or (take, frame, number).")
        if not bool(((mask >= 0) & (mask <= 1)).all()):
            raise SettingsError("The mask of held values must lie between 0 and 1.")
        if not bool(values[mask > 0].isfinite().all()):
            raise SettingsError("Held values must be finite numbers.")
        object.__setattr__(self, "mask", mask)
        object.__setattr__(self, "values", values)

    @classmethod
    def with_soft_edges(cls, held: Tensor, values: Tensor, frames: int) -> Known:
        """Hold some numbers exactly, and their neighbours in time less and less.

        Args:
            held: bool, (T, D) or what broadcasts to it, such as (T, 1).
            values: (T, D) or (K, T, D), looked at where held.
            frames: how many frames beside the held ones are drawn to the nearest held value; the mask falls
                linearly over them.
        """
        held = torch.broadcast_to(held, values.shape[-2:])
        count = len(held)
        index = torch.arange(count)[:, None].expand_as(held)
        far = 2 * count  # further than any frame of the clip
        before = torch.where(held, index, -far).cummax(0).values
        after = torch.where(held, index, count + far).flip(0).cummin(0).values.flip(0)
        nearest = torch.where(index - before <= after - index, before, after)
        mask = (1 - (nearest - index).abs() / (frames + 1)).clamp(min=0)
        source = nearest.clamp(0, count - 1).expand(values.shape)
        return cls(mask, values.gather(-2, source))

    @property
    def frames(self) -> int:
        """Number of frames T that it speaks of."""
        return self.values.shape[-2]

    def cut(self, first: int, length: int) -> Known:
        """The part for frames ``first`` .. ``first + length``; beyond the clip nothing is held."""
        beyond = max(first + length - self.frames, 0)
        rows = slice(first, first + length)
        mask, values = (
            functional.pad(tensor[..., rows, :], (0, 0, 0, beyond)) for tensor in (self.mask, self.values)
        )
        return Known(mask, values)

    def moved(self, origin: Tensor) -> Known:
        """The same in numbers that are relative to ``origin``, which broadcasts against the values."""
        return Known(self.mask, self.values - origin.to(self.values))

    def to(self, like: Tensor) -> Known:
        """The same on the device and in the type of ``like``."""
        return Known(self.mask.to(like), self.values.to(like))

    def impose(self, x: Tensor, x_0: Tensor, alpha_bar: float, noise: Tensor) -> Tensor:
        """Put the held numbers into x_t.

        A number held with mask m becomes sqrt(alpha_bar) (m v + (1 - m) x_0) + sqrt(1 - alpha_bar) n, where n
        mixes fresh noise and the noise that is in x_t, divided by sqrt(m^2 + (1 - m)^2) so that its variance
        stays 1: a plain blend of two noisy numbers would be less noisy than the model expects at soft edges.

        Args:
            x: (K, F, D) x_t.
            x_0: (K, F, D) the prediction that led to it.
            alpha_bar: of timestep t; 1 where x is clean.
            noise: (K, F, D) fresh standard normal noise.
        """
        m = self.mask
        blended = m * self.values + (1 - m) * (x if alpha_bar == 1.0 else x_0)
        if alpha_bar < 1.0:
            signal, deviation = math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)
            own = (x - signal * x_0) / deviation
            mixed = (m * noise + (1 - m) * own) / (m.square() + (1 - m).square()).sqrt()
            blended = signal * blended + deviation * mixed
        return torch.where(m > 0, blended, x)

    def exact(self, x: Tensor) -> Tensor:
        """``x`` with the numbers that are held with mask 1, bit for bit."""
        return torch.where(self.mask == 1, self.values, x)


def stacked(parts: list[Known], takes: int) -> Known:
    """The held numbers of several windows as rows of one batch: window by window, K takes of each."""
    rows = [
        torch.cat([tensor.expand(takes, *tensor.shape[-2:]) for tensor in tensors])
        for tensors in zip(*((part.mask, part.values) for part in parts), strict=True)
    ]
    return Known(rows[0], rows[1])
