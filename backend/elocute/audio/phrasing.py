"""Prosody: phrases, prominent syllables, and final pitch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute import filters
from elocute.audio.phone import SILENCE, Phone
from elocute.audio.phone_classes import DIPHTHONGS, VOWELS
from elocute.audio.speech_features import FPS, SpeechFeatures

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_PHRASE_PAUSE_SECONDS: Final = 0.16
_LOCAL_SYLLABLES: Final = 11
_ACCENT_SPACING_SECONDS: Final = 0.34


@dataclass(frozen=True)
class Syllable:
    """A syllable's nucleus: start and end in seconds, prominence 0..1, and whether it is accented."""

    start: float
    end: float
    prominence: float
    accented: bool
    phone_index: int | None

    @property
    def centre(self) -> float:
        """Seconds at the middle of the nucleus."""
        return 0.5 * (self.start + self.end)


@dataclass(frozen=True)
class Phrase:
    """Speech between two pauses.

    Attributes:
        start, end: seconds.
        pause_before: seconds of silence before it.
        pause_after: seconds of silence after it.
        final_rise: semitones by which the pitch at its end lies over its median, 0 if unknown.
    """

    start: float
    end: float
    pause_before: float
    pause_after: float
    final_rise: float


@dataclass(frozen=True)
class Prosody:
    """What the sound says beyond the phones.

    Attributes:
        syllables: in order of time.
        phrases: in order of time.
        activity: (T,) how much speech there is around each frame, smooth, 0..1.
        loudness: (T,) smooth level relative to the neighbourhood's, about -1 (much softer) to 1.
    """

    syllables: tuple[Syllable, ...]
    phrases: tuple[Phrase, ...]
    activity: FloatArray
    loudness: FloatArray

    def prominence_of_phones(self) -> dict[int, float]:
        """Index of a vowel in the phones -> its prominence."""
        return {s.phone_index: s.prominence for s in self.syllables if s.phone_index is not None}


def analyse_prosody(speech: SpeechFeatures) -> Prosody:
    """Find phrases and prominent syllables in the sound, with the phones where there are any."""
    semitones = _semitones(speech)
    nuclei: list[tuple[float, float, int | None]]
    if speech.phones is None:
        spans = _spans_of(speaking_frames(speech))
        nuclei = _nuclei_from_sound(speech)
    else:
        spans = _spans_from_phones(speech.phones)
        nuclei = [(p.start, p.end, i) for i, p in enumerate(speech.phones) if p.label in VOWELS]
    phrases = _phrases(spans, speech, semitones)
    return Prosody(
        syllables=_syllables(nuclei, speech, semitones),
        phrases=phrases,
        activity=_activity(phrases, speech.frames),
        loudness=_loudness(speech),
    )


def speaking_frames(speech: SpeechFeatures) -> BoolArray:
    """(T,) true where the level stands out of the noise floor; all false in silence."""
    level = speech.energy_db.astype(np.float64)
    top, floor = np.percentile(level, 95), np.percentile(level, 10)
    if top < -60.0:
        return np.zeros(speech.frames, bool)
    gate = max(top - 32.0, min(floor + 10.0, top - 12.0))
    speaking: BoolArray = filters.median(level > gate, 3)
    return speaking


def _semitones(speech: SpeechFeatures) -> FloatArray:
    """(T,) pitch in semitones over the clip's median; NaN where unvoiced."""
    pitch = speech.pitch_hz.astype(np.float64)
    voiced = pitch > 0
    result = np.full(len(pitch), np.nan)
    if voiced.any():
        result[voiced] = 12.0 * np.log2(pitch[voiced] / np.median(pitch[voiced]))
    # Further away than this is an octave error or a hiss taken for a voice.
    result[np.abs(result) > 11.0] = np.nan
    return result


def _spans_from_phones(phones: Sequence[Phone]) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    for phone in phones:
        if phone.label == SILENCE:
            continue
        if spans and phone.start - spans[-1][1] < _PHRASE_PAUSE_SECONDS:
            spans[-1] = (spans[-1][0], phone.end)
        else:
            spans.append((phone.start, phone.end))
    return spans


def _spans_of(speaking: BoolArray) -> list[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], speaking, [False]]).astype(np.int8)))
    spans: list[tuple[float, float]] = []
    for start, end in zip(edges[::2] / FPS, edges[1::2] / FPS, strict=True):
        if spans and start - spans[-1][1] < _PHRASE_PAUSE_SECONDS + 0.04:
            spans[-1] = (spans[-1][0], float(end))
        else:
            spans.append((float(start), float(end)))
    return spans


def _phrases(
    spans: Sequence[tuple[float, float]], speech: SpeechFeatures, semitones: FloatArray
) -> tuple[Phrase, ...]:
    phrases = []
    for n, (start, end) in enumerate(spans):
        before = spans[n - 1][1] if n else 0.0
        after = spans[n + 1][0] if n + 1 < len(spans) else speech.seconds
        phrases.append(
            Phrase(start, end, start - before, max(after - end, 0.0), _rise(semitones, start, end))
        )
    return tuple(phrases)


