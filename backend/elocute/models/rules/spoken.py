"""The gestures of phones as they are spoken: by style, stress, rate and effort, and as open as they sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute import filters
from elocute.articulation.dominance import Gestures
from elocute.articulation.gestures import pieces
from elocute.articulation.targets import CHANNELS, PhoneTarget
from elocute.audio.phone import SILENCE, Phone
from elocute.audio.phone_classes import BILABIALS, VOWELS
from elocute.models.rules.heard import Heard
from elocute.models.rules.mouth import JAW
from elocute.models.rules.style import RulesStyle
from elocute.models.rules.style_track import StyleTrack

FloatArray = NDArray[np.float64]

_PARTING: Final = [CHANNELS.index("upper"), CHANNELS.index("lower")]
_JAW_OF_FORMANT: Final = 0.8
"""Jaw for a step of 1 in the logarithm of the first formant. Targets go from 0.13 (IY) to 0.47 (AA) while the
formant grows by e (Peterson and Barney 1952), 0.34 a step; but in running speech neighbours take more than
half of what a vowel asks for, and what is measured is what came out."""
_FORMANT_SHARE: Final = 0.75
"""How much of a vowel's opening comes from its sound, where that can be measured; the rest is its phone's."""
_MIDDLE_JAW: Final = 0.27
"""Opening of a vowel with the speaker's middle first formant: that of the middle of the vowels' targets."""
_LEAST_JAW: Final = 0.04
_PARTING_OF_FORMANT: Final = 1.2
"""Lips part with the jaw: exponent of the formant's ratio."""
_MEASURED_STRENGTH: Final = 2.0
"""Measured openings already contain the pull of the neighbours, and insist accordingly."""
_EFFORT_PER_DB: Final = 0.03
"""A shout, 20 to 30 dB louder, about doubles the opening (Schulman 1989)."""
_PACE_PHONES: Final = 9
_USUAL_PHONE_SECONDS: Final = 0.085
_PACE_POWER: Final = 0.4
_PACE_LIMITS: Final = (0.75, 1.3)
_START_SHUT: Final = BILABIALS | {SILENCE}
_READY: Final = PhoneTarget(0.06, 0.6, 0.4, upper=0.03, lower=0.08)
"""The mouth a moment before it speaks: lips part 0.1 to 0.2 s before the sound (Kawamoto et al. 2008)."""
_READY_SECONDS: Final = (0.10, 0.05)
_READY_PAUSE_SECONDS: Final = 0.34
_READY_EARLIER_SECONDS: Final = 0.06

Piece = tuple[float, float, PhoneTarget, float]


def spoken_gestures(
    phones: Sequence[Phone], prominence: Mapping[int, float], heard: Heard, style: StyleTrack
) -> Gestures:
    """What pulls where.

    Args:
        phones: what is said and when.
        prominence: index of a vowel in ``phones`` -> 0 (reduced) .. 1 (strongly stressed).
        heard: how openly and how loudly the vowels were spoken.
        style: articulation, jaw and lip strengths over the motion frames.
    """
    spans: list[tuple[float, float]] = []
    targets: list[FloatArray] = []
    strengths: list[FloatArray] = []
    paces: list[float] = []
    hurry = _hurry(phones)
    for index, phone in enumerate(phones):
        now = style.at(0.5 * (phone.start + phone.end))
        stress = prominence.get(index, 0.5) if phone.label in VOWELS else None
        scale = _channel_scale(now, stress)
        weight = 1.0 if stress is None else 0.75 + 0.5 * stress
        for number, (start, end, target, strength) in enumerate(_pieces(phones, index)):
            values = np.array([target.value(channel) for channel in CHANNELS]) * scale
            pulls = np.array([target.strength(channel) for channel in CHANNELS]) * strength * weight
            if stress is not None:
                louder = 1.0 + _EFFORT_PER_DB * heard.effort_at(0.5 * (start + end))
                values[JAW] *= louder
                values[_PARTING] *= louder
                open_by = heard.openness.get((index, number))
                if open_by is not None:
                    _open_as_heard(values, pulls, open_by, now)
            spans.append((start, end))
            targets.append(values)
            strengths.append(pulls)
            # Slurred speech blends over longer stretches; hurried gestures are quicker.
            paces.append((0.55 + 0.45 * now.articulation) * hurry[index])
    edges = np.array(spans).reshape(-1, 2)
    shape = (-1, len(CHANNELS))
    return Gestures(
        start=edges[:, 0],
        end=edges[:, 1],
        targets=np.array(targets).reshape(shape),
        strengths=np.array(strengths).reshape(shape),
        pace=np.array(paces),
    )


def _open_as_heard(values: FloatArray, pulls: FloatArray, open_by: float, style: RulesStyle) -> None:
    """Move a vowel's jaw and lips, in place, to where its first formant says that they were."""
    sounds = max(_MIDDLE_JAW + _JAW_OF_FORMANT * open_by, _LEAST_JAW)
    values[JAW] += _FORMANT_SHARE * (style.jaw * style.articulation**0.5 * sounds - values[JAW])
    values[_PARTING] *= np.exp(_PARTING_OF_FORMANT * open_by)
    pulls[JAW] *= _MEASURED_STRENGTH


def _pieces(phones: Sequence[Phone], index: int) -> list[Piece]:
    """The gestures of a phone; a pause before speech that starts with open lips ends with the mouth ready."""
    phone = phones[index]
    speaks = index + 1 < len(phones) and phones[index + 1].label not in _START_SHUT
    if phone.label != SILENCE or not speaks or phone.duration < _READY_PAUSE_SECONDS:
        return pieces(phone)
    start, end, target, strength = pieces(phone)[0]
    early, late = _READY_SECONDS
    return [
        (min(start, end - _READY_EARLIER_SECONDS), end - _READY_EARLIER_SECONDS, target, strength),
        (phone.end - early, phone.end - late, _READY, 1.0),
    ]


def _hurry(phones: Sequence[Phone]) -> FloatArray:
    """(N,) how much quicker than usual the gestures of each phone are, by the length of the phones around it.

    Fast talkers both move faster and reach less far (Kuehn and Moll 1976; Gay 1981): speed grows with a power
    of the rate below 1, so that overlap grows with the rest.
    """
    lengths = np.array([phone.duration for phone in phones])
    spoken = np.array([phone.label != SILENCE for phone in phones], bool)
    pace = np.ones(len(phones))
    if spoken.any():
        usual = filters.median(lengths[spoken], min(_PACE_PHONES, int(spoken.sum())))
        ratio = (_USUAL_PHONE_SECONDS / np.maximum(usual, 0.01)) ** _PACE_POWER
        pace[spoken] = np.clip(ratio, *_PACE_LIMITS)
    return pace


def _channel_scale(style: RulesStyle, stress: float | None) -> FloatArray:
    """What style and stress multiply a target by; ``stress`` is None for consonants."""
    emphasis = 1.0 if stress is None else 0.62 + 0.76 * stress
    lip_emphasis = 1.0 if stress is None else 0.85 + 0.30 * stress
    reach = style.articulation**0.5
    scale = np.full(len(CHANNELS), style.lip * reach * lip_emphasis)
    scale[JAW] = style.jaw * reach * emphasis
    scale[CHANNELS.index("tongue")] = 1.0
    return scale
