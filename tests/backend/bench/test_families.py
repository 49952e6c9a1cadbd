"""The table of model families: what is exact where the answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elocute.bench.families import COLUMNS, OTHER, STILL, baselines, score_clips, score_family
from elocute.bench.held_out import HeldOutLine
from elocute.corpus.corpus import read_corpus
from elocute.face.model import FaceModel
from elocute.models.catalogue import Catalogue
from elocute.models.family import LoadOptions
from elocute.training.recordings.sources import CorpusLines, LineSettings
from tests.backend.training.spoken_world import make_corpus

FACE = Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz"


@pytest.fixture(scope="module")
def face():
    return FaceModel.load(FACE)


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    corpus = make_corpus(tmp_path_factory.mktemp("families") / "corpus", lines=2, seconds=5.0)
    source = CorpusLines(corpus, LineSettings(), 0)
    made = []
    for entry in read_corpus(corpus).utterances("train"):
        exact = entry.load().speech("exact", clean=True)
        truth = source.channels.clip(source.read(entry.facts.name).rows, 25.0, {})
        made.append(HeldOutLine(entry.facts.name, "neutral", exact, exact, truth))
    return made


def test_the_truth_itself_has_no_distance(lines, face):
    scores = score_clips({line.name: (line.truth,) for line in lines}, lines, face)
    for name in ("lve", "mod", "fdd", "f_lmd", "m_lmd", "lip_distance", "misalignment"):
        assert scores[name] == pytest.approx(0, abs=1e-6), name
    assert scores["bilabials_closed"] is None or scores["bilabials_closed"] > 0.9


def test_what_costs_no_thought(lines, face):
    rows = {name: score_clips(clips, lines, face) for name, clips in baselines(lines).items()}
    assert rows[STILL]["f_lmd"] > 5e-4
    assert rows[OTHER]["lve"] > 1e-3
    assert rows[STILL]["head_slow"] == 0
    found = baselines(lines)[OTHER]
    assert np.array_equal(found[lines[0].name][0].expression, lines[1].truth.expression)


def test_a_model_has_every_column_but_memory(lines, face):
    catalogue = Catalogue()
    rules = catalogue.load(catalogue.choose("rules"), LoadOptions())
    asked = []

    class Watched:
        info, finishing, check = rules.info, rules.finishing, rules.check

        def stream(self, speech, settings, progress, sink):
            asked.append((settings.style, settings.takes))
            rules.stream(speech, settings, progress, sink)

    scores = score_family(Watched(), lines, face, 2, lip_contacts=True)
    assert asked == [("neutral", 2)] * 2
    assert {column.key for column in COLUMNS} - scores.keys() == {"memory"}
    assert scores["lips_apart"] is not None
    assert scores["seconds"] > 0
