"""All stages of the bundled model's training in one go, stopped and resumed, on a made-up corpus."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from elocute.checkpoint.weights import read_weights
from elocute.models.diffposetalk.files import DENOISER, GRAPHS
from elocute.models.diffposetalk.folder import load_folder
from elocute.models.rules.style import PRESETS
from elocute.progress import Progress
from elocute.training.core.run_folder import last_checkpoint, read_losses
from elocute.training.elocute_lite import graphs, package
from elocute.training.elocute_lite.data import lesson_stats, load_lines
from elocute.training.elocute_lite.pace import paced
from elocute.training.elocute_lite.resident import ResidentLines
from elocute.training.elocute_lite.stages import MODEL, PRESETS_FILE, StagePlan, run_stages
from scripts.train import pack_model
from tests.backend.training.spoken_world import PLAN, make_corpus, teach_corpus
from tests.backend.training.test_phonetic_training import FACE, ROOT, SETTINGS

HEAD = ROOT / "flame_assets" / "elocute-head-1.npz"

pytestmark = pytest.mark.usefixtures("graphs_traced_once")


def test_stages_stop_where_told_and_go_on(tmp_path):
    settings = replace(SETTINGS, lessons=PLAN)
    plan = StagePlan(tmp_path / "out", make_corpus(tmp_path / "corpus"), HEAD, processes=1, device="cpu")
    told: list[str] = []
    assert run_stages(settings, replace(plan, last="style"), Progress(), told.append) is None
    styles = tmp_path / "out" / "lesson_styles.npy"
    before = styles.read_bytes()
    assert not (tmp_path / "out" / "model").exists()
    folder = run_stages(settings, replace(plan, resume=True), Progress(), told.append)
    assert folder == tmp_path / "out" / MODEL
    assert styles.read_bytes() == before  # its training was not done again
    assert told[-1] == f"finished: {tmp_path / 'out' / MODEL}"
    assert load_folder(tmp_path / "out" / MODEL).config.steps == settings.steps


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The plan of a model that is trained and not packed. Who goes on with it works on a copy."""
    folder = tmp_path_factory.mktemp("trained")
    corpus = make_corpus(folder / "corpus")
    plan = StagePlan(folder / "out", corpus, HEAD, processes=1, device="cpu", last="model")
    assert run_stages(replace(SETTINGS, lessons=PLAN), plan, Progress(), lambda line: None) is None
    assert not (folder / "out" / MODEL).exists()
    return plan


def test_a_model_that_is_packed_elsewhere_is_the_one_packed_at_once(trained, tmp_path, monkeypatch):
    out = tmp_path / "out"
    shutil.copytree(trained.out, out)
    last = last_checkpoint(out / "model")
    assert last is not None
    words = [
        "--checkpoint",
        str(last[1]),
        "--presets",
        str(out / PRESETS_FILE),
        "--out",
        str(tmp_path / "packed"),
    ]
    with monkeypatch.context() as real:  # so that the graphs, too, are of two tracings
        real.setattr(package, "write_graphs", graphs.write_graphs)
        assert pack_model.main(words) == 0
    again = replace(trained, out=out, last="folder", resume=True)
    run_stages(replace(SETTINGS, lessons=PLAN), again, Progress(), lambda line: None)
    names = sorted(path.relative_to(out / MODEL) for path in (out / MODEL).rglob("*") if path.is_file())
    assert Path(GRAPHS, DENOISER) in names
    for name in names:
        assert (tmp_path / "packed" / name).read_bytes() == (out / MODEL / name).read_bytes(), name


def test_how_a_packed_model_samples_can_be_told(trained, tmp_path):
    last = last_checkpoint(trained.out / "model")
    assert last is not None
    other = tmp_path / "other.json"
    other.write_text(
        json.dumps({"sampling": {"steps": 7, "audio_scale": 1.0, "style_scale": 1.0, "style": "neutral"}})
    )
    words = [
        "--checkpoint",
        str(last[1]),
        "--presets",
        str(trained.out / PRESETS_FILE),
        "--config",
        str(other),
    ]
    assert pack_model.main([*words, "--out", str(tmp_path / "packed")]) == 0
    assert load_folder(tmp_path / "packed").config.sampling.steps == 7


def test_a_time_that_is_given_decides_how_many_updates_there_are(tmp_path):
    settings = replace(SETTINGS, lessons=PLAN)
    plan = StagePlan(
        tmp_path / "out", make_corpus(tmp_path / "corpus"), HEAD, processes=1, device="cpu", seconds=1e-3
    )
    run_stages(settings, plan, Progress(), lambda line: None)
    # No time is left for the model: one update, and still a whole folder.
    assert len(read_losses(tmp_path / "out" / "model")) == 1
    assert load_folder(tmp_path / "out" / MODEL).config.local == SETTINGS.local
    saved = read_weights(tmp_path / "out" / PRESETS_FILE)
    assert set(saved) <= set(PRESETS)
    assert saved


def test_more_time_is_more_updates(tmp_path):
    corpus = make_corpus(tmp_path / "corpus")
    lines = load_lines(corpus, teach_corpus(corpus, tmp_path / "lessons"), 40, 1, Progress())
    stats = lesson_stats(lines)
    resident = ResidentLines(lines, stats, torch.device("cpu"))
    styles = np.zeros((len(resident.index.styles), 8), np.float32)
    long, longer = (
        paced(SETTINGS, resident, stats, styles, FACE, seconds).run for seconds in (200.0, 4000.0)
    )
    assert longer.iterations > 4 * long.iterations > 40
    assert longer.warmup <= longer.iterations // 10
    assert 5 <= longer.iterations // longer.save_every <= 8
