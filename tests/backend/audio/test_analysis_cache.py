"""Phones that were found before are found again by content, within bounds, and never damaged."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from elocute.audio import analysis_cache
from elocute.audio.analysis import analyse_speech
from elocute.audio.analysis_cache import AnalysisCache, CacheLimits, standard_cache
from elocute.audio.decode import Audio
from elocute.audio.phone import Phone, Word
from elocute.audio.phones import finder as phones_finder
from elocute.audio.phones.finder import PhoneResult, PhoneSettings
from elocute.audio.phones.request import AUTO_WORDS, NO_WORDS
from elocute.audio.phones.result_file import dump_result
from elocute.errors import Cancelled
from elocute.installation import standard_pipeline
from elocute.progress import Progress
from elocute.storage.cache_folder import cache_folder
from tests.backend.audio.lines import SpokenLine, as_audio

AUDIO = as_audio(np.sin(np.arange(8000) * 0.1).astype(np.float32))
SETTINGS = PhoneSettings(transcript="Ah.")
FOUND = PhoneResult(
    (Phone("AA", 0.0, 0.1 + 0.2), Phone("SIL", 0.1 + 0.2, 0.5)),
    (Word("ah “啊”", 0.0, 0.1 + 0.2),),
    "transcript",
    "Ah.",
    ("A note.",),
)
ENTRY_BYTES = len(dump_result(FOUND))


class Finder:
    """Counts how often phones are looked for."""

    def __init__(self) -> None:
        self.calls = 0
        self.result = FOUND

    def __call__(self, audio: object, settings: object, progress: Progress) -> PhoneResult:
        self.calls += 1
        progress.report("phones", 0.5)
        return self.result


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> Finder:
    finder = Finder()
    monkeypatch.setattr(analysis_cache, "find_phones", finder)
    return finder


def test_what_hears_is_loaded_only_where_something_is_to_be_heard(
    finder: Finder, monkeypatch: pytest.MonkeyPatch, waffles: SpokenLine
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(phones_finder, "load_engines", loaded.append)
    cache = AnalysisCache()

    def analyse(audio: Audio = waffles.audio, **told: Any) -> list[str]:
        loaded.clear()
        analyse_speech(audio, cache=cache, **told)
        for thread in threading.enumerate():
            if thread.name == "load of engines":
                thread.join(30)
        return list(loaded)

    assert analyse(phones="off") == []
    assert analyse(as_audio(np.zeros(64000))) == [], "nothing is said"
    assert analyse() == [AUTO_WORDS]
    assert analyse() == [], "the phones are known"
    assert analyse(phones="allphone") == [NO_WORDS]
    assert analyse(transcript="Ah.") == [NO_WORDS]
    assert analyse(language="de") == [NO_WORDS]
    assert analyse(words=NO_WORDS) == [NO_WORDS]


def test_the_same_is_found_once_and_comes_back_exactly(finder: Finder, tmp_path: Path) -> None:
    cache = AnalysisCache(tmp_path / "a" / "b")
    assert [cache.find(AUDIO, SETTINGS, Progress()) for _ in range(3)] == [FOUND] * 3
    assert finder.calls == 1
    later = AnalysisCache(tmp_path / "a" / "b")
    fractions: list[float] = []
    progress = Progress(lambda stage, fraction, message: fractions.append(fraction))
    assert later.find(AUDIO, SETTINGS, progress) == FOUND
    assert finder.calls == 1
    assert fractions == [1.0]


def test_what_was_found_with_a_mishap_is_looked_for_again(finder: Finder, tmp_path: Path) -> None:
    cache = AnalysisCache(tmp_path)
    finder.result = replace(FOUND, makeshift=True)
    assert cache.find(AUDIO, SETTINGS, Progress()).makeshift
    assert not [*tmp_path.iterdir()]
    finder.result = FOUND
    assert cache.find(AUDIO, SETTINGS, Progress()) == FOUND
    assert cache.find(AUDIO, SETTINGS, Progress()) == FOUND
    assert finder.calls == 2


def test_everything_that_is_heard_or_told_makes_a_difference(
    finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = AnalysisCache()
    louder = replace(AUDIO, samples=AUDIO.samples * np.float32(1.0001))
    asked = [
        (AUDIO, SETTINGS),
        (louder, SETTINGS),
        (replace(AUDIO, seconds=AUDIO.seconds - 1e-9), SETTINGS),
        (AUDIO, replace(SETTINGS, transcript="Oh.")),
        (AUDIO, replace(SETTINGS, transcript=None)),
        (AUDIO, replace(SETTINGS, language="de")),
        (AUDIO, replace(SETTINGS, mode="allphone")),
        (AUDIO, replace(SETTINGS, words="none")),
        (AUDIO, replace(SETTINGS, transcript="en", language="fr")),
    ]
    for audio, settings in asked:
        cache.find(audio, settings, Progress())
    assert finder.calls == len(asked)
    cache.find(replace(AUDIO, sha256="another file", notes=("other",)), SETTINGS, Progress())
    cache.find(AUDIO, replace(SETTINGS, transcript=" Ah.\n"), Progress())
    assert finder.calls == len(asked)
    monkeypatch.setattr(analysis_cache, "FRONT_END_VERSION", -1)
    cache.find(AUDIO, SETTINGS, Progress())
    assert finder.calls == len(asked) + 1


def test_what_could_not_be_found_is_looked_for_again(finder: Finder) -> None:
    finder.result = PhoneResult(None, (), "none", None, ("The phone process stopped.",))
    cache = AnalysisCache()
    for _ in range(2):
        cache.find(AUDIO, SETTINGS, Progress())
        cache.find(AUDIO, replace(SETTINGS, mode="off"), Progress())
    assert finder.calls == 4


def damages(path: Path) -> list[bytes]:
    whole = path.read_bytes()
    digest = analysis_cache._digest
    flipped = bytearray(whole)
    flipped[whole.index(b"0.3")] ^= 1
    other_form = b'{"phones": [], "colour": 3}'
    return [
        b"",
        whole[:-1],
        whole[:40],
        bytes(flipped),
        b"\x80\x04.",
        digest(other_form) + b"\n" + other_form,
        digest(b"{" * 9000) + b"\n" + b"{" * 9000,
        b"x" * (9 * 1024 * 1024 + 1),
    ]


def test_a_damaged_entry_is_told_and_replaced(
    finder: Finder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    AnalysisCache(tmp_path).find(AUDIO, SETTINGS, Progress())
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for number, damage in enumerate(damages(path), start=2):
        path.write_bytes(damage)
        caplog.clear()
        assert AnalysisCache(tmp_path).find(AUDIO, SETTINGS, Progress()) == FOUND
        assert finder.calls == number
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert len(record.getMessage()) < 500
        assert path.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_used_costs_nothing_but_the_memory_of_it(
    finder: Finder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    cache = AnalysisCache(tmp_path / "file")
    assert [cache.find(AUDIO, SETTINGS, Progress()) for _ in range(2)] == [FOUND] * 2
    assert finder.calls == 1
    assert caplog.records


def ask(cache: AnalysisCache, number: int) -> None:
    cache.find(AUDIO, replace(SETTINGS, transcript=f"number {number}"), Progress())


@pytest.mark.parametrize("limits", [CacheLimits(3, 10**6), CacheLimits(1000, 3 * (ENTRY_BYTES + 65))])
def test_the_folder_is_bounded_and_keeps_what_was_used_last(
    finder: Finder, tmp_path: Path, limits: CacheLimits
) -> None:
    for number in range(6):
        ask(AnalysisCache(tmp_path, disk=limits), number)
        for path in tmp_path.iterdir():  # as if a minute had passed
            os.utime(path, (path.stat().st_atime - 60, path.stat().st_mtime - 60))
        if number >= 1:
            ask(AnalysisCache(tmp_path, disk=limits), 0)  # used again and again
    kept = list(tmp_path.iterdir())
    assert 2 <= len(kept) <= 3
    assert finder.calls == 6  # the one that was used again and again was never removed
    for number in (0, 5):
        ask(AnalysisCache(tmp_path, disk=limits), number)
    assert finder.calls == 6


@pytest.mark.parametrize("limits", [CacheLimits(2, 10**6), CacheLimits(1000, 2 * ENTRY_BYTES)])
def test_the_memory_is_bounded_and_keeps_what_was_used_last(finder: Finder, limits: CacheLimits) -> None:
    cache = AnalysisCache(memory=limits)
    for number in (0, 1, 0, 2):
        ask(cache, number)
    assert finder.calls == 3
    ask(cache, 0)
    assert finder.calls == 3
    ask(cache, 1)
    assert finder.calls == 4


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_the_user_can_read_what_is_said(finder: Finder, tmp_path: Path) -> None:
    AnalysisCache(tmp_path / "kept").find(AUDIO, SETTINGS, Progress())
    (path,) = (tmp_path / "kept").iterdir()
    assert (tmp_path / "kept").stat().st_mode & 0o77 == 0
    assert path.stat().st_mode & 0o77 == 0


def test_cancelling_keeps_nothing(finder: Finder, tmp_path: Path, cancelled_progress: Progress) -> None:
    with pytest.raises(Cancelled):
        AnalysisCache(tmp_path).find(AUDIO, SETTINGS, cancelled_progress)
    assert list(tmp_path.iterdir()) == []


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() is None  # as every test is run
    monkeypatch.setenv("ELOCUTE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("ELOCUTE_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr("sys.platform", "linux")
    assert cache_folder() == tmp_path / "xdg" / "elocute"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "elocute"


def test_a_file_under_another_name_and_in_another_style_is_analysed_once(
    finder: Finder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waffles
) -> None:
    monkeypatch.setenv("ELOCUTE_CACHE", str(tmp_path / "cache"))
    sound = Path(__file__).resolve().parents[2] / "data/speech/waffles.flac"
    copy = tmp_path / "copy.flac"
    copy.write_bytes(sound.read_bytes())
    for source in (sound, copy, sound.read_bytes()):  # each pipeline as in a process of its own
        speech = standard_pipeline().analyse(source, "Ah.", "en", Progress())
        assert speech.words == FOUND.words
    assert finder.calls == 1
    assert len(list((tmp_path / "cache" / "analysis").iterdir())) == 1


def test_real_phones_come_back_exactly(tmp_path: Path, waffles) -> None:
    def analyse():
        cache = AnalysisCache(tmp_path)
        return analyse_speech(waffles.audio, transcript=waffles.transcript, cache=cache)

    first, second = analyse(), analyse()
    for name in ("phones", "words", "phone_source", "transcript", "notes"):
        assert getattr(first, name) == getattr(second, name)
    assert len(list(tmp_path.iterdir())) == 1
    assert standard_cache()._folder is None
