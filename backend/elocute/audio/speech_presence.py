"""Whether anything is said in a sound, and where: signal processing alone, quick, in any language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phones.chunks import level_contour
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.audio.speech_measures import MEASURES, WINDOW_SECONDS, FloatArray, measure_speech

Reason = Literal["", "silence", "too quiet", "noise", "music"]

INAUDIBLE_DB: Final = -70.0
"""Level under which nothing is taken for speech, dB re full scale, of 30 ms."""

_DIGITAL_SILENCE_DB = -110.0
_LIKE_SPEECH = -0.7
"""Score of the most speech-like second from which a sound counts as speech. To let noise or music move the
lips is the smaller harm, so the line is drawn below 0, where both would be equally likely."""

_LIKE_SPEECH_IF_TOLD = -1.6
"""The same where the user says that something is spoken."""

_TOO_SHORT_TO_TELL_S = 0.5
_AS_LOUD_AS_SPEECH_DB = 30.0
_STEADY = 0.3
_STEADY_UNCHANGING = 0.55
_CHANGING = -0.6

# A logistic regression on the measures and their products, fitted to 1,500 synthesized and processed
# utterances against 650 noises and pieces of music: docs/speech.md says how, and what it reaches on others.
_CENTRE = np.array([0.900, 0.690, 0.148, 0.325, 0.324, 2.006, 0.861, 0.369])
_SPREAD = np.array([0.849, 0.799, 1.493, 0.231, 0.279, 0.748, 0.241, 0.227])
_FARTHEST = 2.5
_CONSTANT = 6.754
_LINEAR = np.array([0.136, 1.416, -0.987, -0.801, -0.992, 0.919, 1.422, 0.468])
_PRODUCTS = np.array(
    [
        (-3.035, -0.383, -1.660, 0.234, -0.959, 1.187, -0.388, 1.312),
        (0.0, -2.417, -0.741, 1.244, -0.772, -0.036, 2.374, -0.556),
        (0.0, 0.0, -0.844, -1.775, -0.592, 0.937, 0.356, 0.184),
        (0.0, 0.0, 0.0, -3.269, -0.092, 1.575, 0.721, -0.982),
        (0.0, 0.0, 0.0, 0.0, -2.087, -1.104, -0.089, -0.303),
        (0.0, 0.0, 0.0, 0.0, 0.0, -1.088, 0.384, -1.327),
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.637, 0.389),
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.157),
    ]
)


@dataclass(frozen=True)
class SpeechPresence:
    """What a sound holds.

    Attributes:
        spans_s: (start, end) in seconds of stretches that are like speech, in order, apart from each other,
            to about half a second. Empty where nothing is said.
        level_db: level of the loudest 30 ms, dB re full scale, at least -120.
        reason: why nothing is said, or "" where something is.
    """

    spans_s: tuple[tuple[float, float], ...]
    level_db: float
    reason: Reason

    @property
    def spoken(self) -> bool:
        """True where something is said."""
        return self.reason == ""


def speech_presence(samples: NDArray[np.float32], *, told: bool = False) -> SpeechPresence:
    """Tell whether anything is said.

    Whispered, sung, robotic and telephone speech counts, and speech over noise or music 5 dB below it.
    Under half a second only the level is looked at.

    Args:
        samples: (N,) mono at 16 kHz, N at least 1.
        told: the user has said that something is spoken, for example by giving the words: only what is
            clearly no speech is then called so.
    """
    seconds = len(samples) / SAMPLE_RATE
    level = _loudest_db(samples)
    if level < INAUDIBLE_DB:
        return SpeechPresence((), level, "silence" if level < _DIGITAL_SILENCE_DB else "too quiet")
    if seconds < _TOO_SHORT_TO_TELL_S:
        return SpeechPresence(((0.0, seconds),), level, "")
    measures = measure_speech(samples)
    # Faint sounds between louder ones say nothing about what the sound is.
    counted = measures.level_db >= max(float(measures.level_db.max()) - _AS_LOUD_AS_SPEECH_DB, INAUDIBLE_DB)
    score = np.where(counted, _score(measures.values), -np.inf)
    line = _LIKE_SPEECH_IF_TOLD if told else _LIKE_SPEECH
    spoken = score >= line
    if not counted.any():  # a click amid silence: no stretch of it is loud enough
        return SpeechPresence((), level, "noise")
    if not spoken.any():
        return SpeechPresence((), level, _kind_of(measures.values[counted]))
    return SpeechPresence(_spans(measures.start_s[spoken], seconds), level, "")


def _loudest_db(samples: NDArray[np.float32]) -> float:
    """Level of the loudest 30 ms, dB re full scale."""
    return float(level_contour(samples).max())


def _score(values: FloatArray) -> FloatArray:
    """(W,) natural log of the odds that a window of :data:`MEASURES` is speech."""
    scaled = np.clip((values - _CENTRE) / _SPREAD, -_FARTHEST, _FARTHEST)
    products = np.einsum("wi,ij,wj->w", scaled, _PRODUCTS, scaled)
    return np.asarray(_CONSTANT + scaled @ _LINEAR + products)


def _kind_of(values: FloatArray) -> Literal["noise", "music"]:
    """Music where tones are held; a hum is held too, but less, and does not change."""
    steady = float(np.median(values[:, MEASURES.index("steadiness")]))
    moving = np.maximum(values[:, MEASURES.index("turning")], values[:, MEASURES.index("detail")])
    changing = float(np.percentile(moving, 90))
    least = _STEADY if changing > _CHANGING else _STEADY_UNCHANGING
    return "music" if steady > least else "noise"


def _spans(starts: FloatArray, seconds: float) -> tuple[tuple[float, float], ...]:
    """Windows that overlap or touch, joined."""
    spans: list[tuple[float, float]] = []
    for start in starts:
        end = min(float(start) + WINDOW_SECONDS, seconds)
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((float(start), end))
    return tuple(spans)
