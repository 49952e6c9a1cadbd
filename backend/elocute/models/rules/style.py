"""Style of a performance: numeric parameters, and named presets of them, emotions among these.

The faces of the emotions are combinations of the action units that FACS lists for them (Ekman, Friesen and
Hager 2002): happy 6 + 12, sad 1 + 4 + 15, angry 4 + 5 + 7 + 23, afraid 1 + 2 + 4 + 5 + 20, surprised
1 + 2 + 5, disgusted 9 + 10 + 15. Their manner (tempo, size, gaze) follows the voice: docs/rules.md has the
reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.style_curve import LARGEST_INTENSITY, StyleKey, parse_curve

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RulesStyle:
    """Strengths relative to 1.0 = natural, except where a unit is named.

    Attributes:
        articulation: how far sounds reach their shapes; lower slurs them together.
        jaw: jaw opening.
        lip: rounding and spreading of the lips.
        head_amount: size of head movement.
        head_rate: pace of head movement.
        brow_amount: size of brow movement.
        blink_rate: blinks a minute.
        gaze_amount: how often and how far the eyes leave the camera.
        smile: resting smile 0..1; below 0 a frown.
        asymmetry: difference between the left and right half of the face.
        breath: visible breath before phrases.
        lid_droop: resting height of the upper lid, 0 open, 1 nearly closed.
        brow_height: resting height of the brows: above 0 raised (AU 1 + 2), below lowered (AU 4).
        brow_worry: inner brows raised and drawn together (AU 1 + 4).
        eye_wide: upper lids raised (AU 5).
        squint: cheeks and lower lids raised (AU 6, 7).
        sneer: nose wrinkled and upper lip raised (AU 9, 10).
        press: lips tightened where they are not needed for speech (AU 23, 24).
        stretch: corners of the mouth drawn back (AU 20).
        head_pitch: how the head is carried, degrees; above 0 lowered.
    """

    articulation: float = 1.0
    jaw: float = 1.0
    lip: float = 1.0
    head_amount: float = 1.0
    head_rate: float = 1.0
    brow_amount: float = 1.0
    blink_rate: float = 18.0
    gaze_amount: float = 1.0
    smile: float = 0.06
    asymmetry: float = 0.3
    breath: float = 1.0
    lid_droop: float = 0.0
    brow_height: float = 0.0
    brow_worry: float = 0.0
    eye_wide: float = 0.0
    squint: float = 0.0
    sneer: float = 0.0
    press: float = 0.0
    stretch: float = 0.0
    head_pitch: float = 0.0


LIMITS: Final[dict[str, tuple[float, float]]] = {
    "articulation": (0.3, 1.8),
    "jaw": (0.0, 2.0),
    "lip": (0.0, 1.6),
    "head_amount": (0.0, 3.0),
    "head_rate": (0.3, 2.5),
    "brow_amount": (0.0, 3.0),
    "blink_rate": (0.0, 50.0),
    "gaze_amount": (0.0, 2.0),
    "smile": (-0.6, 0.8),
    "asymmetry": (0.0, 1.0),
    "breath": (0.0, 2.0),
    "lid_droop": (0.0, 1.0),
    "brow_height": (-1.0, 1.0),
    "brow_worry": (0.0, 1.0),
    "eye_wide": (0.0, 1.0),
    "squint": (0.0, 1.0),
    "sneer": (0.0, 1.0),
    "press": (0.0, 1.0),
    "stretch": (0.0, 1.0),
    "head_pitch": (-12.0, 12.0),
}
PARAMETERS: Final[dict[str, tuple[float, float, float]]] = {
    field.name: (LIMITS[field.name][0], float(getattr(RulesStyle(), field.name)), LIMITS[field.name][1])
    for field in fields(RulesStyle)
}
"""Name -> (lowest, default, highest)."""

RATIOS: Final = frozenset(
    {
        "articulation",
        "jaw",
        "lip",
        "head_amount",
        "head_rate",
        "brow_amount",
        "blink_rate",
        "gaze_amount",
        "breath",
    }
)
"""Parameters whose steps are ratios; the others are added."""
MOST_INTENSITY: Final = LARGEST_INTENSITY

PRESETS: Final[dict[str, RulesStyle]] = {
    "neutral": RulesStyle(),
    "lively": RulesStyle(
        articulation=1.1,
        jaw=1.15,
        head_amount=1.6,
        head_rate=1.25,
        brow_amount=1.7,
        blink_rate=22.0,
        smile=0.26,
        brow_height=0.1,
        eye_wide=0.3,
    ),
    "calm": RulesStyle(
        articulation=0.85,
        jaw=0.85,
        head_amount=0.5,
        head_rate=0.6,
        brow_amount=0.4,
        blink_rate=12.0,
        gaze_amount=0.6,
        smile=0.24,
        lid_droop=0.16,
        squint=0.3,
        head_pitch=-1.5,
    ),
    "mumbled": RulesStyle(
        articulation=0.55,
        jaw=0.6,
        lip=0.65,
        head_amount=0.7,
        brow_amount=0.5,
        gaze_amount=1.5,
        smile=0.0,
        lid_droop=0.1,
        head_pitch=2.0,
    ),
    "over-articulated": RulesStyle(
        articulation=1.5,
        jaw=1.3,
        lip=1.3,
        head_amount=1.2,
        brow_amount=1.6,
        smile=0.0,
        stretch=0.12,
    ),
    "newsreader": RulesStyle(
        articulation=1.3,
        lip=1.1,
        head_amount=0.6,
        head_rate=1.4,
        brow_amount=0.9,
        blink_rate=12.0,
        gaze_amount=0.2,
        smile=0.0,
        asymmetry=0.1,
        brow_height=0.42,
        head_pitch=-4.0,
        eye_wide=0.16,
    ),
    "cheerful": RulesStyle(
        articulation=1.05,
        jaw=1.1,
        head_amount=1.35,
        head_rate=1.15,
        brow_amount=1.6,
        blink_rate=20.0,
        smile=0.6,
        brow_height=0.4,
        eye_wide=0.12,
        head_pitch=-2.0,
    ),
    "tired": RulesStyle(
        articulation=0.75,
        jaw=0.8,
        lip=0.8,
        head_amount=0.8,
        head_rate=0.6,
        brow_amount=0.5,
        blink_rate=22.0,
        gaze_amount=1.2,
        smile=-0.12,
        breath=1.3,
        lid_droop=0.5,
        head_pitch=3.5,
    ),
    "happy": RulesStyle(
        articulation=1.1,
        jaw=1.2,
        head_amount=1.45,
        head_rate=1.25,
        brow_amount=1.3,
        blink_rate=22.0,
        smile=0.8,
        squint=0.75,
        brow_height=0.0,
        head_pitch=-1.0,
    ),
    "sad": RulesStyle(
        articulation=0.8,
        jaw=0.8,
        lip=0.85,
        head_amount=0.55,
        head_rate=0.6,
        brow_amount=0.4,
        blink_rate=15.0,
        gaze_amount=1.4,
        smile=-0.6,
        breath=1.4,
        lid_droop=0.3,
        brow_worry=0.8,
        head_pitch=5.0,
    ),
    "angry": RulesStyle(
        articulation=1.3,
        jaw=1.25,
        lip=1.1,
        head_amount=1.3,
        head_rate=1.45,
        brow_amount=0.8,
        blink_rate=12.0,
        gaze_amount=0.3,
        smile=-0.16,
        breath=1.3,
        brow_height=-0.95,
        eye_wide=0.3,
        squint=0.55,
        sneer=0.24,
        press=0.7,
        head_pitch=2.5,
    ),
    "afraid": RulesStyle(
        articulation=0.95,
        jaw=0.9,
        head_amount=0.75,
        head_rate=1.7,
        brow_amount=0.9,
        blink_rate=26.0,
        gaze_amount=1.6,
        smile=-0.1,
        breath=1.8,
        brow_height=0.3,
        brow_worry=0.5,
        eye_wide=0.6,
        stretch=0.45,
        head_pitch=-2.0,
    ),
    "surprised": RulesStyle(
        articulation=1.05,
        jaw=1.25,
        head_amount=1.15,
        brow_amount=1.4,
        blink_rate=11.0,
        gaze_amount=0.5,
        smile=0.03,
        breath=1.6,
        brow_height=0.65,
        eye_wide=0.65,
        head_pitch=-3.0,
    ),
    "disgusted": RulesStyle(
        articulation=0.9,
        jaw=0.88,
        head_amount=0.85,
        head_rate=0.85,
        brow_amount=0.5,
        gaze_amount=1.4,
        smile=-0.6,
        asymmetry=0.6,
        brow_height=-0.7,
        squint=0.7,
        sneer=1.0,
        head_pitch=-3.5,
    ),
}
"""The default first."""


def styled(name: str, intensity: float) -> RulesStyle:
    """A preset at an intensity.

    Args:
        name: key of :data:`PRESETS`.
        intensity: 0 is the default style, 1 the preset, up to :data:`MOST_INTENSITY` beyond it. Strengths are
            scaled as ratios, the rest as differences, both within :data:`LIMITS`.

    Raises:
        KeyError: there is no such preset.
        ValueError: the intensity is outside its range.
    """
    if not 0.0 <= intensity <= MOST_INTENSITY:
        raise ValueError(f"an intensity is 0 to {MOST_INTENSITY:g}, not {intensity:g}")
    if intensity == 1.0:
        return PRESETS[name]
    return RulesStyle(*styled_rows(name, np.array([intensity]))[0].tolist())


def styled_rows(name: str, intensities: FloatArray) -> FloatArray:
    """:func:`styled` at each of (T,) intensities within their range: (T, P), in the order of the fields.

    Raises:
        KeyError: there is no such preset.
    """
    rest, full = (np.array(astuple(style)) for style in (next(iter(PRESETS.values())), PRESETS[name]))
    low, high = np.array([LIMITS[field.name] for field in fields(RulesStyle)]).T
    amounts = np.asarray(intensities, np.float64)[:, None]
    rows = rest + amounts * (full - rest)
    ratios = [place for place, field in enumerate(fields(RulesStyle)) if field.name in RATIOS]
    rows[:, ratios] = rest[ratios] * (full[ratios] / rest[ratios]) ** amounts
    within: FloatArray = np.clip(rows, low, high)
    return within


@dataclass(frozen=True)
class ResolvedStyle:
    """What a request's style comes to.

    Attributes:
        name: as the request wrote it, or the default's.
        parts: its styles in time; at least one.
        overrides: numbers that replace the styles' own throughout.
        intensity: of the parts that name none.
    """

    name: str
    parts: tuple[StyleKey, ...]
    overrides: Mapping[str, float]
    intensity: float

    @property
    def keys(self) -> tuple[tuple[float, RulesStyle], ...]:
        """Seconds, and the numbers that are reached then."""
        return tuple(
            (part.seconds, replace(styled(part.name, self.intensity_of(part)), **self.overrides))
            for part in self.parts
        )

    def intensity_of(self, part: StyleKey) -> float:
        """The intensity of one of the parts."""
        return self.intensity if part.intensity is None else part.intensity


def resolve_style(text: str | None, overrides: Mapping[str, float], intensity: float = 1.0) -> ResolvedStyle:
    """The numbers of a style, or of several in time, with the user's changes; all were checked before.

    Args:
        text: a preset, or what :func:`elocute.style_curve.parse_curve` reads; None for the default.
        overrides: numbers that replace the style's own throughout.
        intensity: of the styles that name none.
    """
    chosen = next(iter(PRESETS)) if text is None else text
    parts = (StyleKey(chosen, None, 0.0),) if chosen in PRESETS else parse_curve(chosen)
    return ResolvedStyle(chosen, parts, {key: float(value) for key, value in overrides.items()}, intensity)
