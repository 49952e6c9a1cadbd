"""Read identity coefficients: from a clip, an official motion file, or an array."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .fields import Fields
from .npz import guarded, read_arrays


def read_identity(path: Path) -> NDArray[np.float32]:
    """(S,) identity coefficients: ``shape`` of an ``.npz`` (its first frame), or an ``.npy``.

    Raises:
        UserError: the file is missing, damaged, or contains no identity coefficients.
    """
    arrays, _ = read_arrays(path, "a file with identity coefficients", bare="shape")
    if "shape" not in arrays:
        raise UserError(
            f"{path} contains no identity coefficients.",
            "Choose a FLAME clip, or an array of coefficients.",
        )
    with guarded(f"{path} contains no identity coefficients", "Choose another file."):
        found = Fields(arrays).floats("shape")
        if not found.ndim or not found.size:
            raise ValueError("its array is empty")
        first: NDArray[np.float32] = found.reshape(-1, found.shape[-1])[0]
        return first
