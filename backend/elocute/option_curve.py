"""Numeric options that change within a performance: values with the seconds at which each is reached."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import SettingsError, counted
from elocute.number_text import read_number

OptionCurve = tuple[tuple[float, float], ...]
"""(seconds, value), seconds rising; between two of them the value goes straight over, before the first and
after the last it stays."""
FloatArray = NDArray[np.float64]

MOST_POINTS: Final = 10_000
"""Of one curve: more than six minutes of a curve that was sampled at every frame."""


def check_curve(name: str, curve: OptionCurve) -> None:
    """Refuse what is no curve; what values an option takes is the model's to say.

    Raises:
        SettingsError: no points or too many, seconds that do not rise or lie before 0, or what is no number.
    """
    if not 1 <= len(curve) <= MOST_POINTS:
        raise _refused(
            f"The curve of {name} has {counted(len(curve), 'point')}.", f"Give 1 to {MOST_POINTS} points."
        )
    if not all(math.isfinite(number) for point in curve for number in point):
        raise _refused(f"A point of the curve of {name} is not a number.", "Give seconds and values.")
    if curve[0][0] < 0:
        raise _refused(f"The curve of {name} begins at {curve[0][0]:g} s.", "Begin at 0 s or later.")
    for (one, _), (other, _) in itertools.pairwise(curve):
        if other == one:
            message = f"The curve of {name} has two values at {one:g} s."
            raise _refused(message, "Give one of them, or a little time between them: a jump takes a frame.")
        if other < one:
            message = f"The curve of {name} goes from {one:g} s back to {other:g} s."
            raise _refused(message, "Give rising seconds.")


def sampled(curve: OptionCurve, frames: int, fps: float) -> FloatArray:
    """(T,) values of a curve at the middle of each of T frames."""
    seconds, values = zip(*curve, strict=True)
    track: FloatArray = np.interp((np.arange(frames) + 0.5) / fps, seconds, values)
    return track


def plain_curves(curves: Mapping[str, OptionCurve]) -> dict[str, list[list[float]]]:
    """Curves as JSON has them."""
    return {name: [list(point) for point in curve] for name, curve in curves.items()}


def parse_option_curve(text: str) -> OptionCurve:
    """Read ``1@0,1.4@2.5``: values, each with the second at which it is reached.

    Raises:
        ValueError: it cannot be read.
    """
    points = []
    for part in text.split(","):
        value, at, seconds = part.partition("@")
        if not at:
            raise ValueError(
                f"{part.strip()!r} names no second, as in 1@0,1.4@2.5 (with a point in each decimal)"
            )
        points.append((read_number(seconds), read_number(value)))
    return tuple(points)


def _refused(message: str, hint: str) -> SettingsError:
    return SettingsError(message, hint, code="setting_out_of_range")
