"""What a network makes is checked before it becomes motion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError


def check_finite_output(made: NDArray[np.floating], *, guided: bool = True) -> None:
    """Refuse numbers that no face can be given.

    Args:
        made: of any shape.
        guided: whether a guidance scale may be what went wrong.

    Raises:
        InputError: one is infinite or not a number.
    """
    if not np.isfinite(made).all():
        raise InputError(
            "The model's output is not finite.",
            f"Its weights are damaged{', or a guidance scale is too large' if guided else ''}.",
            code="bad_weights",
        )
