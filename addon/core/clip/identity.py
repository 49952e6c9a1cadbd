"""Read identity coefficients: from a clip, an official motion file, or an array."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .npz import read_arrays


def read_identity(path: Path) -> NDArray[np.float32]:
    """(S,) identity coefficients: ``shape`` of an ``.npz`` (its first frame), or an ``.npy``.

    Raises:
        UserError: the file is missing, damaged, or contains no identity coefficients.
    """
    if path.suffix.lower() == ".npy":
        try:
            found = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise UserError(f"{path} contains no identity coefficients.", "Choose another file.") from error
    else:
        arrays, _ = read_arrays(path, "a file with identity coefficients")
        if "shape" not in arrays:
            raise UserError(
                f"{path} contains no identity coefficients.",
                "Choose a FLAME clip, or an array of coefficients.",
            )
        found = arrays["shape"]
    if found.dtype.kind not in "fiu" or not found.size or not np.isfinite(found).all():
        raise UserError(f"{path} contains no identity coefficients.", "Choose another file.")
    identity: NDArray[np.float32] = found.reshape(-1, found.shape[-1])[0].astype(np.float32)
    return identity
