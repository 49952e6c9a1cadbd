"""Styles that are fitted to the teacher's motion: the numbers of a style learn, the model stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from elocute.checkpoint.folder import STYLES, style_path
from elocute.corpus.corpus import read_corpus
from elocute.errors import Cancelled, SettingsError
from elocute.models.diffposetalk.style_file import read_style_file, save_style
from elocute.models.rules.style import PRESETS, styled
from elocute.progress import Progress
from elocute.training.elocute_lite import preset_files, style_fitting
from elocute.training.elocute_lite.data import lesson_stats, load_lines
from elocute.training.elocute_lite.preset_files import FITTED, fit_presets
from elocute.training.elocute_lite.style_fitting import FitPlan, fitted_style
from elocute.training.elocute_lite.training import untrained_model
from tests.backend.training.spoken_world import make_corpus, teach_corpus
from tests.backend.training.test_phonetic_training import FACE, SETTINGS

PLAN = FitPlan(updates=12, batch=2, frames=30, rate=0.3)
START = np.linspace(-1.0, 1.0, 8, dtype=np.float32)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A network that was never trained, and two lines."""
    folder = tmp_path_factory.mktemp("fitting")
    corpus = make_corpus(folder / "corpus", lines=2)
    lines = load_lines(corpus, teach_corpus(corpus, folder / "lessons"), 40, 1, Progress())
    torch.manual_seed(0)
    model = untrained_model(SETTINGS, lesson_stats(lines))
    return model, [entry.load() for entry in read_corpus(corpus).utterances("train")]


def test_the_style_learns_and_the_model_stays(world, monkeypatch):
    model, lines = world
    losses, forward = [], style_fitting.PhoneticObjective.forward

    def noted(self, batch, draws):
        found = forward(self, batch, draws)
        losses.append(float(found["total"].detach()))
        return found

    monkeypatch.setattr(style_fitting.PhoneticObjective, "forward", noted)
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    sad = PRESETS["sad"]
    found = fitted_style(model, lines, sad, START, FACE, PLAN, Progress())
    assert found.shape == START.shape
    assert not np.allclose(found, START, atol=0.1)
    assert START[0] == -1.0, "what it began with is not written to"
    for name, value in model.network.state_dict().items():
        assert torch.equal(value, before[name]), name
    again = fitted_style(model, lines, sad, START, FACE, PLAN, Progress())
    assert np.array_equal(found, again)
    losses.clear()
    still = replace(PLAN, rate=0.0)
    fitted_style(model, lines, sad, START, FACE, still, Progress())
    fitted_style(model, lines, sad, found, FACE, still, Progress())
    assert np.mean(losses[12:]) < np.mean(losses[:12]), "on the same crops and noise"


def test_it_can_be_cancelled(world):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        fitted_style(*world, PRESETS["sad"], START, FACE, PLAN, progress)


def test_presets_move_where_they_are_fitted_and_in_between(world, tmp_path, monkeypatch):
    model = replace(world[0], folder=tmp_path)
    (tmp_path / STYLES).mkdir()
    steps = {0.25: START, 0.5: START + 1, 0.75: START, 1.5: START + 2}
    save_style(style_path(tmp_path, "sad"), START, {"note": "encoded"}, steps)
    save_style(style_path(tmp_path, "neutral"), START, {}, {})
    asked = []

    def fitted(model, lines, style, start, *_):
        asked.append((style, start.copy()))
        return start + np.float32(len(asked))

    monkeypatch.setattr(preset_files, "fitted_style", fitted)
    fit_presets(model, world[1], ["sad", "neutral"], FACE, PLAN, Progress())
    assert [style for style, _ in asked] == [*(styled("sad", at) for at in FITTED), PRESETS["neutral"]]
    assert np.array_equal(asked[0][1], START + 1)
    told = read_style_file(style_path(tmp_path, "sad"), "sad", 8)
    assert told.vector == pytest.approx(START + 2)
    moves = {at: float((told.steps[at] - vector)[0]) for at, vector in steps.items()}
    assert moves == pytest.approx({0.25: 1.0, 0.5: 1.0, 0.75: 1.5, 1.5: 3.0})
    assert read_style_file(style_path(tmp_path, "neutral"), "n", 8).vector == pytest.approx(START + 4)
    with pytest.raises(SettingsError, match="no preset happy"):
        fit_presets(model, world[1], ["happy"], FACE, PLAN, Progress())
    with pytest.raises(SettingsError, match="no folder"):
        fit_presets(replace(model, folder=None), world[1], ["sad"], FACE, PLAN, Progress())
