from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elocute.audio import analysis
from elocute.audio.analysis import analyse_speech
from elocute.audio.mel import log_mel, mel_centres, mel_filters
from elocute.audio.phones.finder import PhoneSettings, find_phones
from elocute.audio.prosody import energy_db, pitch_and_voicing
from elocute.audio.speech_features import frame_count
from elocute.errors import SettingsError
from elocute.progress import Progress
from tests.backend.audio.lines import as_audio

RATE = 16000


def sine(hertz: float, seconds: float, level: float = 1.0) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(RATE * seconds)) / RATE)).astype(np.float32)


@pytest.mark.parametrize(
    ("seconds", "frames"),
    [(1.0, 25), (0.04, 1), (0.041, 2), (0.05, 2), (1 / 16000, 1), (10.0, 250), (0.12, 3)],
)
def test_frames_cover_the_sound(seconds, frames):
    assert frame_count(seconds) == frames


def test_energy_of_a_sine_is_its_rms():
    level = energy_db(sine(500.0, 1.0, 0.1), 25)
    assert level == pytest.approx(np.full(25, 20 * np.log10(0.1 / np.sqrt(2))), abs=0.01)
    assert energy_db(np.zeros(RATE, np.float32), 25) == pytest.approx(np.full(25, -100.0))


def test_energy_of_a_last_frame_cut_short_counts_only_what_is_there():
    assert energy_db(np.full(640 + 64, 0.5, np.float32), 2) == pytest.approx([-6.02, -6.02], abs=0.01)


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 3000.0, 6000.0])
def test_a_tone_peaks_in_the_mel_band_around_it(hertz):
    mel = log_mel(sine(hertz, 1.0), 25)
    assert mel.shape == (25, 4, 80)
    assert mel.dtype == np.float32
    peak = mel[5:20].mean(axis=(0, 1)).argmax()
    assert abs(int(peak) - int(np.abs(mel_centres() - hertz).argmin())) <= 1


def test_every_mel_band_is_a_weighted_mean_of_bins():
    filters = mel_filters()
    assert filters.sum(axis=1) == pytest.approx(np.ones(80))
    assert (filters >= 0).all()


def test_mel_power_grows_by_20_db_for_ten_times_the_level_and_silence_is_the_floor():
    loud, quiet = log_mel(sine(1000.0, 0.4), 10), log_mel(sine(1000.0, 0.4, 0.1), 10)
    peak = int(loud[5, 0].argmax())
    assert loud[5, 0, peak] - quiet[5, 0, peak] == pytest.approx(np.log(100.0), abs=1e-3)
    assert log_mel(np.zeros(10, np.float32), 1) == pytest.approx(np.log(1e-10))


def test_mel_sub_frames_are_centred_where_they_say():
    click = np.zeros(RATE, np.float32)
    click[round(0.255 * RATE)] = 1.0  # the middle of sub-frame 25 of 10 ms: frame 6, sub-frame 1
    power = log_mel(click, 25).mean(axis=2).reshape(-1)
    assert int(power.argmax()) == 25


@pytest.mark.parametrize("hertz", [100.0, 200.0, 320.0])
def test_pitch_of_a_pulse_train(hertz):
    pulses = np.zeros(RATE, np.float32)
    pulses[np.round(np.arange(0, RATE, RATE / hertz)).astype(int)[:-1]] = 0.9
    pitch, voicing = pitch_and_voicing(pulses, 25, Progress())
    assert pitch[2:-2] == pytest.approx(np.full(21, hertz), rel=0.01)
    assert (voicing[2:-2] == 1.0).all()


def test_silence_and_noise_have_no_pitch():
    for samples in (np.zeros(RATE, np.float32), np.random.default_rng(0).normal(0, 0.1, RATE)):
        pitch, voicing = pitch_and_voicing(samples.astype(np.float32), 25, Progress())
        assert np.count_nonzero(pitch) <= 3
        assert voicing.mean() < 0.15


def test_pitch_does_not_depend_on_the_blocks_it_is_measured_in():
    tone = sine(180.0, 65.0, 0.3)
    pitch, _ = pitch_and_voicing(tone, frame_count(65.0), Progress())
    assert pitch[3:-3] == pytest.approx(np.full(len(pitch) - 6, 180.0), rel=0.01)


@pytest.mark.parametrize("samples", [1, 400, 800])
def test_the_shortest_sounds_have_features(samples):
    audio = as_audio(np.full(samples, 0.1))
    speech = analyse_speech(audio, phones="off")
    assert speech.frames == frame_count(audio.seconds)
    assert speech.log_mel.shape == (speech.frames, 4, 80)
    assert np.isfinite(speech.log_mel).all()
    assert speech.phone_source == "none"
    assert speech.phones is None


def test_a_recording_gets_everything(waffles):
    speech = analyse_speech(waffles.audio, transcript=waffles.transcript)
    assert speech.frames == frame_count(waffles.audio.seconds)
    assert speech.pitch_hz.shape == speech.voicing.shape == speech.energy_db.shape == (speech.frames,)
    assert speech.phone_source == "transcript"
    assert [word.text for word in speech.words] == [
        "bob",
        "and",
        "molly",
        "have",
        "five",
        "warm",
        "waffles",
        "before",
        "breakfast",
    ]
    voiced = speech.pitch_hz[speech.pitch_hz > 0]
    assert 60 < np.median(voiced) < 160
    assert speech.audio_sha256 == waffles.audio.sha256


def test_settings_that_do_not_exist_are_refused(waffles):
    with pytest.raises(SettingsError):
        analyse_speech(waffles.audio, phones="sometimes")
    with pytest.raises(SettingsError):
        analyse_speech(waffles.audio, language="the queen's english")


def test_what_something_was_missing_for_is_marked(waffles, monkeypatch):
    settings = PhoneSettings(transcript=waffles.transcript)
    found = find_phones(waffles.audio, settings)
    for makeshift in (True, False):
        told = replace(found, makeshift=makeshift)
        monkeypatch.setattr(analysis, "find_phones", lambda *_, told=told: told)
        assert analyse_speech(waffles.audio, transcript=waffles.transcript).makeshift == makeshift
