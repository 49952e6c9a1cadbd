"""Whether phones that were given belong to the recording that they are given with."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import SILENCE, Phone
from elocute.audio.phone_classes import VOWELS
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.errors import InputError

_OTHER_LENGTH_S: Final = 0.3
_OTHER_LENGTH_SHARE: Final = 0.05
_ROUNDING_S: Final = 5e-3
"""By which times may overlap that were written with two digits."""
SHORTEST_TO_TELL: Final = 2.0
"""Seconds of a recording from which its level tells whose phones they are."""
LEAST_LIKENESS: Final = 0.3
"""See :func:`likeness`."""
_LEVELS: Final = (
    (frozenset({"M", "N", "NG", "L", "R", "W", "Y"}), 0.8),
    (frozenset({"S", "SH", "Z", "ZH"}), 0.55),
    (frozenset({"P", "T", "K", "B", "D", "G", "CH", "JH"}), 0.35),
)
_LEVEL_OF_OTHERS: Final = 0.5
_QUIETEST_DB: Final = 50.0
_AROUND_S: Final = 0.5
_PARTS: Final = 4
"""Of a frame, at which phones are looked at."""
_FEWEST_FRAMES: Final = 5
_IN_COMMON: Final = 0.5
_UNSPACED: Final = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_LETTERS: Final = re.compile(rf"[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+")
"""Words; each letter by itself in scripts that do not space words, which aligners do."""

Span = tuple[float, float]


def notes_on_fit(
    sounds: Sequence[Span],
    phones: Sequence[Phone],
    length: float | None,
    speech: SpeechFeatures,
    *,
    timed: bool = True,
) -> list[str]:
    """Sentences that say in what the phones and the recording differ; none where they fit.

    Args:
        sounds: start and end of each phone and of each word that was given, silence apart.
        phones: as they fill the recording.
        length: seconds of the sound that they were made of, None where nobody says it.
        speech: of the recording.
        timed: whether somebody gave the time of every phone; else that of words was shared among theirs.

    Raises:
        InputError: all that is said lies behind the end of the recording.
    """
    late = sum(start >= speech.seconds for start, _ in sounds)
    if sounds and late == len(sounds):
        raise InputError(
            f"The recording ends after {speech.seconds:.2f} s, before all that the file of phones holds.",
            "Give the phones of this recording, with times from its beginning.",
            code="bad_phone_file",
        )
    notes = []
    if late:
        notes.append(
            f"{late} of the {len(sounds)} words and phones given begin after the end of the recording "
            "and are left out."
        )
    if length is not None and abs(length - speech.seconds) > max(
        _OTHER_LENGTH_S, _OTHER_LENGTH_SHARE * speech.seconds
    ):
        notes.append(
            f"The phones given are those of {length:.2f} s of sound, but the recording lasts "
            f"{speech.seconds:.2f} s: they may be another recording's."
        )
    elif timed and speech.seconds >= SHORTEST_TO_TELL and likeness(phones, speech) < LEAST_LIKENESS:
        notes.append(
            "The recording is not loud and soft where the phones given would make it so: they may be another "
            "recording's."
        )
    elif _louder_in_its_pauses(phones, speech):
        notes.append(
            "The recording is louder where the phones given have silence than where they have sounds: they "
            "may be another recording's."
        )
    return notes


def likeness(phones: Sequence[Phone], speech: SpeechFeatures) -> float:
    """Correlation of a recording's level with that which phones have on average, both without what changes
    over more than a second: near 0 for phones of another recording, 0.6 to 0.9 for its own, and 1 where the
    level of either does not change (`python -m scripts.bench.other_phones`).

    Args:
        phones: without gaps, from 0 to the end of the recording.
        speech: of the recording.
    """
    middles = (np.arange(speech.frames * _PARTS) + 0.5) / (FPS * _PARTS)
    place = np.minimum(np.searchsorted([phone.end for phone in phones], middles), len(phones) - 1)
    levels = np.array([_level(phone.label) for phone in phones])[place].reshape(-1, _PARTS).mean(axis=1)
    heard = np.maximum(speech.energy_db, speech.energy_db.max() - _QUIETEST_DB).astype(np.float64)
    one, other = _quick_changes(levels), _quick_changes(heard)
    size = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / size if size > 0 else 1.0


def _level(label: str) -> float:
    """How loud a phone is beside others, 0 for silence, 1 for a vowel."""
    if label == SILENCE:
        return 0.0
    if label in VOWELS:
        return 1.0
    return next((level for labels, level in _LEVELS if label in labels), _LEVEL_OF_OTHERS)


def _quick_changes(track: NDArray[np.float64]) -> NDArray[np.float64]:
    """A track without its mean over half a second to both sides."""
    around = round(_AROUND_S * FPS)
    slow = np.convolve(
        np.pad(track, around, mode="edge"), np.full(2 * around + 1, 1 / (2 * around + 1)), "valid"
    )
    quick: NDArray[np.float64] = track - slow
    quick -= quick.mean()
    return quick


def notes_on_overlaps(phones: Sequence[Phone]) -> list[str]:
    """A sentence where phones, given or of words that were given, begin before another has ended."""
    ordered = sorted((phone.start, phone.end) for phone in phones if phone.label != SILENCE)
    early = [one[0] for before, one in itertools.pairwise(ordered) if before[1] - one[0] > _ROUNDING_S]
    if not early:
        return []
    return [
        f"{len(early)} of the {len(ordered)} phones given begin before another has ended, the first at "
        f"{early[0]:.2f} s: the earlier one is kept, the later one shortened or left out."
    ]


def tell_other_words(one: str, other: str) -> bool:
    """Whether two texts have less than half of their words in common: not so where a few were corrected,
    or numbers were written out."""
    words, others = (
        Counter(_LETTERS.findall(unicodedata.normalize("NFC", text).casefold())) for text in (one, other)
    )
    return (words & others).total() < _IN_COMMON * min(words.total(), others.total())


def _louder_in_its_pauses(phones: Sequence[Phone], speech: SpeechFeatures) -> bool:
    said = np.zeros(speech.frames, bool)
    for phone in phones:
        if phone.label != SILENCE:
            said[round(phone.start * FPS) : round(phone.end * FPS)] = True
    if min(said.sum(), (~said).sum()) < _FEWEST_FRAMES:
        return False
    return bool(speech.energy_db[~said].mean() > speech.energy_db[said].mean())
