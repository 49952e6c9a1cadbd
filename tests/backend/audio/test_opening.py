"""The beginning of a recording, heard before the rest."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from elocute.audio import opening
from elocute.audio.analysis import analyse_opening
from elocute.audio.opening import opening_of
from elocute.audio.phones import finder, hearing_finder
from elocute.audio.phones.engines import ChosenRecogniser
from elocute.bench.long_line import long_line
from elocute.errors import Cancelled
from elocute.front_end import RememberingAnalyser
from elocute.progress import Progress
from scripts.bench.data import SOUNDS
from tests.backend.audio.lines import as_audio, assert_contiguous

RATE = 16000


def humming(seconds: float, pauses: tuple[tuple[float, float], ...] = ()):
    time = np.arange(round(seconds * RATE)) / RATE
    samples = 0.2 * np.sin(2 * np.pi * 140 * time) + 1e-3 * np.random.default_rng(0).standard_normal(
        len(time)
    )
    for start, end in pauses:
        samples[round(start * RATE) : round(end * RATE)] *= 1e-3
    return as_audio(samples.astype(np.float32))


def test_an_opening_ends_in_a_pause():
    audio = humming(20.0, ((1.0, 1.3), (4.8, 5.2), (6.5, 7.5)))
    first = opening_of(audio)
    assert first.seconds == len(first.samples) / RATE
    assert first.seconds == pytest.approx(5.0, abs=0.03)
    assert np.array_equal(first.samples, audio.samples[: len(first.samples)])
    assert first.sha256 == audio.sha256


def test_without_a_pause_it_has_its_longest_length_at_most():
    assert 2.0 < opening_of(humming(12.0)).seconds <= opening.LONGEST_SECONDS


def test_a_short_recording_has_none():
    assert opening_of(humming(11.9)) is None


@pytest.fixture(scope="module")
def line():
    samples, text = long_line(SOUNDS, 13.0)
    return as_audio(samples), text


def test_it_is_heard_with_the_text_of_the_whole_and_without_a_note(line):
    audio, text = line
    first = opening_of(audio)
    heard = analyse_opening(first, transcript=text, language="auto", progress=Progress())
    assert_contiguous(heard.phones, first.seconds)
    assert heard.phone_source == "transcript"
    assert heard.notes == () == heard.sound_notes, "that words of the text are not said is no news here"
    assert heard.audio_sha256 == audio.sha256


def test_no_words_are_recognised_and_no_process_is_asked(line, monkeypatch):
    words = []
    monkeypatch.setattr(
        hearing_finder, "choose_words", lambda wanted, code: words.append(wanted) or choose(wanted, code)
    )
    monkeypatch.setattr(finder, "PhonePool", lambda: pytest.fail("a phone process was taken"))
    heard = analyse_opening(opening_of(line[0]), transcript=None, language="auto", progress=Progress())
    assert (heard.phone_source, words) == ("allphone", ["none"])


def test_there_is_none_where_nothing_hears_quickly(line, monkeypatch):
    monkeypatch.setattr(finder, "choose_recogniser", lambda: ChosenRecogniser(None, "None is there."))
    assert analyse_opening(line[0], transcript=None, language="auto", progress=Progress()) is None


@pytest.mark.parametrize("where", ["heard", "made"])
def test_a_bug_in_a_beginning_costs_nobody_the_clip_and_is_logged(where, monkeypatch, tmp_path, caplog):
    def fails(*_, **__):
        raise ValueError("a bug")

    monkeypatch.setattr(
        "elocute.audio.analysis.analyse_opening", fails if where == "heard" else lambda *_, **__: 1
    )
    monkeypatch.setattr("elocute.audio.analysis.analyse_speech", lambda *_, **__: "all of it")
    monkeypatch.setenv("ELOCUTE_CACHE", str(tmp_path / "cache"))
    soundfile.write(tmp_path / "line.wav", humming(13.0).samples, RATE)

    def heard(opening):
        analyser = RememberingAnalyser(60.0)
        return analyser(
            analyser.open(tmp_path / "line.wav", None, Progress()), transcript=None, language="auto",
            words="auto", phones=True, progress=Progress(), opening=opening,
        )  # fmt: skip

    assert heard(fails) == "all of it"
    assert "a bug" in caplog.text

    def cancelled(*_, **__):
        raise Cancelled

    monkeypatch.setattr("elocute.audio.analysis.analyse_opening", cancelled)
    with pytest.raises(Cancelled):
        heard(fails)


choose = hearing_finder.choose_words
