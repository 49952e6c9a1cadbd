"""ARKit's controls in the spellings of other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.vocabulary import ARKIT, COLUMN, CONTROLS
from elocute.errors import listed

Float64Array = NDArray[np.float64]

_BY_KEY: Final = {name.lower(): name for name in CONTROLS}
_SHOWN: Final = 5
ENOUGH: Final = 10
"""Known names from which a file is taken for one of ARKit's blend shapes."""


def control_named(name: str) -> str | None:
    """The control that another program calls ``name``: without case, ``_L`` and ``_R`` for the sides, and
    behind a prefix such as ``blendShape.``; None for no control."""
    key = name.strip().rpartition(".")[2].lower()
    for short, side in (("_l", "left"), ("_r", "right")):
        if key.endswith(short):
            key = key.removesuffix(short) + side
    return _BY_KEY.get(key)


def pascal(name: str) -> str:
    """The spelling of Live Link and Audio2Face: ``JawOpen``."""
    return name[0].upper() + name[1:]


def sided(name: str) -> str:
    """The spelling of Face Cap and iFacialMocap: ``eyeBlink_L``; ``jawLeft`` is in the middle."""
    if name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight"):
        return name
    for side in ("Left", "Right"):
        if name.endswith(side):
            return f"{name.removesuffix(side)}_{side[0]}"
    return name


def known_columns(names: Sequence[str]) -> dict[str, int]:
    """Place of every control among a file's columns.

    Raises:
        ValueError: a control is there twice, or too few are there.
    """
    places: dict[str, int] = {}
    for index, name in enumerate(names):
        control = control_named(name)
        if control is None:
            continue
        if control in places:
            raise ValueError(f"it has {control} twice")
        places[control] = index
    if len(places) < ENOUGH:
        raise ValueError(f"it has only {len(places)} of ARKit's blend shapes")
    return places


def placed(table: Float64Array, places: dict[str, int]) -> Float64Array:
    """(T, columns of a file) to (T, C) controls; 0 for those that are not there."""
    values = np.zeros((len(table), len(CONTROLS)))
    for control, index in places.items():
        values[:, COLUMN[control]] = table[:, index]
    return values


def lacking(places: dict[str, int], optional: Sequence[str] = ()) -> tuple[str, ...]:
    """A note about blend shapes that are not there, or nothing."""
    names = [name for name in ARKIT if name not in places and name not in optional]
    if not names:
        return ()
    return (f"The file has no {listed(names, _SHOWN)}; they stay at rest.",)
