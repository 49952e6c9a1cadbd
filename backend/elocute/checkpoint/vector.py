"""One vector from a file: a style, or a person's identity."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.storage.npz import NpzKind, read_arrays

LARGEST: Final = 2**26
"""Bytes of the array that the vector stands in: official files repeat it for each of thousands of frames."""
_OF_A_CLIP: Final = ("fps", "basis")
"""Small arrays that every motion clip has."""


def read_vector(source: Path | bytes, what: str, name: str | None = None) -> NDArray[np.float32]:
    """Read one vector from a ``.npy`` or from array ``what`` of an ``.npz``; of several rows the first.

    Args:
        source: the file, or its content.
        what: "style" or "shape": the array's name, and what messages call it.
        name: what messages call the file; None for its path.

    Returns:
        (S,) numbers.

    Raises:
        InputError: missing, damaged, without the array, or NaN.
    """
    kind = NpzKind(
        f"{{path}} is not a {what} file.", f"bad_{what}", "Choose an .npy or .npz file.", largest=LARGEST
    )
    called = name or str(source)
    arrays = read_arrays(source, kind, names=(what, *_OF_A_CLIP), bare=what, name=name)
    if what not in arrays:
        if arrays.keys() >= set(_OF_A_CLIP):
            made = "Make a style of it with: elocute style extract."
            raise InputError(
                f"{called} is a motion clip and no {what} file.",
                made if what == "style" else f"Choose a {what} file.",
                code=kind.code,
            )
        raise InputError(
            f"{called} contains no {what}: it has no array {what!r}.",
            f"Choose a {what} file.",
            code=kind.code,
        )
    if arrays[what].dtype.kind not in "biuf":
        raise kind.error(called, "it is not made of numbers")
    if arrays[what].ndim > 1 and arrays[what].size:
        arrays[what] = arrays[what].reshape(-1, arrays[what].shape[-1])[0]
    with np.errstate(over="ignore", invalid="ignore"):
        vector = arrays[what].astype(np.float32).reshape(-1)
    if not np.isfinite(vector).all():
        raise InputError(f"The {what} {called} holds NaN or infinity.", code=kind.code)
    return vector
