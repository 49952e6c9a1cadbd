"""The colours of a head, linear RGB."""

from __future__ import annotations

from dataclasses import dataclass

Color = tuple[float, float, float]


@dataclass(frozen=True)
class Palette:
    """Colours that tell one character from another.

    Attributes:
        skin: the face.
        blush: where blood shows: cheeks, nose, chin.
        lips: the red of the lips.
        hair: on the head.
        brows: brows.
        iris_outer, iris_inner: the eye's colour at its rim and at the pupil.
        cloth: the shirt.
    """

    skin: Color = (0.56, 0.325, 0.225)
    blush: Color = (0.58, 0.215, 0.160)
    lips: Color = (0.44, 0.150, 0.125)
    hair: Color = (0.060, 0.034, 0.020)
    brows: Color = (0.055, 0.032, 0.020)
    iris_outer: Color = (0.055, 0.145, 0.20)
    iris_inner: Color = (0.20, 0.21, 0.12)
    cloth: Color = (0.045, 0.085, 0.115)
