"""The plan, the files and the building of a corpus."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest
import soundfile

from elocute.audio.phone import Phone
from elocute.corpus.build import CorpusSettings, build_corpus
from elocute.corpus.corpus import (
    CorpusUtterance,
    Prosody,
    UtteranceFacts,
    read_corpus,
    read_facts,
    read_utterance,
    utterance_path,
    write_list,
    write_utterance,
)
from elocute.corpus.plan import planned
from elocute.errors import InputError, SettingsError
from tests.backend.audio.lines import ROOT, assert_contiguous
from tests.backend.corpus.engines import skip_without_any

FRAMES = 30
SECONDS = 1.19

SCRIPT = (sys.executable, "-m", "scripts.train.make_corpus")


def made(name="train_00000", split="train"):
    rng = np.random.default_rng(0)
    facts = UtteranceFacts(name, split, "flite:slt", "flite", "en", "Öh, a map.", SECONDS, ("room",), "ab")
    prosody = [Prosody(*(rng.standard_normal(FRAMES).astype(np.float32) for _ in range(3))) for _ in range(2)]
    exact = (Phone("SIL", 0.0, 0.1), Phone("M", 0.1, 0.3333333), Phone("ZH", 0.3333333, SECONDS))
    heard = (Phone("N", 0.0, 0.7), Phone("SIL", 0.7, SECONDS))
    return CorpusUtterance(
        facts,
        rng.standard_normal((FRAMES, 4, 80)).astype(np.float16),
        *prosody,
        {"exact": exact, "transcript": heard},
        {"exact": "synthesizer", "transcript": "transcript-ngram"},
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "utterances").mkdir()
    for name, split in (("test_00000", "test"), ("train_00000", "train")):
        write_utterance(utterance_path(tmp_path, name), made(name, split))
    write_list(tmp_path, {"seed": 3}, [made("test_00000", "test").facts, made().facts])
    return tmp_path


def test_an_utterance_comes_back_as_it_was(folder):
    corpus = read_corpus(folder)
    assert corpus.settings == {"seed": 3}
    assert [entry.facts.name for entry in corpus.utterances("test")] == ["test_00000"]
    (entry,) = corpus.utterances("train")
    kept, before = entry.load(), made()
    assert kept.facts == entry.facts == before.facts == read_facts(utterance_path(folder, "train_00000"))
    assert np.array_equal(kept.log_mel, before.log_mel)
    for kept_part, part in ((kept.heard, before.heard), (kept.clean, before.clean)):
        for name, values in asdict(part).items():
            assert np.array_equal(getattr(kept_part, name), values)
    assert kept.found_as == before.found_as
    assert list(kept.phones) == ["exact", "transcript"]
    for source, phones in kept.phones.items():
        assert_contiguous(phones, SECONDS)
        assert [phone.label for phone in phones] == [phone.label for phone in before.phones[source]]
        assert [p.start for p in phones] == pytest.approx([p.start for p in before.phones[source]], abs=1e-6)


def test_speech_is_what_a_generator_takes():
    utterance = made()
    told = utterance.speech("exact", clean=True)
    assert told.frames == utterance.frames == FRAMES
    assert told.phones == utterance.phones["exact"]
    assert told.log_mel.dtype == np.float32
    assert np.array_equal(told.energy_db, utterance.clean.energy_db)
    assert told.transcript == "Öh, a map."
    heard = utterance.speech("transcript")
    assert heard.phone_source == "transcript-ngram"
    assert np.array_equal(heard.pitch_hz, utterance.heard.pitch_hz)
    assert utterance.speech(None).phones is None
    assert utterance.speech(None).transcript is None
    with pytest.raises(KeyError):
        utterance.speech("recognition")


def test_damage_is_told_in_a_sentence(folder, tmp_path_factory):
    with pytest.raises(InputError, match=r"no corpus in .*make_corpus"):
        read_corpus(tmp_path_factory.mktemp("empty"))
    path = utterance_path(folder, "train_00000")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match="is damaged"):
        read_utterance(path)
    with pytest.raises(InputError, match="is damaged"):
        read_facts(path)
    for text, message in (("{", "is damaged"), ('{"format": "x"}', "not a corpus"), ("[]", "not a corpus")):
        (folder / "corpus.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=message):
            read_corpus(folder)
    (folder / "corpus.json").write_text(
        json.dumps({"format": "elocute-corpus-1", "settings": {}, "utterances": [{"name": "x"}]}),
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="is damaged"):
        read_corpus(folder)


def test_the_plan_keeps_test_voices_apart_and_is_the_same_for_a_seed():
    plans = planned(1, 4.0, 40)
    assert plans == planned(1, 4.0, 40)
    assert plans[:100] == planned(1, 1.0, 40)[:100]
    tests, trains = plans[:40], plans[40:]
    assert {plan.split for plan in tests} == {"test"}
    assert {plan.split for plan in trains} == {"train"}
    assert len({plan.name for plan in plans}) == len(plans)
    assert not {plan.voice for plan in tests} & {plan.voice for plan in trains}
    assert not {p.voice.language for p in trains} & ({p.voice.language for p in tests} - {"en"})
    human = [plan.voice.engine != "espeak" for plan in trains]
    assert np.mean(human) == pytest.approx(0.75, abs=0.03)
    # voices are mixed, so that a corpus cut short is of use
    assert len({plan.voice.label for plan in trains[:40] if plan.voice.engine != "espeak"}) == 6


def test_settings_that_make_no_corpus_are_refused():
    for bad in ({"hours": -1.0}, {"hours": 1.0, "tests": -1}, {"hours": 1.0, "share_recognised": 2.0}):
        with pytest.raises(SettingsError):
            CorpusSettings(**bad)


def test_a_corpus_there_is_not_overwritten(folder):
    with pytest.raises(SettingsError, match="--resume"):
        build_corpus(folder, CorpusSettings(0.0, seed=3, tests=1))
    with pytest.raises(SettingsError, match="seed 3"):
        build_corpus(folder, CorpusSettings(0.0, seed=4, tests=1), resume=True)
    corpus = build_corpus(folder, CorpusSettings(0.0, seed=3, tests=1), resume=True)
    assert [entry.facts.name for entry in corpus.entries] == ["test_00000"]


def test_the_script_builds_a_small_corpus_and_goes_on(tmp_path):
    skip_without_any()
    command = [*SCRIPT, "--out", str(tmp_path), "--hours", "0", "--processes", "1"]
    first = subprocess.run([*command, "--tests", "2"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stderr
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "utterances").iterdir()}
    assert len(before) == 2
    more = subprocess.run(
        [*command, "--tests", "3", "--resume"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert more.returncode == 0, more.stderr
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    corpus = read_corpus(tmp_path)
    assert len(corpus.utterances("test")) == 3
    for entry in corpus.entries:
        utterance = entry.load()
        sound, rate = soundfile.read(entry.audio)
        assert rate == 16000
        assert len(sound) / rate == pytest.approx(entry.facts.seconds)
        assert 6.0 < entry.facts.seconds < 14.1
        assert utterance.log_mel.shape == (utterance.frames, 4, 80)
        assert np.isfinite(utterance.log_mel).all()
        for phones in utterance.phones.values():
            assert_contiguous(phones, entry.facts.seconds)
        # silence of the exact phones is where the clean speech is quiet
        times = (np.arange(utterance.frames) + 0.5) / 25
        silent = np.zeros(utterance.frames, bool)
        for phone in utterance.phones["exact"]:
            if phone.label == "SIL":
                silent |= (times > phone.start + 0.05) & (times < phone.end - 0.05)
        level = utterance.clean.energy_db
        assert np.median(level[silent]) < np.median(level[~silent]) - 15
        if entry.facts.language == "en":
            assert set(utterance.phones) >= {"exact", "transcript"}
        else:
            assert set(utterance.phones) == {"exact", "allphone"}


def test_without_the_engines_the_script_ends_with_a_sentence(tmp_path):
    done = subprocess.run(
        [*SCRIPT, "--out", str(tmp_path / "c"), "--tests", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": str(tmp_path)},
    )
    assert done.returncode == 3
    assert "apt-get install flite" in done.stderr
    assert "Traceback" not in done.stderr
