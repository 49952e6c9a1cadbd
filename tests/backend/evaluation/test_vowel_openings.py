import numpy as np
import pytest

from elocute.audio.mel import mel_centres
from elocute.audio.phone import Phone
from elocute.audio.speech_features import SpeechFeatures
from elocute.evaluation.against_sound.vowel_openings import (
    formant_correlation,
    loudness_correlation,
    vowel_openings,
)

FPS, FRAMES = 25.0, 200
RNG = np.random.default_rng(3)
FORMANTS = RNG.uniform(300, 800, 20)
LEVELS = RNG.uniform(-35, -20, 20)
PHONES = tuple(Phone(("AA", "IY", "T")[n % 3] if n % 2 else "T", 0.2 * n, 0.2 * (n + 1)) for n in range(40))
VOWELS = [n for n, phone in enumerate(PHONES) if phone.label != "T"]


def speech():
    """Vowels with one resonance each."""
    mel = np.full((FRAMES, 4, 80), -12.0, np.float32)
    level = np.full(FRAMES, -60.0, np.float32)
    centres = mel_centres()
    for k, n in enumerate(VOWELS):
        part = slice(5 * n, 5 * n + 5)
        for hertz, height in ((FORMANTS[k], 0.0), (1500.0, -2.0), (2600.0, -4.0)):
            peak = height - 0.5 * np.abs((centres - hertz) / 110.0) ** 1.5
            mel[part] = np.maximum(mel[part], np.maximum(peak, -12.0))
        level[part] = LEVELS[k]
    voicing = np.ones(FRAMES, np.float32)
    return SpeechFeatures(
        seconds=8.0, log_mel=mel, energy_db=level, pitch_hz=np.full(FRAMES, 120.0, np.float32),
        voicing=voicing, phones=None, words=(), phone_source="none", transcript=None, audio_sha256="0" * 64,
    )  # fmt: skip


def mouth(values):
    opening = np.full(FRAMES, 0.001)
    for k, n in enumerate(VOWELS):
        opening[5 * n : 5 * n + 5] = values[k]
    return opening


def test_a_mouth_that_follows_the_formant_does_so():
    heard = speech()
    follows = vowel_openings(mouth(np.log(FORMANTS[: len(VOWELS)]) * 0.01), PHONES, heard, FPS)
    assert formant_correlation([follows]) > 0.9
    against = vowel_openings(mouth(0.1 - np.log(FORMANTS[: len(VOWELS)]) * 0.01), PHONES, heard, FPS)
    assert formant_correlation([against]) < -0.9
    blind = vowel_openings(mouth(RNG.permutation(FORMANTS[: len(VOWELS)]) * 1e-5), PHONES, heard, FPS)
    assert abs(formant_correlation([blind])) < 0.6


def test_a_mouth_that_follows_the_level_does_so_within_each_kind_of_vowel():
    heard = speech()
    extra = np.array([0.05 if PHONES[n].label == "AA" else 0.0 for n in VOWELS])
    follows = vowel_openings(mouth(extra + LEVELS[: len(VOWELS)] * 1e-4), PHONES, heard, FPS)
    assert loudness_correlation([follows]) > 0.99
    only_kinds = vowel_openings(mouth(extra + 0.001), PHONES, heard, FPS)
    assert loudness_correlation([only_kinds]) is None


def test_a_mouth_that_stands_still_has_no_correlation():
    still = vowel_openings(np.full(FRAMES, 0.004), PHONES, speech(), FPS)
    assert formant_correlation([still]) is None
    assert formant_correlation([]) is None
    assert loudness_correlation([]) is None
    few = vowel_openings(np.full(FRAMES, 0.004), PHONES[:2], speech(), FPS)
    assert len(few.opening) == 0


def test_clips_are_relative_to_themselves():
    found = vowel_openings(mouth(FORMANTS[: len(VOWELS)] * 1e-5), PHONES, speech(), FPS)
    assert np.median(found.opening) == pytest.approx(0.0)
    assert np.nanmedian(found.formant) == pytest.approx(0.0)
    assert np.median(found.level) == pytest.approx(0.0)
