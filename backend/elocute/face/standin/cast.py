"""The named characters: identities of the stand-in head with hair and colours of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from elocute.face.standin.hair import HairStyle
from elocute.face.standin.palette import Palette

HAIR_STYLES: Final[dict[str, HairStyle]] = {
    "hairBob": HairStyle(top=1.3, front=1.3, sides=1.5, hang=9.0, relief=0.16, fade=0.05),
    "hairCurls": HairStyle(top=1.9, front=1.6, sides=1.5, relief=0.05, curl=0.95, fade=0.05),
    "hairCrop": HairStyle(top=0.30, front=0.26, sides=0.16, relief=0.05, recede=7.0, fade=0.14),
    "hairSwept": HairStyle(top=1.5, front=2.1, sides=0.26, relief=0.30, fade=0.05),
}
"""Other styles of hair, each a direction of the head that is 0 or 1."""


@dataclass(frozen=True)
class Sketch:
    """A character as it is written here.

    Attributes:
        hair: one of :data:`HAIR_STYLES`.
        palette: its colours.
        traits: identity directions, by name.
    """

    hair: str
    palette: Palette
    traits: Mapping[str, float] = field(default_factory=dict)


CAST: Final[dict[str, Sketch]] = {
    "Mira": Sketch(
        "hairBob",
        Palette(
            skin=(0.66, 0.42, 0.32), blush=(0.66, 0.27, 0.22), lips=(0.52, 0.185, 0.165),
            hair=(0.155, 0.052, 0.020), brows=(0.115, 0.050, 0.025),
            iris_outer=(0.050, 0.135, 0.070), iris_inner=(0.22, 0.20, 0.06), cloth=(0.20, 0.045, 0.055),
        ),
        {
            "age": -0.9, "width": -0.8, "jaw": -1.1, "nose": -1.0, "lips": 0.6,
            "eyes": 0.3, "lids": -0.4, "brows": -0.9,
        },
    ),
    "Jonas": Sketch(
        "hairCrop",
        Palette(
            skin=(0.58, 0.36, 0.27), blush=(0.58, 0.21, 0.165), lips=(0.42, 0.185, 0.155),
            hair=(0.26, 0.25, 0.24), brows=(0.17, 0.155, 0.14),
            iris_outer=(0.06, 0.13, 0.22), iris_inner=(0.20, 0.25, 0.28), cloth=(0.10, 0.105, 0.11),
        ),
        {
            "age": 1.3, "width": 0.4, "jaw": 0.8, "nose": 0.9, "lips": -0.6,
            "eyes": -0.2, "lids": 0.4, "brows": 0.8,
        },
    ),
    "Amara": Sketch(
        "hairCurls",
        Palette(
            skin=(0.175, 0.080, 0.048), blush=(0.19, 0.068, 0.045), lips=(0.20, 0.062, 0.055),
            hair=(0.018, 0.012, 0.010), brows=(0.016, 0.011, 0.009),
            iris_outer=(0.035, 0.017, 0.010), iris_inner=(0.085, 0.040, 0.018), cloth=(0.33, 0.20, 0.035),
        ),
        {
            "age": -0.6, "width": -0.3, "jaw": -0.9, "nose": 0.3, "lips": 1.0,
            "eyes": 0.6, "lids": -0.3, "brows": -0.8,
        },
    ),
    "Kenji": Sketch(
        "hairSwept",
        Palette(
            skin=(0.60, 0.385, 0.255), blush=(0.60, 0.27, 0.19), lips=(0.42, 0.165, 0.135),
            hair=(0.012, 0.011, 0.012), brows=(0.016, 0.014, 0.013),
            iris_outer=(0.040, 0.020, 0.012), iris_inner=(0.090, 0.045, 0.022), cloth=(0.05, 0.055, 0.13),
        ),
        {
            "age": -0.2, "width": 0.7, "jaw": 0.2, "nose": -0.5, "lips": 0.1,
            "eyes": 0.2, "lids": 1.0, "brows": -0.2,
        },
    ),
}  # fmt: skip
