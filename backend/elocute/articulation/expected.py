"""What phones ask of a mouth that speaks plainly: the input of a model that learns how it is really moved.

The curves are those of the dominance model with every vowel half stressed and no style, each gesture weighted
with the phone's confidence, and the required contacts. T frames.

Weights that were trained on these curves need exactly them: a test holds what they are for one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.articulation.contacts import contact_curves
from elocute.articulation.dominance import Gestures, at_frames, blend, frame_times, smooth
from elocute.articulation.gestures import pieces, rates
from elocute.articulation.targets import CHANNELS
from elocute.audio.phone import SILENCE, Phone
from elocute.audio.phone_classes import BILABIALS, LABIODENTALS

CONTACTS: Final = ("seal", "bite", "seal_jaw", "bite_jaw")
SURE: Final = "sure"
MOUTH: Final[tuple[str, ...]] = (*CHANNELS, *(f"contact_{name}" for name in CONTACTS), SURE)
"""Names of the curves: channels, contacts, and how sure the phone is that is said."""
_SMOOTHING_SECONDS: Final = 0.018
_LEAST_WEIGHT: Final = 0.05
"""Of a phone that nobody believes in, so that it still beats the rest position where it is alone."""


def expected_mouth(phones: Sequence[Phone], frames: int) -> NDArray[np.float32]:
    """(T, len(MOUTH)) curves at frame centres."""
    curves = np.zeros((frames, len(MOUTH)), np.float32)
    if not phones or not frames:
        return curves
    falls = [rates(channel) for channel in CHANNELS]
    grid = blend(_gestures(phones), frames, [f[0] for f in falls], [f[1] for f in falls])
    curves[:, : len(CHANNELS)] = at_frames(smooth(grid, _SMOOTHING_SECONDS))
    contacts = contact_curves(phones, frames)
    for column, name in enumerate(CONTACTS, start=len(CHANNELS)):
        curves[:, column] = getattr(contacts, name)
    ends = np.array([phone.end for phone in phones])
    place = np.minimum(np.searchsorted(ends, frame_times(frames), side="right"), len(phones) - 1)
    curves[:, -1] = np.array([phone.confidence for phone in phones], np.float32)[place]
    return curves


def asked_of(labels: Sequence[str]) -> NDArray[np.float32]:
    """(N, len(CHANNELS) + 2) middle target of phones, then 1 where lips, or lip and teeth, must touch."""
    rows = np.zeros((len(labels), len(CHANNELS) + 2), np.float32)
    for row, label in zip(rows, labels, strict=True):
        if label != SILENCE:
            aims = [target for _, _, target, _ in pieces(Phone(label, 0.0, 0.1))]
            row[:-2] = np.mean([[aim.value(channel) for channel in CHANNELS] for aim in aims], axis=0)
        row[-2:] = label in BILABIALS, label in LABIODENTALS
    return rows


def _gestures(phones: Sequence[Phone]) -> Gestures:
    rows = []
    for phone in phones:
        weight = max(phone.confidence, _LEAST_WEIGHT)
        for start, end, target, strength in pieces(phone):
            values = [target.value(channel) for channel in CHANNELS]
            strengths = [target.strength(channel) * strength * weight for channel in CHANNELS]
            rows.append((start, end, values, strengths))
    columns = [np.array(column, np.float64) for column in zip(*rows, strict=True)]
    return Gestures(*columns)
