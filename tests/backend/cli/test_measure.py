"""``elocute measure`` on recordings and on a corpus of two lines, with rules and the bundled model."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elocute.audio.phone import Phone
from elocute.bench.recordings import recordings_in
from elocute.bench.variants import PARTS, Variant, model_variants, shared_styles
from elocute.cli.main import main
from elocute.corpus.corpus import (
    CorpusUtterance,
    Prosody,
    UtteranceFacts,
    utterance_path,
    write_list,
    write_utterance,
)
from elocute.errors import InputError, SettingsError
from elocute.models.rules.generator import RulesGenerator
from tests.backend.evaluation.lines import speech

ROOT = Path(__file__).resolve().parents[3]
FACE = ROOT / "flame_assets" / "elocute-head-1.npz"
LINES = ROOT / "tests" / "data" / "speech"


@pytest.fixture
def recordings(tmp_path):
    """A folder with one recording and its phones."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    for suffix in (".flac", ".json", ".txt"):
        shutil.copy(LINES / f"waffles{suffix}", folder)
    return folder


@pytest.fixture
def corpus(tmp_path):
    """A corpus with two lines that are held out."""
    folder, facts = tmp_path / "corpus", []
    (folder / "utterances").mkdir(parents=True)
    for number in range(2):
        heard = speech(number)
        told = UtteranceFacts(
            f"test_{number}", "test", "flite:awb", "flite", "en", "mama", heard.seconds, (), f"{number:064x}"
        )
        prosody = Prosody(heard.energy_db, heard.pitch_hz, heard.voicing)
        phones = {"exact": heard.phones or (), "transcript": _late(heard.phones or ())}
        mel = heard.log_mel.astype(np.float16)
        utterance = CorpusUtterance(told, mel, prosody, prosody, phones, {s: s for s in phones})
        write_utterance(utterance_path(folder, told.name), utterance)
        facts.append(told)
    write_list(folder, {}, facts)
    return folder


def _late(phones: tuple[Phone, ...]) -> tuple[Phone, ...]:
    """The same phones, found 20 ms late."""
    ends = [min(phone.end + 0.02, phones[-1].end) for phone in phones]
    starts = [0.0, *ends[:-1]]
    return tuple(replace(p, start=s, end=e) for p, s, e in zip(phones, starts, ends, strict=True))


def measure(capsys, *words):
    assert main(["measure", *map(str, words), "--face", str(FACE), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_rules_on_a_recording_in_all_ways(recordings, capsys, tmp_path):
    out = tmp_path / "scores.json"
    facts = measure(capsys, "speech", recordings, "--model", "rules", "--takes", 2, "--out", out)
    assert list(facts["scores"]) == [
        "rules: transcript",
        "static mouth: transcript",
        "late by 0.2 s: transcript",
        "rules: recognition",
        "rules: allphone",
        "rules: sound",
    ]
    told = facts["scores"]["rules: transcript"]
    assert told["bilabials_closed"] > 0.9
    assert told["clips"] == 2
    assert told["jerk_ratio"] == 1.0
    assert json.loads(out.read_text()) == facts


def test_a_table_for_people(recordings, capsys):
    words = ["measure", "speech", recordings, "--model", "rules", "--ways", "sound", "--takes", 1]
    assert main([*map(str, words), "--face", str(FACE)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 recordings, ")
    assert "| rules: sound |" in said


def test_the_bundled_model_without_each_part_next_to_rules(corpus, capsys):
    pytest.importorskip("torch")
    words = ["--lines", 1, "--styles-per-line", 1, "--styles", "tired", "--takes", 2, "--steps", 2]
    facts = measure(capsys, "corpus", corpus, *words, "--without", ",".join(PARTS))
    rows = facts["scores"]
    assert list(rows)[:4] == ["teacher, other seeds", "elocute-lite", "rules", "elocute-lite, sound alone"]
    assert {"elocute-lite, phones alone", "elocute-lite, no lip contacts", "elocute-lite, 2 steps"} < set(
        rows
    )
    assert all(row["lve"] > 0 for row in rows.values())
    assert rows["teacher, other seeds"]["lve"] < rows["rules"]["lve"]
    assert rows["elocute-lite"]["bilabials_closed"] > 0.8  # whatever the weights: the phones were right
    assert facts["phones"] == ["transcript"]
    assert facts["styles"] == ["tired"]


def test_without_sound_the_sound_makes_no_difference():
    pytest.importorskip("torch")
    plain, deaf = model_variants("elocute-lite", ["sound"], ())
    heard = speech()
    louder = replace(
        heard, log_mel=heard.log_mel + np.linspace(0, 9, heard.log_mel.size).reshape(heard.log_mel.shape)
    )
    first, second = (deaf.make(line, "neutral", 3, 1)[0] for line in (heard, louder))
    np.testing.assert_array_equal(first.expression, second.expression)
    first, second = (plain.make(line, "neutral", 3, 1)[0] for line in (heard, louder))
    assert (first.expression != second.expression).any()


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("corpus", "nowhere"), 3, "neither a file nor a folder nowhere"),
        (("corpus", "."), 3, "no corpus"),
        (("speech", "."), 3, "no recordings with phones"),
        (("speech", LINES, "--ways", "guess"), 2, "no way of finding phones named guess"),
        (("speech", LINES, "--model", "rules", "--without", "style"), 2, "no such part"),
        (("speech", LINES, "--without", "phones"), 2, "--ways sound"),
        (("speech", LINES, "--model", "elocute-lite", "--without", "lips"), 2, "without lips"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_sentence(words, code, part, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["measure", *map(str, words), "--face", str(FACE)]) == code
    assert part in capsys.readouterr().err


def test_a_recording_without_its_text_cannot_be_told(recordings):
    (recordings / "waffles.txt").unlink()
    (only,) = recordings_in(recordings)
    with pytest.raises(InputError, match="no transcript"):
        only.heard("transcript")
    (recordings / "waffles.json").write_text('{"phones": [{"phone": "XX", "start": 0, "end": 1}]}')
    with pytest.raises(InputError, match="unknown"):
        recordings_in(recordings)


def test_styles_are_those_that_all_models_have():
    rules = Variant("rules", RulesGenerator())
    assert "tired" in shared_styles([rules, rules], None)
    assert shared_styles([rules], ["calm"]) == ("calm",)
    with pytest.raises(SettingsError, match="opera"):
        shared_styles([rules], ["opera"])
