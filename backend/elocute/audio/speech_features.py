"""SpeechFeatures: the input of generators."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone, Word

FPS: Final = 25.0
SAMPLE_RATE: Final = 16000
MEL_BANDS: Final = 80
SUBFRAMES: Final = 4
ENERGY_FLOOR_DB: Final = -100.0
"""Lowest level of a frame, dB re full scale: that of digital silence."""


def frame_count(seconds: float) -> int:
    """Motion frames of a sound: ceil(seconds * 25), at least 1."""
    return max(math.ceil(seconds * FPS - 1e-6), 1)


@dataclass(frozen=True)
class SpeechFeatures:
    """Per-frame features at ``FPS``, T = ceil(seconds * FPS) frames, at least 1.

    Attributes:
        seconds: exact length of the audio.
        log_mel: (T, SUBFRAMES, MEL_BANDS) float32 natural log of mel power; (0, ...) :meth:`without_sound`.
        energy_db: (T,) float32 RMS level in dB relative to full scale, at least :data:`ENERGY_FLOOR_DB`.
        pitch_hz: (T,) float32 fundamental frequency, 0 where unvoiced.
        voicing: (T,) float32 share of the frame that is voiced, 0..1.
        phones: contiguous phones from 0 to ``seconds``, or None where none could be had.
        words: words with times where known, else empty.
        phone_source: how the phones were found: ``transcript``, ``transcript-ngram``, ``given``
            (with their times), ``recognition``, ``allphone``, ``silence`` or ``none``.
        transcript: what is said (given or recognised), or None.
        audio_sha256: hex digest of the file's bytes.
        notes: sentences for the user (words given a guessed pronunciation, fallbacks taken).
        sound_notes: those of ``notes`` that are about the recording itself, whatever a model hears of it.
        samples: (N,) float32 mono audio at ``SAMPLE_RATE``, for models with their own speech encoder,
            or None.
        makeshift: something went wrong on the way that need not happen again: the next time there may be
            other phones, so what is made of these is not to be kept for others.
        sound_begins: seconds of a film before its sound begins, which are silent here.
        muted: the recording holds sound, in which nothing is said: the features are those of silence.
    """

    seconds: float
    log_mel: NDArray[np.float32]
    energy_db: NDArray[np.float32]
    pitch_hz: NDArray[np.float32]
    voicing: NDArray[np.float32]
    phones: tuple[Phone, ...] | None
    words: tuple[Word, ...]
    phone_source: str
    transcript: str | None
    audio_sha256: str
    notes: tuple[str, ...] = ()
    sound_notes: tuple[str, ...] = ()
    samples: NDArray[np.float32] | None = None
    makeshift: bool = False
    muted: bool = False
    sound_begins: float = 0.0

    @property
    def frames(self) -> int:
        """Number of motion frames T."""
        return int(self.energy_db.shape[0])

    def without_sound(self) -> SpeechFeatures:
        """All but the samples and the mel power, which are large, and which models alone need."""
        return replace(self, log_mel=np.zeros((0, SUBFRAMES, MEL_BANDS), np.float32), samples=None)

    @property
    def silent(self) -> bool:
        """True where nothing at all is to be heard."""
        return bool((self.energy_db <= ENERGY_FLOOR_DB).all())
