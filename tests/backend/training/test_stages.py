"""All stages of the bundled model's training in one go, stopped and resumed, on a made-up corpus."""

from __future__ import annotations

from dataclasses import replace

from elocute.models.diffposetalk.folder import load_folder
from elocute.progress import Progress
from elocute.training.elocute_lite.stages import MODEL, StagePlan, run_stages
from tests.backend.training.spoken_world import PLAN, make_corpus
from tests.backend.training.test_phonetic_training import ROOT, SETTINGS


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
