"""Input of the phonetic speech encoder: sound normalised between recordings, phones, what they ask for.

T motion frames at 25 a second, SUBFRAMES = 4 steps of 10 ms each. numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.articulation.expected import MOUTH, expected_mouth
from elocute.audio.phone import ARPABET, SILENCE, Phone
from elocute.audio.speech_features import FPS, MEL_BANDS, SUBFRAMES, SpeechFeatures

FloatArray = NDArray[np.float32]

LABELS: Final[tuple[str, ...]] = (SILENCE, *ARPABET)
LABEL_INDEX: Final[dict[str, int]] = {label: index for index, label in enumerate(LABELS)}
BANDS: Final = 40
"""Mel bands after neighbours are averaged: speech needs no finer ones, and fewer overfit less."""
PROSODY: Final = 4
SOUND_WIDTH: Final = SUBFRAMES * BANDS + PROSODY
PHONE_WIDTH: Final = SUBFRAMES * len(LABELS)
MOUTH_WIDTH: Final = len(MOUTH)
TOLD: Final = "transcript"
SOURCES: Final[tuple[str, ...]] = (TOLD, "recognition", "allphone")
"""How far phones can be trusted; a row without any of them has no phones."""

_SOURCE_OF: Final[dict[str, str]] = {
    "transcript": "transcript",
    "transcript-ngram": "transcript",
    "exact": "transcript",
    "given": "transcript",
    "silence": "transcript",
    "recognition": "recognition",
    "allphone": "allphone",
}
_FLOOR_BELOW_TOP: Final = 9.0
"""Log power under the loud frames at which sound counts as silence; recordings differ in what lies below."""
_SPEECH_DB: Final = 30.0
_MEL_SPREAD: Final = 2.0
_ENERGY_SPREAD: Final = 12.0
_PITCH_SPREAD: Final = 6.0


@dataclass(frozen=True)
class PhoneticInput:
    """Arrays for the encoder.

    Attributes:
        sound: (T, SOUND_WIDTH) four sub-frames of relative log-mel, then level, pitch, voicing, voiced.
        phones: (T, PHONE_WIDTH) which phone each sub-frame belongs to, one-hot; zeros without phones.
        mouth: (T, MOUTH_WIDTH) what the phones ask of the mouth; zeros without phones.
        source: (len(SOURCES),) one-hot how the phones were found; zeros without phones.
        heard: False where the model is to do without the sound, as it sometimes did in training.
    """

    sound: FloatArray
    phones: FloatArray
    mouth: FloatArray
    source: FloatArray
    heard: bool = True

    @property
    def frames(self) -> int:
        """Number of motion frames T."""
        return len(self.sound)

    def part(self, first: int, last: int) -> PhoneticInput:
        """The frames ``first`` .. ``last`` - 1."""
        here = slice(first, last)
        return PhoneticInput(self.sound[here], self.phones[here], self.mouth[here], self.source, self.heard)


def phonetic_input(speech: SpeechFeatures, *, heard: bool = True) -> PhoneticInput:
    """The arrays of a recording; with ``heard`` False the model is told the phones alone."""
    sound = sound_rows(speech.log_mel, speech.energy_db, speech.pitch_hz, speech.voicing)
    if speech.phones is None:
        phones = np.zeros((speech.frames, PHONE_WIDTH), np.float32)
        mouth = np.zeros((speech.frames, MOUTH_WIDTH), np.float32)
    else:
        phones = phone_rows(speech.phones, speech.frames)
        mouth = expected_mouth(speech.phones, speech.frames)
    source = None if speech.phones is None else speech.phone_source
    return PhoneticInput(sound, phones, mouth, source_row(source), heard)


def sound_rows(
    log_mel: NDArray[np.floating], energy_db: FloatArray, pitch_hz: FloatArray, voicing: FloatArray
) -> FloatArray:
    """Relative sound features (T, SOUND_WIDTH).

    Each band's mean over the loud frames is taken away, which takes the microphone and the room's tone
    with it, and so is the clip's own level; pitch counts from the speaker's median.

    Args:
        log_mel: (T, SUBFRAMES, MEL_BANDS) natural log of power.
        energy_db: (T,) level.
        pitch_hz: (T,) 0 where unvoiced.
        voicing: (T,) share that is voiced.
    """
    frames = len(log_mel)
    mel = (
        log_mel.astype(np.float32, copy=False)
        .reshape(frames, SUBFRAMES, BANDS, MEL_BANDS // BANDS)
        .mean(axis=3)
    )
    top_db = float(np.percentile(energy_db, 95))
    loud = energy_db > top_db - _SPEECH_DB
    if not loud.any():
        loud[:] = True
    level = float(np.percentile(mel[loud].mean(axis=2), 95))
    np.maximum(mel, level - _FLOOR_BELOW_TOP, out=mel)
    mel -= mel[loud].mean(axis=(0, 1))
    mel /= _MEL_SPREAD
    voiced = pitch_hz > 0
    pitch = np.zeros(frames, np.float32)
    if voiced.any():
        semitones = 12.0 * np.log2(pitch_hz[voiced] / np.median(pitch_hz[voiced]))
        pitch[voiced] = np.clip(semitones / _PITCH_SPREAD, -2.0, 2.0)
    energy = np.clip((energy_db - top_db) / _ENERGY_SPREAD, -4.0, 1.0)
    prosody = np.stack([energy, pitch, voicing, voiced.astype(np.float32)], axis=1)
    rows: FloatArray = np.concatenate([mel.reshape(frames, -1), prosody], axis=1)
    return rows.astype(np.float32, copy=False)


def phone_rows(phones: Sequence[Phone], frames: int) -> FloatArray:
    """(T, PHONE_WIDTH) one-hot phone of every sub-frame; frames beyond the phones are silent."""
    labels = np.array([LABEL_INDEX[phone.label] for phone in phones], np.int64)
    ends = np.array([phone.end for phone in phones], np.float64)
    return rows_of_labels(labels, ends, frames)


def labels_of_steps(labels: NDArray[np.int64], ends: NDArray[np.float64], frames: int) -> NDArray[np.int64]:
    """(T * SUBFRAMES,) index into ``LABELS`` of each sub-frame, from (N,) indices and the (N,) ends."""
    steps = frames * SUBFRAMES
    centres = (np.arange(steps) + 0.5) / (FPS * SUBFRAMES)
    place = np.searchsorted(ends, centres, side="right")
    return np.where(place < len(labels), labels[np.minimum(place, max(len(labels) - 1, 0))], 0)


def rows_of_labels(labels: NDArray[np.int64], ends: NDArray[np.float64], frames: int) -> FloatArray:
    """As :func:`phone_rows`, from (N,) indices into ``LABELS`` and the (N,) times where each ends."""
    found = labels_of_steps(labels, ends, frames)
    rows = np.zeros((len(found), len(LABELS)), np.float32)
    rows[np.arange(len(found)), found] = 1.0
    return rows.reshape(frames, PHONE_WIDTH)


def source_row(source: str | None) -> FloatArray:
    """(len(SOURCES),) one-hot of a phone source as :class:`SpeechFeatures` names it; zeros for None."""
    row = np.zeros(len(SOURCES), np.float32)
    if source is not None:
        row[SOURCES.index(source_of(source))] = 1.0
    return row


def source_of(named: str) -> str:
    """Which of ``SOURCES`` a source of :class:`SpeechFeatures` counts as; the least trusted if unknown."""
    return _SOURCE_OF.get(named, "allphone")
