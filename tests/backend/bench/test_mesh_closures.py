"""Lips on the mesh with the phones of each mode: the dumb rows are there, and are told from the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from elocute.audio.decode import load_audio
from elocute.audio.phone_json import read_phone_json
from elocute.bench.mesh_closures import MeshBench
from elocute.bench.phone_accuracy import MODES, SpokenLine
from elocute.bench.variants import Variant, load_generator
from elocute.face.model import FaceModel

ROOT = Path(__file__).resolve().parents[3]
LINE = ROOT / "tests" / "data" / "speech" / "waffles.flac"


def test_every_model_has_a_row_and_the_first_ones_controls_stand_beside_it():
    exact = read_phone_json(LINE.with_suffix(".json"))
    line = SpokenLine(load_audio(LINE).samples, exact.phones, exact.transcript or "", "exact")
    face = FaceModel.load(ROOT / "flame_assets" / "elocute-head-1.npz")
    rules = load_generator("rules")
    bench = MeshBench([line], [Variant("rules", rules), Variant("again", rules)], face)
    mode = {"transcript": MODES["transcript"]}
    rows = dict(bench.rows({"clean": lambda samples: samples, "silent": np.zeros_like}, mode))
    first = [f"clean: transcript: {name}" for name in ("rules", "static mouth", "late by 0.2 s", "again")]
    assert list(rows)[:4] == first
    own, still, late, again = (rows[name] for name in first)
    assert again == own
    assert own["bilabials_closed"] == 1.0
    assert own["false_closures"] == 0.0
    assert still["bilabials_closed"] == 0.0
    assert late["false_closures"] > 0.0
    assert late["bilabials_closed"] < 0.7
    assert rows["silent: transcript: rules"]["onset_error"] is None
