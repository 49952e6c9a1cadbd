"""Recordings made harder keep their phones where they are heard."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.decode import load_audio
from elocute.audio.phone import Phone
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.bench.hard_conditions import CONDITIONS, hardened, write_conditions
from elocute.bench.recordings import recordings_in
from elocute.corpus.utterance import Utterance


@pytest.fixture(scope="module")
def line():
    """0.4 s of silence, a second of a buzz of 120 Hz, 0.6 s of silence."""
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    buzz = sum(np.sin(2 * np.pi * 120.0 * k * time) / k for k in range(1, 30)) * np.hanning(SAMPLE_RATE)
    quiet = [np.zeros(int(seconds * SAMPLE_RATE)) for seconds in (0.4, 0.6)]
    samples = np.concatenate([quiet[0], 0.2 * buzz, quiet[1]]).astype(np.float32)
    return Utterance(samples, (Phone("SIL", 0.0, 0.4), Phone("AA", 0.4, 1.4), Phone("SIL", 1.4, 2.0)))


def made(line, name):
    return hardened(line, name, np.random.default_rng(1))


def share_of_power(samples, low, high):
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    return power[(frequency >= low) & (frequency < high)].sum() / power.sum()


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_phones_cover_the_sound_and_the_vowel_is_the_loud_part(line, name):
    one = made(line, name)
    assert one.phones[-1].end == pytest.approx(one.seconds, abs=0.01)
    vowel = one.phones[1]
    power = np.square(one.samples)
    inside = power[int(vowel.start * SAMPLE_RATE) : int(vowel.end * SAMPLE_RATE)]
    assert inside.mean() > 2 * power.mean() * 0.5
    assert inside.sum() > 0.6 * power.sum()


def test_each_is_what_it_is_called(line):
    assert share_of_power(line.samples, 0, 200) > 0.3
    assert share_of_power(made(line, "telephone").samples, 0, 200) < 0.02
    assert np.square(made(line, "noise").samples[:4000]).mean() > 0
    after = slice(int(1.5 * SAMPLE_RATE), int(1.7 * SAMPLE_RATE))
    assert np.square(made(line, "room").samples[after]).mean() > 1e-6
    assert share_of_power(made(line, "child").samples, 0, 200) < 0.1
    assert made(line, "old").seconds == pytest.approx(2.7, rel=0.05)
    assert made(line, "fast").seconds == pytest.approx(1.44, rel=0.05)


def test_the_hardest_are_what_they_are_called(line):
    after = slice(int(1.5 * SAMPLE_RATE), int(1.9 * SAMPLE_RATE))
    tail = {name: np.square(made(line, name).samples[after]).mean() for name in ("hall", "room")}
    assert tail["hall"] > tail["room"] > 1e-7
    assert share_of_power(made(line, "conversation").samples, 0, 200) < 0.02
    assert share_of_power(made(line, "loudspeaker").samples, 0, 200) < 0.1
    assert share_of_power(made(line, "tape").samples, 6500, 8000) < 0.02
    assert share_of_power(made(line, "small-child").samples, 0, 200) < 0.1
    assert share_of_power(made(line, "shouted").samples, 0, 160) < 0.1
    for name, seconds in {"small-child": 2.15, "shouted": 2.3, "sung": 3.0}.items():
        assert made(line, name).seconds == pytest.approx(seconds, abs=0.02)


def test_the_phones_of_a_tape_run_as_unevenly_as_its_sound(line):
    burst = np.zeros_like(line.samples)
    vowel = line.phones[1]
    inside = slice(round(vowel.start * SAMPLE_RATE), round(vowel.end * SAMPLE_RATE))
    burst[inside] = np.random.default_rng(0).standard_normal(inside.stop - inside.start)
    played = made(Utterance(burst, line.phones), "tape")
    level = np.convolve(np.square(played.samples), np.hanning(160), "same")
    loud = np.flatnonzero(level > 0.4 * np.median(level[inside]))
    found = np.array([loud[0], loud[-1]]) / SAMPLE_RATE
    told = np.array([played.phones[1].start, played.phones[1].end])
    was = np.array([vowel.start, vowel.end])
    assert np.abs(told - was).max() > 0.002
    assert np.abs(found - told).max() < 0.0015, (found, told, was)


def test_sung_vowels_are_on_notes(line):
    sung = made(line, "sung")
    vowel = sung.samples[int(0.45 * SAMPLE_RATE) : int(0.75 * SAMPLE_RATE)]
    power = np.abs(np.fft.rfft(vowel * np.hanning(len(vowel)))) ** 2
    frequency = np.fft.rfftfreq(len(vowel), 1 / SAMPLE_RATE)
    lowest = (frequency > 150) & (frequency < 400)
    assert frequency[lowest][power[lowest].argmax()] == pytest.approx(262.0, abs=12.0)


@pytest.mark.parametrize(("name", "below"), [("noise", 10.0), ("babble", 10.0), ("music", 5.0)])
def test_what_is_added_is_so_far_below(line, name, below):
    other = made(line, name).samples.astype(np.float64) - line.samples
    ratio = 10 * np.log10(np.square(line.samples).mean() / np.square(other).mean())
    assert ratio == pytest.approx(below, abs=0.3)


def test_a_condition_can_be_made_again(line):
    hiss = np.random.default_rng(0).standard_normal(len(line.samples)).astype(np.float32)
    hissing = Utterance(line.samples + 0.02 * hiss, line.phones)
    for name in ("small-child", "conversation"):
        np.testing.assert_array_equal(made(hissing, name).samples, made(hissing, name).samples)


def test_what_is_written_can_be_measured(tmp_path, line):
    import json

    import soundfile

    source = tmp_path / "source"
    source.mkdir()
    soundfile.write(source / "a.wav", line.samples, SAMPLE_RATE)
    rows = [{"phone": p.label, "start": p.start, "end": p.end} for p in line.phones]
    (source / "a.json").write_text(json.dumps({"reference": "hand", "phones": rows}), encoding="utf-8")
    (source / "a.txt").write_text("ah", encoding="utf-8")
    write_conditions(recordings_in(source), tmp_path / "hard", ["fast", "telephone"])
    (fast,) = recordings_in(tmp_path / "hard" / "fast")
    assert fast.phones[1].end == pytest.approx(1.0, rel=0.06)
    assert fast.transcript == "ah"
    assert fast.reference == "hand"
    assert load_audio(fast.path).samples.max() == pytest.approx(0.7, abs=0.01)
