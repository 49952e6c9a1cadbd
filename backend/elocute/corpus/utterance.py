"""Sentences joined with pauses to one utterance at 16 kHz, with exact phone times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import soxr
from numpy.typing import NDArray

from elocute.audio.phone import SILENCE, Phone
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.corpus.spoken import Spoken

EDGE_SECONDS = 0.06
"""Silence that a sentence keeps at both ends; the engines' own is longer and always the same."""
_FADE_SECONDS = 0.01
_LOUDNESS_DB = -23.0


@dataclass(frozen=True)
class Utterance:
    """Speech with exact phones.

    Attributes:
        samples: (N,) float32 mono at 16 kHz.
        phones: contiguous from 0 to N / 16000.
    """

    samples: NDArray[np.float32] = field(repr=False)
    phones: tuple[Phone, ...]

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE

    def pauses(self, shortest: float) -> list[Phone]:
        """Silences of at least ``shortest`` seconds."""
        return [phone for phone in self.phones if phone.label == SILENCE and phone.duration >= shortest]


def at_corpus_rate(spoken: Spoken) -> Utterance:
    """What an engine said, resampled to 16 kHz, with long silences at its ends cut."""
    samples = spoken.samples
    if spoken.rate != SAMPLE_RATE:
        samples = soxr.resample(samples, spoken.rate, SAMPLE_RATE).astype(np.float32)
    total = len(samples) / SAMPLE_RATE
    first, last = spoken.phones[0], spoken.phones[-1]
    begin = max(first.end - EDGE_SECONDS, 0.0) if first.label == SILENCE else 0.0
    end = min(last.start + EDGE_SECONDS, total) if last.label == SILENCE else total
    low, high = round(begin * SAMPLE_RATE), round(end * SAMPLE_RATE)
    begin = low / SAMPLE_RATE
    piece = samples[low:high].copy()
    fade = min(round(_FADE_SECONDS * SAMPLE_RATE), len(piece) // 2)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    piece[:fade] *= ramp
    piece[len(piece) - fade :] *= ramp[::-1]
    return Utterance(piece, _between(spoken.phones, begin, len(piece) / SAMPLE_RATE))


def joined(parts: Sequence[Utterance], pauses: Sequence[float]) -> Utterance:
    """Parts one after the other.

    Args:
        parts: the sentences.
        pauses: seconds of silence before the first, between, and after the last; one more than ``parts``.
    """
    pieces: list[NDArray[np.float32]] = []
    phones: list[Phone] = []
    place = 0
    for number, pause in enumerate(pauses):
        gap = round(pause * SAMPLE_RATE)
        if gap:
            pieces.append(np.zeros(gap, np.float32))
            _append(phones, SILENCE, (place + gap) / SAMPLE_RATE)
            place += gap
        if number < len(parts):
            part = parts[number]
            pieces.append(part.samples)
            for phone in part.phones:
                _append(phones, phone.label, place / SAMPLE_RATE + phone.end)
            place += len(part.samples)
    samples = np.concatenate(pieces)
    phones[-1] = Phone(phones[-1].label, phones[-1].start, len(samples) / SAMPLE_RATE)
    return Utterance(_levelled(samples), tuple(phones))


def resampled(utterance: Utterance, factor: float) -> Utterance:
    """Played ``factor`` times as fast: tempo, pitch and formants change together."""
    samples = soxr.resample(utterance.samples, SAMPLE_RATE * factor, SAMPLE_RATE).astype(np.float32)
    scale = len(samples) / len(utterance.samples)
    phones: list[Phone] = []
    for phone in utterance.phones:
        _append(phones, phone.label, phone.end * scale)
    phones[-1] = Phone(phones[-1].label, phones[-1].start, len(samples) / SAMPLE_RATE)
    return Utterance(samples, tuple(phones))


def _levelled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Brought to a usual loudness, judged by its louder parts."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    level = np.sqrt(np.square(frames, dtype=np.float64).mean(axis=1))
    loud = float(np.sqrt(np.square(level[level >= np.percentile(level, 60)]).mean()))
    gain = 10.0 ** (_LOUDNESS_DB / 20.0) / max(loud, 1e-6)
    return np.asarray(samples * np.float32(gain), np.float32)


def _between(phones: Sequence[Phone], begin: float, seconds: float) -> tuple[Phone, ...]:
    """Phones from ``begin`` on, for ``seconds``."""
    kept: list[Phone] = []
    for phone in phones:
        end = min(phone.end - begin, seconds)
        if end > (kept[-1].end if kept else 0.0):
            _append(kept, phone.label, end)
    kept[-1] = Phone(kept[-1].label, kept[-1].start, seconds)
    return tuple(kept)


def _append(phones: list[Phone], label: str, end: float) -> None:
    """Add a phone that begins where the last one ends; two silences in a row become one."""
    if phones and phones[-1].label == label == SILENCE:
        phones[-1] = Phone(SILENCE, phones[-1].start, end)
    else:
        phones.append(Phone(label, phones[-1].end if phones else 0.0, end))
