"""A recording as a phone recogniser hears it: at an ordinary level and pace, piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phones.chunks import SILENCE_DB, cut_into_chunks, level_contour
from elocute.audio.phones.heard_symbols import LEAST_CLOSED_IN_NOISE, Hearing
from elocute.audio.phones.posteriors import PhoneRecogniser, Posteriors
from elocute.audio.phones.steady_noise import is_noisy, with_less_noise
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.audio.time_stretch import stretched

Samples = NDArray[np.float32]

PIECE_SECONDS: Final = 15.0
_LOUD_DB: Final = -20.0
_HIGHEST_GAIN_DB: Final = 50.0
_UNHEARD: Final = -20.0
_ORDINARY_PACE: Final = 11.5
_SLOW, _FAST = 5.5, 15.0
"""Sounds heard in a second of speech; ordinary speech lies between."""
_FASTEST_STRETCH: Final = 0.3
_SLOWEST_STRETCH: Final = 1.8
_FEWEST_FOR_PACE: Final = 4
_LONGEST_GAP: Final = 0.6


@dataclass(frozen=True)
class Heard:
    """What was heard, on a clock of its own.

    Attributes:
        hearing: of the whole recording.
        samples: the recording at the pace and level at which it was heard.
        level_db: its level every 10 ms.
        stretch: seconds on this clock for a second of the recording.
    """

    hearing: Hearing
    samples: Samples = field(repr=False)
    level_db: NDArray[np.float64] = field(repr=False)
    stretch: float

    @property
    def seconds(self) -> float:
        """Length on this clock."""
        return len(self.samples) / SAMPLE_RATE


def listen(samples: Samples, recogniser: PhoneRecogniser, report: Callable[[float], None]) -> Heard:
    """Hear a recording; once more at another pace where the speech is very slow or very fast.

    Args:
        samples: mono at 16 kHz.
        recogniser: of phones.
        report: told the share that is done; may raise to stop.
    """
    first = _hear(samples, recogniser, 1.0, lambda share: report(0.7 * share))
    stretch = _other_pace(first)
    if stretch is None:
        report(1.0)
        return first
    again = _hear(samples, recogniser, stretch, lambda share: report(0.7 + 0.3 * share))
    more = len(again.hearing.heard()) > len(first.hearing.heard())
    return again if more else first


def _hear(
    samples: Samples, recogniser: PhoneRecogniser, stretch: float, report: Callable[[float], None]
) -> Heard:
    paced = samples if stretch == 1.0 else stretched(samples, stretch)
    hop = round(recogniser.step * SAMPLE_RATE)
    frames = max(-(-len(paced) // hop), 1)
    log_probs = np.full((frames, len(recogniser.symbols)), _UNHEARD, np.float16)
    log_probs[:, recogniser.blank] = 0.0
    even = np.zeros(len(paced), np.float32)
    pieces = cut_into_chunks(paced, min(PIECE_SECONDS, recogniser.longest))
    for number, piece in enumerate(pieces):
        report(number / len(pieces))
        if not piece.audible:
            continue
        sound = at_ordinary_level(with_less_noise(paced[piece.start : piece.end]))
        even[piece.start : piece.end] = sound
        found = recogniser.hear(sound)
        start = round(piece.start / hop)
        found = found[: frames - start]
        log_probs[start : start + len(found)] = found
    posteriors = Posteriors(log_probs, recogniser.symbols, recogniser.blank, recogniser.step)
    hearing = Hearing(posteriors, LEAST_CLOSED_IN_NOISE if is_noisy(paced) else 0.0)
    return Heard(hearing, even, level_contour(even), stretch)


def at_ordinary_level(samples: Samples) -> Samples:
    """Samples whose loud parts are at -20 dB re full scale; silence around a word does not count."""
    level = level_contour(samples)
    audible = level[level > SILENCE_DB]
    loud = float(np.percentile(audible if len(audible) else level, 95))
    gain = 10.0 ** (min(_LOUD_DB - loud, _HIGHEST_GAIN_DB) / 20.0)
    even: Samples = np.clip(samples * np.float32(gain), -1.0, 1.0)
    return even


def _other_pace(heard: Heard) -> float | None:
    """By how much the recording must be stretched to be at an ordinary pace; None where it is."""
    times = np.array([sound.first for sound in heard.hearing.heard()]) * heard.hearing.posteriors.step
    if len(times) < _FEWEST_FOR_PACE:
        return None
    # a clock that stands in pauses
    pace = 1.0 / float(np.minimum(np.diff(times), _LONGEST_GAP).mean())
    if pace < _SLOW:
        return max(pace / _ORDINARY_PACE, _FASTEST_STRETCH)
    return min(pace / _ORDINARY_PACE, _SLOWEST_STRETCH) if pace > _FAST else None
