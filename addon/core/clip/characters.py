"""The named characters of a head: an identity and colours each, as face files hold them.

``characters/NAME/shape`` (S,) and ``characters/NAME/colors`` (V, 3): unsigned bytes, the square root of
linear red, green and blue from 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import one_line
from .fields import Fields

_FOLDER: Final = "characters/"
_SHAPE: Final = "/shape"
_COLORS: Final = "/colors"


@dataclass(frozen=True)
class FaceCharacter:
    """One character of a head.

    Attributes:
        shape: (S,) identity coefficients.
        vertex_colors: (V, 4) linear RGBA.
    """

    shape: NDArray[np.float32]
    vertex_colors: NDArray[np.float32]


def characters_from(fields: Fields, vertices: int, shapes: int) -> dict[str, FaceCharacter]:
    """The characters of a face file, in its order.

    Raises:
        ValueError: one does not fit the head's vertices and identity directions.
        KeyError: one lacks its colours.
    """
    found: dict[str, FaceCharacter] = {}
    for key in fields.arrays:
        if not (key.startswith(_FOLDER) and key.endswith(_SHAPE)):
            continue
        name = key.removeprefix(_FOLDER).removesuffix(_SHAPE)
        shape = fields.floats(key, axes=1)
        root = fields.floats(_FOLDER + name + _COLORS, axes=2) / np.float32(255)
        if (
            shape.shape != (shapes,)
            or root.shape != (vertices, 3)
            or not (0 <= root.min() <= root.max() <= 1)
        ):
            raise ValueError(f"the character {one_line(name, 40)} does not fit the head")
        colors = np.ones((vertices, 4), np.float32)
        colors[:, :3] = root**2
        found[name] = FaceCharacter(shape, colors)
    return found
