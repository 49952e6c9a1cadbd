"""A clip's latent: three planes, and the one row of numbers that they are flattened to.

The plane ``xy`` has the clip's rows and columns, ``yt`` its frames and columns (what pooling over rows
leaves), ``xt`` its frames and rows (what pooling over columns leaves); the paper's z^hw, z^ws and z^hs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from elocute.renderers.mtov.config import AutoencoderConfig


@dataclass(frozen=True)
class Planes:
    """Three planes of B clips.

    Attributes:
        xy: (B, C, rows, columns).
        yt: (B, C, frames, columns).
        xt: (B, C, frames, rows).
    """

    xy: Tensor
    yt: Tensor
    xt: Tensor

    def map(self, function: Callable[[Tensor], Tensor]) -> Planes:
        """``function`` of each plane."""
        return Planes(function(self.xy), function(self.yt), function(self.xt))

    def beside(self, others: Planes) -> Planes:
        """Channels of both: those of ``self`` first."""
        pairs = ((self.xy, others.xy), (self.yt, others.yt), (self.xt, others.xt))
        return Planes(*(torch.cat(pair, 1) for pair in pairs))

    def flat(self) -> Tensor:
        """(B, C, cells of xy, then of yt, then of xt), each row by row."""
        return torch.cat([plane.flatten(2) for plane in (self.xy, self.yt, self.xt)], dim=2)

    def like(self, flat: Tensor) -> Planes:
        """Planes of these shapes from :meth:`flat`; the channels may differ."""
        sizes = [plane.shape[2] * plane.shape[3] for plane in (self.xy, self.yt, self.xt)]
        parts = torch.split(flat, sizes, dim=2)
        shapes = (self.xy.shape[2:], self.yt.shape[2:], self.xt.shape[2:])
        return Planes(*(part.reshape(*part.shape[:2], *s) for part, s in zip(parts, shapes, strict=True)))


def latent_width(config: AutoencoderConfig) -> int:
    """Numbers of a flattened latent, per channel."""
    return config.cells * (config.cells + 2 * config.frames)


def unflattened(flat: Tensor, config: AutoencoderConfig) -> Planes:
    """Planes of flattened latents (B, C, :func:`latent_width`)."""
    cells, frames = config.cells, config.frames
    xy, yt, xt = torch.split(flat, [cells * cells, frames * cells, frames * cells], dim=2)
    kept = flat.shape[:2]
    return Planes(
        xy.reshape(*kept, cells, cells), yt.reshape(*kept, frames, cells), xt.reshape(*kept, frames, cells)
    )


def identity_condition(latent: Tensor, config: AutoencoderConfig) -> Tensor:
    """What the denoising network is told of the face: the plane xy of its latent, the others empty.

    Args:
        latent: (B, C, :func:`latent_width`) of the face image as a still clip.
        config: sizes of the autoencoder.
    """
    cells = config.cells * config.cells
    return torch.cat([latent[..., :cells], torch.zeros_like(latent[..., cells:])], dim=-1)
