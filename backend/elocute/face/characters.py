"""The named characters of a head: an identity and colours each, and how a face file holds them.

A file holds for each character ``characters/NAME/shape`` (S,) and ``characters/NAME/colors`` (V, 3): unsigned
bytes, the square root of linear red, green and blue from 0 to 255.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import one_line
from elocute.storage.fields import Fields

_FOLDER: Final = "characters/"
_SHAPE: Final = "/shape"
_COLORS: Final = "/colors"


@dataclass(frozen=True)
class Character:
    """One character of a head.

    Attributes:
        shape: (S,) float32 identity coefficients.
        vertex_colors: (V, 4) float32 linear RGBA.
    """

    shape: NDArray[np.float32]
    vertex_colors: NDArray[np.float32]


def character_arrays(characters: Mapping[str, Character]) -> dict[str, NDArray[Any]]:
    """The arrays of a face file that hold these characters."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, character in characters.items():
        arrays[_FOLDER + name + _SHAPE] = character.shape
        root = np.sqrt(np.clip(character.vertex_colors[:, :3], 0.0, 1.0))
        arrays[_FOLDER + name + _COLORS] = np.round(255 * root).astype(np.uint8)
    return arrays


def characters_from(fields: Fields, vertices: int, shapes: int) -> dict[str, Character]:
    """The characters of a face file, in its order.

    Raises:
        ValueError: one does not fit the head's vertices and identity directions.
        KeyError: one lacks its colours.
    """
    found: dict[str, Character] = {}
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
        found[name] = Character(shape, colors)
    return found
