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

import torch
from torch import Tensor
from torch.nn import functional

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
        held = mask == 1
        if not bool(values[held].isfinite().all()):
            raise SettingsError("Held values must be finite numbers.")
        if bool(((mask > 0) & ~held.any(-2, keepdim=True)).any()):
            raise SettingsError("A soft edge needs a number of its channel that is held with mask 1.")
        object.__setattr__(self, "mask", mask)
        object.__setattr__(self, "values", values.masked_fill(~held, 0.0))

    @classmethod
    def with_soft_edges(cls, held: Tensor, values: Tensor, frames: int) -> Known:
        """Hold some numbers, and let ``frames`` frames on both sides follow them, linearly less and less.

        Args:
            held: bool, (T, D) or what broadcasts to it, such as (T, 1).
            values: (T, D) or (K, T, D), looked at where held.
            frames: length of each edge; some 6 frames join what is held to what moves at 25 frames a second.
        """
        held = torch.broadcast_to(held, values.shape[-2:])
        _, distance = _nearest(held)
        return cls((1 - distance / (frames + 1)).clamp(min=0), values)

    def window(self, first: int, length: int, like: Tensor) -> HeldWindow:
        """The part for frames ``first`` .. ``first + length``; beyond the clip nothing is held.

        Args:
            first: frame at which the window begins.
            length: its number of frames.
            like: a batch (K, L, D), for device and type.
        """
        source, _ = _nearest(self.mask == 1)
        towards = self.values.gather(-2, source)
        beyond = max(first + length - self.values.shape[-2], 0)
        rows = slice(first, first + length)
        parts = (
            functional.pad(tensor[..., rows, :], (0, 0, 0, beyond)).expand_as(like)
            for tensor in (self.mask, towards, source - first)
        )
        mask, towards, source = parts
        return HeldWindow(mask.to(like), towards.to(like), source.to(like.device))

    def exact(self, x: Tensor, first: int = 0) -> Tensor:
        """``x`` (K, F, D), the clip from frame ``first`` on, with the held numbers bit for bit."""
        rows = slice(first, first + x.shape[-2])
        mask, values = self.mask[..., rows, :].to(x), self.values[..., rows, :].to(x)
        return torch.where(mask == 1, values, x)


@dataclass(frozen=True)
class HeldWindow:
    """Held numbers of a batch of windows (N, L, D).

    Attributes:
        mask: (N, L, D) see :class:`Known`.
        towards: (N, L, D) the value of the nearest held number, at held numbers their own.
        source: (N, L, D) int64, the frame of that number; outside 0..L-1 if it lies in another window.
    """

    mask: Tensor
    towards: Tensor
    source: Tensor

    def moved(self, origin: Tensor) -> HeldWindow:
        """The same in numbers that are relative to ``origin``, which broadcasts against (N, L, D)."""
        return HeldWindow(self.mask, self.towards - origin.to(self.towards), self.source)

    def begun(self, given: Tensor, edge: int) -> HeldWindow:
        """The same with the first frames held at ``given`` (N, O, D), and ``edge`` frames of soft edge."""
        count = given.shape[1]
        mask, towards, source = self.mask.clone(), self.towards.clone(), self.source.clone()
        mask[:, :count], towards[:, :count] = 1.0, given.to(towards)
        after = mask[:, count : count + edge]
        falling = 1 - torch.arange(1, after.shape[1] + 1, device=mask.device, dtype=mask.dtype) / (edge + 1)
        nearer = falling[:, None] > after
        after[nearer] = falling[:, None].expand_as(after)[nearer]
        towards[:, count : count + edge][nearer] = given[:, -1:].to(towards).expand_as(after)[nearer]
        source[:, count : count + edge][nearer] = count - 1
        return HeldWindow(mask, towards, source)

    def impose(self, x: Tensor, x_0: Tensor, alpha_bar: float, noise: Tensor | None) -> Tensor:
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
        length = x.shape[1]
        inside = (self.source >= 0) & (self.source < length)
        seen = x_0.gather(1, self.source.clamp(0, length - 1))
        end = x if noise is None else self.towards
        moved = x + math.sqrt(alpha_bar) * self.mask * (self.towards - torch.where(inside, seen, end))
        held = self.towards
        if noise is not None:
            held = math.sqrt(alpha_bar) * held + math.sqrt(1 - alpha_bar) * noise
        return torch.where(self.mask == 1, held, torch.where(self.mask > 0, moved, x))

    def exact(self, x: Tensor) -> Tensor:
        """``x`` with the held numbers bit for bit."""
        return torch.where(self.mask == 1, self.towards, x)


def nothing_held(like: Tensor) -> HeldWindow:
    """A window (N, L, D) in which everything is free."""
    return HeldWindow(
        torch.zeros_like(like), torch.zeros_like(like), torch.zeros_like(like, dtype=torch.int64)
    )


def stacked(parts: Sequence[HeldWindow]) -> HeldWindow:
    """The held numbers of several windows as one batch, window by window."""
    columns = zip(*((part.mask, part.towards, part.source) for part in parts), strict=True)
    mask, towards, source = (torch.cat(column) for column in columns)
    return HeldWindow(mask, towards, source)


def _nearest(held: Tensor) -> tuple[Tensor, Tensor]:
    """Frame of the nearest held number of each channel and its distance; 0 and T if there is none.

    Args:
        held: bool, (T, D) or (K, T, D).
    """
    count = held.shape[-2]
    index = torch.arange(count, device=held.device)[:, None].expand_as(held)
    far = 2 * count  # further than any frame of the clip
    before = torch.where(held, index, -far).cummax(-2).values
    after = torch.where(held, index, count + far).flip(-2).cummin(-2).values.flip(-2)
    nearest = torch.where(index - before <= after - index, before, after)
    found = (nearest >= 0) & (nearest < count)
    distance = torch.where(found, (nearest - index).abs(), count)
    return nearest.where(found, torch.zeros_like(nearest)), distance
