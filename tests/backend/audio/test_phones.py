from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.phone import Phone
from elocute.audio.phones.finder import PhoneSettings, find_phones
from tests.backend.audio.lines import (
    as_audio,
    assert_contiguous,
    closures_missed,
    share_of_frames_right,
)

RATE = 16000


def find(audio, **settings):
    result = find_phones(audio, PhoneSettings(**settings))
    assert_contiguous(result.phones, audio.seconds)
    return result


def test_with_a_transcript_every_closure_is_found(all_lines):
    for line in all_lines:
        found = find(line.audio, transcript=line.transcript)
        assert found.source == "transcript"
        assert found.notes == ()
        assert closures_missed(line.phones, found.phones) == []
        assert closures_missed(found.phones, line.phones) == []
        assert share_of_frames_right(line.phones, found.phones, line.audio.seconds) > 0.8


def test_without_a_transcript_words_are_recognised(waffles):
    found = find(waffles.audio)
    assert found.source == "recognition"
    assert "waffles before breakfast" in found.transcript
    assert share_of_frames_right(waffles.phones, found.phones, waffles.audio.seconds) > 0.7


def test_sounds_alone(waffles):
    found = find(waffles.audio, mode="allphone")
    assert found.source == "allphone"
    assert found.words == ()
    assert share_of_frames_right(waffles.phones, found.phones, waffles.audio.seconds) > 0.5


def test_a_text_in_another_language_that_is_not_said_is_left_aside(waffles):
    found = find(waffles.audio, language="sv", transcript="våfflor till frukost åt hundar")
    assert found.source == "allphone"
    assert any("does not match" in note for note in found.notes)
    assert find(waffles.audio, language="en-GB", transcript=waffles.transcript).source == "transcript"


def test_off_gives_none(waffles):
    found = find_phones(waffles.audio, PhoneSettings(mode="off"))
    assert found.phones is None
    assert found.source == "none"


@pytest.mark.parametrize(
    "transcript",
    ["The quick brown fox jumps over the lazy dog near the river bank.", "hello " * 300, "zzgrok fnord zub"],
)
def test_a_wrong_transcript_is_not_believed(waffles, transcript):
    found = find(waffles.audio, transcript=transcript)
    assert found.source == "recognition"
    assert any("does not match" in note for note in found.notes)
    assert share_of_frames_right(waffles.phones, found.phones, waffles.audio.seconds) > 0.7


def test_a_transcript_with_extra_words_still_helps(waffles):
    found = find(
        waffles.audio,
        transcript="Yesterday Bob and Molly and John have five warm tasty waffles before their breakfast.",
    )
    assert found.source == "transcript"
    told = "Left out: Yesterday, and, John, tasty, their. It was read in English; if another language is"
    assert any(told in note and "--language" in note for note in found.notes)
    assert closures_missed(waffles.phones, found.phones) == []
    assert closures_missed(found.phones, waffles.phones) == []


def test_unknown_words_and_numbers_are_read(waffles):
    found = find(waffles.audio, transcript="Bobb & Mollie have 5 waurm wafffles before breakfast")
    assert found.source == "transcript"
    assert any("waurm, wafffles" in note for note in found.notes)
    assert closures_missed(waffles.phones, found.phones) == []


@pytest.mark.parametrize("transcript", ["", "  \n", "!!! ... ?", "привет мир"])
def test_a_transcript_without_words_is_left_aside(waffles, transcript):
    found = find(waffles.audio, transcript=transcript)
    assert found.source == "recognition"
    about_it = [note for note in found.notes if not note.startswith("Words heard: ")]
    assert bool(about_it) == bool(transcript.strip())


def test_silence_is_silence():
    for transcript in (None, "hello there"):
        found = find(as_audio(np.zeros(5 * RATE)), transcript=transcript)
        assert [phone.label for phone in found.phones] == ["SIL"]
        assert found.source == "silence"


def test_noise_and_music_hold_little_speech():
    time = np.arange(2 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220.0, 277.0, 330.0)) * 0.1
    noise = np.random.default_rng(1).normal(0, 0.05, RATE)
    for samples in (chord, noise):
        found = find(as_audio(samples))
        spoken = sum(phone.duration for phone in found.phones if phone.label != "SIL")
        assert spoken < 0.3 * len(samples) / RATE


@pytest.mark.parametrize("samples", [1, 100, 799, 800, 1600])
def test_scraps_of_speech(waffles, samples):
    scrap = as_audio(waffles.audio.samples[8000 : 8000 + samples])
    find(scrap)
    find(scrap, transcript="Bob")


def test_quiet_speech_is_found(waffles):
    quiet = as_audio(waffles.audio.samples * 0.01)
    found = find(quiet, transcript=waffles.transcript)
    assert found.source == "transcript"
    assert closures_missed(waffles.phones, found.phones) == []


def test_three_minutes_with_a_transcript_stay_in_place(all_lines):
    samples, exact, words, now = [], [], [], 0.0
    rng = np.random.default_rng(3)
    while now < 180.0:
        line = all_lines[int(rng.integers(len(all_lines)))]
        samples.append(line.audio.samples)
        exact += [Phone(phone.label, phone.start + now, phone.end + now) for phone in line.phones]
        words.append(line.transcript)
        now += len(line.audio.samples) / RATE
    audio = as_audio(np.concatenate(samples))
    found = find(audio, transcript=" ".join(words))
    assert found.source == "transcript"
    assert closures_missed(exact, found.phones) == []
    assert share_of_frames_right(exact, found.phones, audio.seconds - 0.1) > 0.8
    assert all(
        first.end <= second.start + 1e-9 for first, second in zip(found.words, found.words[1:], strict=False)
    )
    # no drift: the last half minute is as good as the whole
    late = [phone for phone in exact if phone.start > audio.seconds - 30]
    assert closures_missed(late, found.phones, slack=0.02) == []


def test_the_same_sound_gives_the_same_phones(waffles):
    assert find(waffles.audio) == find(waffles.audio)
