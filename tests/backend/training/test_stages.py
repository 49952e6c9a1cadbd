"""All stages of the bundled model's training in one go, stopped and resumed, on a made-up corpus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from elocute.checkpoint.weights import read_weights
from elocute.models.diffposetalk.folder import load_folder
from elocute.models.rules.style import PRESETS
from elocute.progress import Progress
from elocute.training.core.run_folder import read_losses
from elocute.training.elocute_lite.data import lesson_stats, load_lines
from elocute.training.elocute_lite.pace import paced
from elocute.training.elocute_lite.resident import ResidentLines
from elocute.training.elocute_lite.stages import MODEL, PRESETS_FILE, StagePlan, run_stages
from tests.backend.training.spoken_world import PLAN, make_corpus, teach_corpus
from tests.backend.training.test_phonetic_training import FACE, ROOT, SETTINGS


def test_stages_stop_where_told_and_go_on(tmp_path):
    settings = replace(SETTINGS, lessons=PLAN)
    face = ROOT / "flame_assets" / "elocute-head-1.npz"
    plan = StagePlan(tmp_path / "out", make_corpus(tmp_path / "corpus"), face, processes=1, device="cpu")
    told: list[str] = []
    assert run_stages(settings, replace(plan, last="style"), Progress(), told.append) is None
    styles = tmp_path / "out" / "lesson_styles.npy"
    before = styles.read_bytes()
    assert not (tmp_path / "out" / "model").exists()
    assert (
        run_stages(settings, replace(plan, resume=True), Progress(), told.append) == tmp_path / "out" / MODEL
    )
    assert styles.read_bytes() == before  # its training was not done again
    assert told[-1] == f"finished: {tmp_path / 'out' / MODEL}"
    assert load_folder(tmp_path / "out" / MODEL).config.steps == settings.steps


def test_a_time_that_is_given_decides_how_many_updates_there_are(tmp_path):
    settings = replace(SETTINGS, lessons=PLAN)
    face = ROOT / "flame_assets" / "elocute-head-1.npz"
    plan = StagePlan(
        tmp_path / "out", make_corpus(tmp_path / "corpus"), face, processes=1, device="cpu", seconds=1e-3
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
