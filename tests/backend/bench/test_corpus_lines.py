"""Which lines of a corpus are held out for measuring."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elocute.bench.corpus_lines import corpus_speech
from elocute.corpus.corpus import read_corpus, utterance_path, write_list, write_utterance
from elocute.errors import InputError
from tests.backend.training.spoken_world import make_corpus


def corpus_of(folder, found_as):
    """Test lines whose transcript was found as so and so; None where nothing listened to them."""
    made = [entry.load() for entry in read_corpus(make_corpus(folder, lines=len(found_as))).entries]
    facts = []
    for number, (one, found) in enumerate(zip(made, found_as, strict=True)):
        told = {} if found is None else {"transcript": found}
        own = replace(one.facts, split="test", name=f"test_{number:05d}", text=f"line {number}")
        phones = {"exact": one.phones["exact"], **dict.fromkeys(told, one.phones["exact"])}
        line = replace(one, facts=own, phones=phones, found_as={"exact": "synthesizer", **told})
        write_utterance(utterance_path(folder, own.name), line)
        facts.append(own)
    write_list(folder, {}, facts)
    return folder


def test_lines_in_which_nothing_was_heard_measure_nothing(tmp_path):
    corpus = corpus_of(tmp_path / "corpus", ["silence", "transcript", "silence", "allphone", None])
    lines = corpus_speech(corpus, 10)
    assert [bool(told.phones) for told, _ in lines] == [True, True, False]
    taught = [read_corpus(corpus).entries[number].load().frames for number in (1, 3, 4)]
    assert [exact.frames for _, exact in lines] == taught


def test_a_corpus_in_which_nothing_was_heard_is_refused(tmp_path):
    with pytest.raises(InputError, match="no test split"):
        corpus_speech(corpus_of(tmp_path / "corpus", ["silence"]), 1)
