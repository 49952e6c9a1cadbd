"""CPBD: how much of an image's edges is sharp (Narvekar and Karam 2011)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import sobel

from elocute.optional_packages import missing_package, package_error

Float64Array = NDArray[np.float64]

_BLOCK: Final = 64
_EDGE_SHARE: Final = 0.002
_LOW_CONTRAST: Final = 50.0
_WIDTH_LOW, _WIDTH_HIGH = 5.0, 3.0
"""Widths of just noticeable blur, for blocks of low and of high contrast, in pixels."""
_BETA: Final = 3.6
_NOTICEABLE: Final = 0.63
_LUMA: Final = (0.299, 0.587, 0.114)


def sharp_edge_share(image: NDArray[np.uint8]) -> float:
    """CPBD of an image: share of its vertical edges whose blur is not noticed, 1 is best.

    In blocks of 64 x 64 pixels of which more than 0.2 % are edges, P = 1 - exp(-(w / w_jnb)^3.6) for an edge
    of width w; the share of edges with P, rounded to hundredths, of at most 0.63. w_jnb is 5 pixels where the
    block's contrast is at most 50 levels, else 3.

    Args:
        image: (H, W, 3).

    Returns:
        0 for an image without edges.

    Raises:
        SettingsError: scikit-image is not installed.
    """
    if missing_package(["skimage"]):
        raise package_error("skimage", "CPBD")
    from skimage.feature import canny

    luma = np.asarray(image, np.float64) @ np.array(_LUMA)
    edges = canny(luma)  # type: ignore[no-untyped-call]
    widths = edge_widths(luma)
    chances = []
    for top in range(0, luma.shape[0] - _BLOCK + 1, _BLOCK):
        for left in range(0, luma.shape[1] - _BLOCK + 1, _BLOCK):
            block = np.s_[top : top + _BLOCK, left : left + _BLOCK]
            if edges[block].sum() > _EDGE_SHARE * _BLOCK**2:
                chances.append(noticed(widths[block], float(np.ptp(luma[block]))))
    found = np.concatenate(chances) if chances else np.zeros(0)
    return float((found <= _NOTICEABLE + 1e-9).mean()) if len(found) else 0.0


def noticed(widths: Float64Array, contrast: float) -> Float64Array:
    """Chance that the blur of edges is noticed, in hundredths; widths of 0 are no edges."""
    just = _WIDTH_LOW if contrast <= _LOW_CONTRAST else _WIDTH_HIGH
    chances: Float64Array = np.round(1 - np.exp(-((widths[widths > 0] / just) ** _BETA)), 2)
    return chances


def edge_widths(luma: Float64Array) -> Float64Array:
    """(H, W) widths of horizontal transitions at Sobel edges, in pixels; 0 elsewhere.

    Marziliano et al. 2004: from an edge's pixel along its row to the next local extremum on both sides. Edges
    are pixels whose horizontal gradient is a maximum along the row and more than twice the root mean square.
    """
    gradient = sobel(luma, axis=1)
    strength = np.abs(gradient)
    threshold = 2 * np.sqrt((strength**2).mean())
    inner = strength[:, 1:-1]
    peaks = np.zeros(luma.shape, bool)
    peaks[:, 1:-1] = (inner > threshold) & (inner >= strength[:, :-2]) & (inner > strength[:, 2:])
    widths = np.zeros(luma.shape)
    for row, column in zip(*np.nonzero(peaks), strict=True):
        rising = gradient[row, column] > 0
        line = luma[row] if rising else -luma[row]
        widths[row, column] = _extent(line, column, 1) + _extent(line[::-1] * -1, len(line) - 1 - column, 1)
    return widths


def _extent(line: Float64Array, start: int, step: int) -> int:
    """Pixels from ``start`` on along which the line still rises."""
    position = start
    while position + step < len(line) and line[position + step] > line[position]:
        position += step
    return position - start
