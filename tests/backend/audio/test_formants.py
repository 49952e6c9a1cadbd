"""First formants of made-up vowels: pulses of a voice through resonances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter

from elocute.audio.formants import first_formants
from elocute.audio.mel import log_mel
from elocute.audio.speech_features import FPS, SAMPLE_RATE, SpeechFeatures

SECONDS = 0.4


def vowel(first, pitch=110.0, second=1400.0):
    """Samples of a steady vowel."""
    phase = np.cumsum(np.full(round(SECONDS * SAMPLE_RATE), pitch / SAMPLE_RATE))
    sound = np.diff(np.floor(phase), prepend=0.0)
    for hertz, width in ((0.0, 200.0), (first, 70.0), (second, 90.0), (2600.0, 120.0), (3500.0, 160.0)):
        radius, turn = np.exp(-np.pi * width / SAMPLE_RATE), 2 * np.pi * hertz / SAMPLE_RATE
        sound = lfilter([1.0], [1.0, -2 * radius * np.cos(turn), radius**2], sound)
    return 0.3 * sound / np.abs(sound).max()


def heard(*sounds) -> SpeechFeatures:
    samples = np.concatenate(sounds).astype(np.float32)
    seconds = len(samples) / SAMPLE_RATE
    frames = round(seconds * FPS)
    return SpeechFeatures(
        seconds=seconds,
        log_mel=log_mel(samples, frames),
        energy_db=np.full(frames, -20.0, np.float32),
        pitch_hz=np.full(frames, 120.0, np.float32),
        voicing=np.ones(frames, np.float32),
        phones=None,
        words=(),
        phone_source="none",
        transcript=None,
        audio_sha256="0" * 64,
    )


def middles(count):
    return [(SECONDS * n + 0.1, SECONDS * n + 0.3) for n in range(count)]


@pytest.mark.parametrize("pitch", [90.0, 130.0, 200.0])
def test_formants_of_known_vowels(pitch):
    truth = [300.0, 420.0, 550.0, 700.0, 850.0]
    found = first_formants(heard(*(vowel(hertz, pitch) for hertz in truth)), middles(len(truth)))
    assert (np.diff(found) > 0).all()
    # Harmonics 200 Hz apart say where a formant is only roughly.
    assert np.abs(np.log(found / truth)).max() < (0.22 if pitch < 150 else 0.4)


def test_a_recording_twice_as_loud_has_the_same_formants():
    quiet, loud = (first_formants(heard(gain * vowel(600.0)), middles(1)) for gain in (0.4, 0.8))
    assert quiet == pytest.approx(loud, rel=0.01)


def test_what_is_not_voiced_has_none():
    speech = heard(vowel(500.0), vowel(500.0))
    voicing = speech.voicing.copy()
    voicing[len(voicing) // 2 :] = 0.0
    found = first_formants(replace(speech, voicing=voicing), middles(2))
    assert np.isfinite(found).tolist() == [True, False]


def test_spans_of_no_length_and_beyond_the_end():
    speech = heard(vowel(500.0))
    found = first_formants(speech, [(0.2, 0.2), (0.35, 9.0), (-1.0, 0.05)])
    assert np.isfinite(found[0])
    assert len(found) == 3
    assert len(first_formants(speech, [])) == 0
    silent = replace(speech, log_mel=np.full_like(speech.log_mel, np.log(1e-10)))
    assert np.isnan(first_formants(silent, middles(1))).all()