def _rise(semitones: FloatArray, start: float, end: float) -> float:
    inside = semitones[int(start * FPS) : int(np.ceil(end * FPS))]
    tail = semitones[max(int((end - 0.28) * FPS), 0) : int(np.ceil(end * FPS))]
    if np.isfinite(tail).sum() < 2 or np.isfinite(inside).sum() < 6:
        return 0.0
    return float(np.nanpercentile(tail, 75) - np.nanmedian(inside))


def _nuclei_from_sound(speech: SpeechFeatures) -> list[tuple[float, float, int | None]]:
    """Syllable nuclei as peaks of the level, for speech without phones."""
    level = filters.gaussian(speech.energy_db.astype(np.float64), 1.0, ends="symmetric")
    peaks = filters.peaks(level, apart=4, prominence=2.5)
    speaking = speaking_frames(speech)
    return [((p - 1) / FPS, (p + 2) / FPS, None) for p in peaks if speaking[p]]


def _syllables(
    nuclei: Sequence[tuple[float, float, int | None]], speech: SpeechFeatures, semitones: FloatArray
) -> tuple[Syllable, ...]:
    if not nuclei:
        return ()
    ranges = [_frame_range(start, end, speech.frames) for start, end, _ in nuclei]
    level = np.array([float(speech.energy_db[a:b].max()) for a, b in ranges])
    pitch = np.array([_mean_or_nan(semitones[max(a - 1, 0) : b + 1]) for a, b in ranges])
    pitch = np.where(np.isfinite(pitch), pitch, np.nanmedian(pitch) if np.isfinite(pitch).any() else 0.0)
    length = np.log(np.array([_relative_length(n, speech) for n in nuclei]))
    # Level, pitch and length all mark stress (Fry 1955, 1958); each is taken relative to its
    # neighbours, so that a fading voice or a falling intonation does not hide it.
    score = 0.40 * _local(level, 4.0) + 0.35 * _local(pitch, 2.0) + 0.35 * _local(length, 0.35)
    prominence = 1.0 / (1.0 + np.exp(-1.6 * score))
    accented = _accents(prominence, nuclei)
    return tuple(
        Syllable(start, end, float(p), bool(a), index)
        for (start, end, index), p, a in zip(nuclei, prominence, accented, strict=True)
    )


def _relative_length(nucleus: tuple[float, float, int | None], speech: SpeechFeatures) -> float:
    """Length of the nucleus over the usual length of its vowel; diphthongs are longer by nature."""
    start, end, index = nucleus
    usual = 0.10
    if index is not None and speech.phones is not None and speech.phones[index].label in DIPHTHONGS:
        usual = 0.14
    return max(end - start, 0.01) / usual


def _frame_range(start: float, end: float, frames: int) -> tuple[int, int]:
    first = min(max(int(start * FPS), 0), frames - 1)
    return first, min(max(int(np.ceil(end * FPS)), first + 1), frames)


def _mean_or_nan(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def _local(values: FloatArray, least_spread: float) -> FloatArray:
    """Deviation from the running median in units of the clip's robust spread, within -2.5..2.5."""
    centre = filters.median(values, min(_LOCAL_SYLLABLES, len(values)))
    deviation = values - centre
    spread = max(1.4826 * float(np.median(np.abs(deviation))), least_spread)
    result: FloatArray = np.clip(deviation / spread, -2.5, 2.5)
    return result


def _accents(prominence: FloatArray, nuclei: Sequence[tuple[float, float, int | None]]) -> BoolArray:
    """The most prominent syllables, at least ``_ACCENT_SPACING_SECONDS`` apart."""
    centres = np.array([0.5 * (start + end) for start, end, _ in nuclei])
    accented = np.zeros(len(prominence), bool)
    for n in range(len(prominence)):
        near = slice(
            int(np.searchsorted(centres, centres[n] - _ACCENT_SPACING_SECONDS)),
            int(np.searchsorted(centres, centres[n] + _ACCENT_SPACING_SECONDS, side="right")),
        )
        accented[n] = prominence[n] > 0.56 and prominence[n] >= prominence[near].max()
    return accented


def _activity(phrases: Sequence[Phrase], frames: int) -> FloatArray:
    inside = np.zeros(frames)
    for phrase in phrases:
        inside[int(phrase.start * FPS) : int(np.ceil(phrase.end * FPS))] = 1.0
    activity: FloatArray = filters.gaussian(inside, 0.35 * FPS)
    return activity


def _loudness(speech: SpeechFeatures) -> FloatArray:
    level = np.maximum(speech.energy_db.astype(np.float64), -70.0)
    near = filters.gaussian(level, 1.2)
    wide = filters.gaussian(level, 0.5 * FPS)
    loudness: FloatArray = np.tanh((near - wide) / 9.0)
    return loudness
