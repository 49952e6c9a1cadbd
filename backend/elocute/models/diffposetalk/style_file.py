"""A style in a file: a vector, and what the style is at other intensities.

A style encoder that was trained to tell styles apart puts half of an anger far from the middle between anger
and rest: there lies nothing that a denoiser has learnt. So a file may tell vectors of other intensities.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array, as_numpy
from elocute.checkpoint.vector import read_vector
from elocute.errors import InputError
from elocute.storage.atomic_write import write_atomically
from elocute.storage.guard import guarded
from elocute.storage.npz import NpzKind, read_arrays
from elocute.style_curve import LARGEST_INTENSITY

_STYLE: Final = "style"
_INTENSITIES: Final = "intensities"
_STEPS: Final = "steps"
_MOST_STEPS: Final = 16
"""Of a file: each that an intensity over time passes is sampled by itself."""
_KIND: Final = NpzKind("{path} is not a style file.", "bad_style", "Choose an .npy or .npz file.")


Vector = NDArray[np.float32]


@dataclass(frozen=True)
class StyleFile:
    """A style.

    Attributes:
        vector: (S,) float32, the style itself.
        steps: intensities above 0 other than 1, and the vector at each.
    """

    vector: Vector
    steps: Mapping[float, Vector] = field(default_factory=dict)


def read_style_file(source: Path | bytes, name: str, size: int) -> StyleFile:
    """Read a style file.

    Args:
        source: the file, or its content.
        name: what errors call it.
        size: numbers that a style has.

    Raises:
        InputError: it is missing, damaged, or not of that size.
    """
    vector = read_vector(source, _STYLE, name)
    if len(vector) != size:
        raise InputError(
            f"The style {name} has {len(vector)} numbers; the model takes {size}.",
            "Give a style that was extracted with this model.",
            code="bad_style",
        )
    arrays = read_arrays(source, _KIND, names=(_INTENSITIES, _STEPS), bare=_STYLE, name=name)
    if _INTENSITIES not in arrays and _STEPS not in arrays:
        return StyleFile(vector)
    with guarded(lambda reason: _KIND.error(name, reason)):
        amounts, rows = (np.asarray(arrays[key], np.float32) for key in (_INTENSITIES, _STEPS))
        known = (amounts > 0.0) & (amounts <= LARGEST_INTENSITY) & (amounts != 1.0)
        if amounts.ndim != 1 or rows.shape != (len(amounts), size) or not known.all():
            raise ValueError("its steps are no styles at other intensities")
        if len(amounts) > _MOST_STEPS:
            raise ValueError(f"it has more than {_MOST_STEPS} other intensities")
        if len(set(amounts.tolist())) != len(amounts) or not np.isfinite(rows).all():
            raise ValueError("its steps hold an intensity twice, or what is no number")
    steps = {float(amount): row for amount, row in zip(amounts, rows, strict=True)}
    return StyleFile(vector, steps)


def style_content(style: Array, meta: Mapping[str, Any], steps: Mapping[float, Array] | None = None) -> bytes:
    """Content of a style file: ``.npz`` with arrays ``style``, ``meta`` (JSON), and perhaps ``intensities``
    (K,) with the ``steps`` (K, S) there."""
    arrays: dict[str, Any] = {_STYLE: as_numpy(style), "meta": np.str_(json.dumps(dict(meta)))}
    if steps:
        arrays[_INTENSITIES] = np.array(list(steps), np.float32)
        arrays[_STEPS] = np.stack([as_numpy(step) for step in steps.values()])
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def save_style(
    path: Path, style: Array, meta: Mapping[str, Any], steps: Mapping[float, Array] | None = None
) -> None:
    """Write a style file.

    Raises:
        InputError: it cannot be written.
    """
    with write_atomically(path) as temporary:
        temporary.write_bytes(style_content(style, meta, steps))
