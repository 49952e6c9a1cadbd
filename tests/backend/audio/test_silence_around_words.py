"""A word in digital silence is heard as well amid seconds of it as amid a moment."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import Audio, load_audio
from elocute.audio.decoding.offset import remove_offset
from elocute.audio.phones.hearing_finder import NOTHING_HEARD
from elocute.audio.phones.listening import at_ordinary_level
from elocute.audio.phones.steady_noise import is_noisy
from scripts.bench.data import SPEECH

RATE = 16000
LINE = SPEECH[1] / "waffles.flac"
WORDS = {"waffles": (21, 26), "breakfast": (32, 39)}
"""Numbers of their first and last phone in the line."""


def word_amid(silence: float, word: str, folder: Path) -> tuple[Audio, float]:
    """A word of the committed line as a file of 16 bits, with so many seconds of zeros on both sides, and its
    length."""
    samples, rate = soundfile.read(LINE, dtype="float32")
    phones = json.loads(LINE.with_suffix(".json").read_text(encoding="utf-8"))["phones"]
    first, last = WORDS[word]
    start, end = phones[first]["start"], phones[last]["end"]
    spoken = samples[round(start * rate) : round(end * rate)]
    quiet = np.zeros(round(silence * rate), np.float32)
    path = folder / "word.wav"
    soundfile.write(path, np.concatenate([quiet, spoken, quiet]), rate, subtype="PCM_16")
    return load_audio(path), len(spoken) / rate


@pytest.mark.parametrize("silence", [1.0, 5.0, 10.0])
@pytest.mark.parametrize("word", ["waffles", "breakfast"])
def test_a_word_is_placed_where_it_is_said(word: str, silence: float, tmp_path: Path) -> None:
    audio, length = word_amid(silence, word, tmp_path)
    assert not audio.samples[: round((silence - 0.1) * RATE)].any(), "silence stays silence"
    speech = analyse_speech(audio, transcript=word, language="en")
    assert speech.phone_source == "transcript"
    (placed,) = speech.words
    assert placed.start == pytest.approx(silence, abs=0.12)
    assert placed.end == pytest.approx(silence + length, abs=0.12)
    heard = analyse_speech(audio, language="en")
    assert heard.phones is not None
    sounds = [phone for phone in heard.phones if phone.label != "SIL"]
    assert sounds
    assert silence - 0.12 < sounds[0].start < silence + 0.12 + length / 2
    assert sounds[-1].end < silence + length + 0.12


def test_what_is_spoken_and_not_heard_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elocute.audio.phones.heard_symbols.Hearing.heard", lambda _: [])
    monkeypatch.setattr("elocute.audio.phones.hearing_finder._runs_of", lambda *_: [])
    audio, _ = word_amid(1.0, "waffles", tmp_path)
    speech = analyse_speech(audio, language="en")
    assert (speech.phone_source, NOTHING_HEARD in speech.notes) == ("silence", True)


def test_loudness_and_background_are_those_of_what_is_heard() -> None:
    word = np.sin(np.arange(4000) * 0.3).astype(np.float32) * np.hanning(4000).astype(np.float32)
    alone, amid = (np.concatenate([np.zeros(n, np.float32), 0.1 * word]) for n in (400, 160_000))
    assert at_ordinary_level(amid).max() == pytest.approx(at_ordinary_level(alone).max(), rel=0.1)
    assert not is_noisy(amid)


def test_an_offset_goes_and_silence_stays() -> None:
    rng = np.random.default_rng(0)
    sound = (rng.normal(size=16_050) * 0.1 + 0.03).astype(np.float32)
    whole = sound.copy()
    remove_offset(whole)
    assert abs(whole.mean()) < 1e-6
    assert np.abs(whole - (sound - sound.mean())).max() < 1e-6
    amid = np.concatenate([np.zeros(4800, np.float32), sound, np.zeros(3210, np.float32)])
    remove_offset(amid)
    assert not amid[:4800].any()
    assert not amid[-3040:].any()
    assert np.abs(amid[4800:20_800] - whole[:16_000]).max() < 1e-3
    for count in (0, 1, 159, 160, 161):
        nothing, same = np.zeros(count, np.float32), np.full(count, 0.25, np.float32)
        remove_offset(nothing)
        remove_offset(same)
        assert not nothing.any()
        assert not same.any()
