"""What the renderer is shown: drawn landmarks, pose frames, and a face as a square image.

Images are (H, W, 3) or (T, H, W, 3) uint8; pixel coordinates count from the upper left corner.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

UInt8Array = NDArray[np.uint8]

NOSE_BASE: Final = 33
"""The landmark at whose height pose frames are cut off."""


def draw_landmarks(points: NDArray[Any], size: int, radius: int) -> UInt8Array:
    """White dots on black, cut off at the borders.

    Args:
        points: (T, P, 2) pixels of a square image of ``size``; they are cut to whole pixels.
        size: side of the images.
        radius: of the dots, whose pixels are nearer than ``radius`` + 1/2 to their centre.

    Returns:
        (T, size, size, 3).
    """
    images = np.zeros((len(points), size, size, 3), np.uint8)
    reach = np.arange(-radius, radius + 1)
    down, right = np.meshgrid(reach, reach, indexing="ij")
    inside = down**2 + right**2 < (radius + 0.5) ** 2
    offsets = np.stack([right[inside], down[inside]], axis=-1)
    # Far outside is outside: whole numbers must not overflow.
    whole = np.trunc(np.clip(points, -4.0 * size, 4.0 * size)).astype(np.int64)
    for image, dots in zip(images, whole, strict=True):
        pixels = (dots[:, None] + offsets).reshape(-1, 2)
        pixels = pixels[((pixels >= 0) & (pixels < size)).all(axis=1)]
        image[pixels[:, 1], pixels[:, 0]] = 255
    return images


def hide_below_nose(images: UInt8Array, points: NDArray[Any]) -> UInt8Array:
    """Pose frames: every row from the base of the nose downwards is black.

    Args:
        images: (T, H, W, 3) of the driving film, before they are resized.
        points: (T, 68, 2) their landmarks in pixels.
    """
    hidden = images.copy()
    rows = np.clip(np.trunc(points[:, NOSE_BASE, 1]), 0, images.shape[1]).astype(np.int64)
    for image, row in zip(hidden, rows, strict=True):
        image[row:] = 0
    return hidden


def crop_of(height: int, width: int) -> tuple[int, int, int]:
    """Left, top and side of the square in the middle of an image."""
    side = min(height, width)
    return (width - side) // 2, (height - side) // 2, side


def in_crop(points: NDArray[Any], height: int, width: int, size: int) -> NDArray[np.float64]:
    """Pixels of an image to pixels of its middle square, resized to ``size``."""
    left, top, side = crop_of(height, width)
    moved: NDArray[np.float64] = (np.asarray(points, np.float64) - (left, top)) * (size / side)
    return moved


def squared(images: UInt8Array, size: int) -> UInt8Array:
    """The middle square of (T, H, W, 3), resized bilinearly to (T, size, size, 3)."""
    left, top, side = crop_of(*images.shape[1:3])
    square = images[:, top : top + side, left : left + side]
    if side == size:
        return np.ascontiguousarray(square)
    planes = torch.from_numpy(np.ascontiguousarray(square)).permute(0, 3, 1, 2).float()
    resized = functional.interpolate(planes, (size, size), mode="bilinear", align_corners=False)
    kept: UInt8Array = resized.round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    return kept


def as_clip(images: UInt8Array) -> Tensor:
    """(1, 3, T, S, S) float32 in -1..1 of (T, S, S, 3)."""
    return (torch.from_numpy(images).float() / 127.5 - 1).permute(3, 0, 1, 2)[None]


def as_images(clip: Tensor) -> UInt8Array:
    """(T, S, S, 3) of (1, 3, T, S, S)."""
    levels = ((clip[0].permute(1, 2, 3, 0).float() + 1) * 127.5).clamp(0, 255)
    images: UInt8Array = levels.byte().cpu().numpy()
    return images
