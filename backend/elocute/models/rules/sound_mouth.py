"""Mouth curves straight from the sound, for speech without phones (other languages).

Weaker than phones by nature: loudness and spectrum tell how open the mouth is, hissing and dark
vowels show, but a P cannot be told from a T. Short dips of the level half close the lips.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute import filters
from elocute.articulation.contacts import ContactCurves
from elocute.articulation.dominance import SAMPLES_PER_FRAME, at_frames, smooth
from elocute.articulation.targets import CHANNELS
from elocute.audio.mel import mel_centres
from elocute.audio.phrasing import Phrase, speaking_frames
from elocute.audio.speech_features import MEL_BANDS, SpeechFeatures
from elocute.models.rules.articulation import breath_curve
from elocute.models.rules.mouth import MouthCurves
from elocute.models.rules.style_track import StyleTrack

FloatArray = NDArray[np.float64]

_SMOOTHING_SECONDS: Final = 0.026
_LN_TO_DB: Final = 10.0 / np.log(10.0)


def mouth_from_sound(speech: SpeechFeatures, phrases: Sequence[Phrase], style: StyleTrack) -> MouthCurves:
    """Mouth curves from energy, voicing and spectral balance."""
    frames = speech.frames
    power = np.exp(speech.log_mel.astype(np.float64).reshape(frames * SAMPLES_PER_FRAME, MEL_BANDS))
    level = _band_db(power, 100.0, 8000.0)
    voiced = _to_grid(speech.voicing.astype(np.float64))
    speaking = filters.gaussian(_to_grid(speaking_frames(speech).astype(np.float64)), 2.5)
    audible = speaking > 0.5

    # First formant high in open vowels: energy moves from under 400 Hz to around 800 Hz.
    open_vowel = _rank(
        _band_db(power, 550.0, 1200.0) - _band_db(power, 120.0, 420.0), audible & (voiced > 0.5)
    )
    # Second formant low in rounded back vowels: little energy over 1.3 kHz.
    dark = 1.0 - _rank(
        _band_db(power, 1300.0, 3500.0) - _band_db(power, 200.0, 900.0), audible & (voiced > 0.5)
    )
    hiss = _sigmoid((_band_db(power, 3500.0, 8000.0) - _band_db(power, 150.0, 1500.0)) / 4.0)
    top = float(np.percentile(level[audible], 90)) if audible.any() else 0.0
    loudness = np.clip(1.0 + (level - top) / 28.0, 0.0, 1.15)
    dips = _dips(level) * speaking

    reach = _to_grid(style.curve("articulation")) ** 0.5
    jaw, lip = _to_grid(style.curve("jaw")) * reach, _to_grid(style.curve("lip")) * reach
    opening = voiced * (0.10 + 0.36 * open_vowel) * loudness + 0.10 * (1.0 - voiced)
    opening = opening * (1.0 - 0.7 * hiss) + 0.05 * hiss
    # Lips round slowly; what flickers in the spectrum is not rounding.
    rounding = voiced * np.clip((dark - 0.55) / 0.45, 0.0, 1.0) * (1.0 - hiss)
    rounding = filters.gaussian(rounding, 5.0, ends="symmetric")
    spreading = np.maximum(0.25 * hiss, 0.35 * voiced * np.clip(0.4 - dark, 0.0, 0.4) / 0.4)
    by_name = {
        "jaw": jaw * opening * (1.0 - 0.6 * dips),
        "seal": 0.55 * dips,
        "pucker": lip * 0.60 * rounding,
        "funnel": lip * 0.20 * rounding,
        "spread": lip * spreading,
        "upper": 0.10 * hiss + 0.08 * open_vowel * voiced,
        "lower": 0.24 * hiss + 0.14 * open_vowel * voiced,
        "tongue": np.zeros_like(level),
    }
    grid = np.stack([by_name[channel] * speaking for channel in CHANNELS], axis=1)
    grid += breath_curve(phrases, style)
    none = np.zeros(frames)
    return MouthCurves(at_frames(smooth(grid, _SMOOTHING_SECONDS)), ContactCurves(none, none, none, none))


def _to_grid(per_frame: FloatArray) -> FloatArray:
    return np.repeat(per_frame, SAMPLES_PER_FRAME)


def _band_db(power: FloatArray, low_hz: float, high_hz: float) -> FloatArray:
    """(4T,) mean power in dB of the mel bands whose centres lie between two frequencies."""
    centres = mel_centres()
    band = power[:, (centres >= low_hz) & (centres <= high_hz)]
    decibels: FloatArray = _LN_TO_DB * np.log(band.mean(axis=1) + 1e-12)
    return decibels


def _rank(values: FloatArray, chosen: NDArray[np.bool_]) -> FloatArray:
    """Where each value lies between the 10th and 90th percentile of the chosen ones, 0..1.

    Relative to the clip, so that voices and microphones need no calibration.
    """
    if chosen.sum() < SAMPLES_PER_FRAME:
        return np.full(len(values), 0.5)
    low, high = np.percentile(values[chosen], [10, 90])
    centred = (values - 0.5 * (low + high)) / max(float(high - low), 3.0)
    ranked: FloatArray = np.clip(0.5 + centred, 0.0, 1.0)
    return ranked


def _dips(level: FloatArray) -> FloatArray:
    """0..1: how far the level lies under what it reaches within 110 ms on both sides."""
    smoothed = filters.gaussian(level, 1.0)
    span = 11
    highest = np.minimum(filters.highest_before(smoothed, span), filters.highest_after(smoothed, span))
    dips: FloatArray = np.clip((highest - smoothed - 6.0) / 12.0, 0.0, 1.0)
    return dips


def _sigmoid(x: FloatArray) -> FloatArray:
    result: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(x, -30.0, 30.0)))
    return result
