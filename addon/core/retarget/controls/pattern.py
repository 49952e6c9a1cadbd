"""How the stand-in head's mouth, lids and brows move with each control: the pattern that other faces are
held against.

``pattern.npz`` is written by ``scripts/build_head.py`` together with the head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .points import Face, FacePoints
from .vocabulary import CONTROLS, JAW_OPEN_RADIANS

Float64Array = NDArray[np.float64]

PATTERN_FILE: Final = Path(__file__).with_name("pattern.npz")


@dataclass(frozen=True, eq=False)
class Pattern:
    """Points of a head whose expressions are controls; one is like no other.

    Attributes:
        names: its expressions.
        points: how they move. ``jawOpen`` is the jaw's rotation.
    """

    names: tuple[str, ...]
    points: FacePoints

    def movement(self, controls: Sequence[str], values: Float64Array) -> Float64Array:
        """(T, P, 3) metres from rest, under (T, C) values of named controls; those it lacks move nothing."""
        expression = np.zeros((len(values), len(self.names)))
        jaw = np.zeros((len(values), 3))
        place = {name: index for index, name in enumerate(self.names)}
        for column, name in enumerate(controls):
            if name in place:
                expression[:, place[name]] = values[:, column]
            elif name == "jawOpen":
                jaw[:, 0] = JAW_OPEN_RADIANS * values[:, column]
        moved: Float64Array = self.points.posed(expression, jaw) - self.points.at_rest()
        return moved


def pattern_arrays(face: Face) -> dict[str, NDArray[Any]]:
    """What ``pattern.npz`` holds, from the stand-in head."""
    points = FacePoints.of_face(face)
    arrays: dict[str, NDArray[Any]] = {"names": np.array(face.expression_names)}
    for field in fields(points):
        value = getattr(points, field.name)
        arrays[field.name] = np.array(value) if field.name == "regions" else value.astype(np.float32)
    return arrays


@lru_cache(maxsize=1)
def read_pattern(path: Path = PATTERN_FILE) -> Pattern:
    """The pattern that Elocute comes with, read once. Its arrays are for reading."""
    with np.load(path, allow_pickle=False) as arrays:
        names = tuple(str(name) for name in arrays["names"])
        regions = tuple(str(name) for name in arrays["regions"])
        numbers = {
            field.name: arrays[field.name].astype(np.float64)
            for field in fields(FacePoints)
            if field.name != "regions"
        }
    if not set(names) <= set(CONTROLS):
        raise ValueError(f"{path} names expressions that are no controls")
    for array in numbers.values():
        array.flags.writeable = False
    return Pattern(names, FacePoints(regions=regions, **numbers))
