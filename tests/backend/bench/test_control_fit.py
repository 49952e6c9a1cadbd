"""The table about fitted controls: what it measures is small for what fits, and grows with what does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elocute.bench import control_fit as measured
from elocute.bench.control_fit import COLUMNS, control_fit
from elocute.bench.tables import markdown_table
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import JAW_OPEN_RADIANS
from scripts.bench.bench_transfer import made_up_face
from scripts.bench.data import HEAD

FRAMES = 24


@pytest.fixture(scope="module")
def heads():
    return FaceModel.load(HEAD), made_up_face()


@pytest.fixture(scope="module")
def clip(heads):
    time = np.arange(FRAMES) / 25
    expression = np.zeros((FRAMES, len(heads[0].expression_names)), np.float32)
    for name, curve in (
        ("mouthPucker", 0.6 * np.clip(np.sin(7 * time), 0, 1)),
        ("eyeBlinkLeft", np.clip(np.sin(5 * time), 0, 1)),
        ("eyeBlinkRight", np.clip(np.sin(5 * time), 0, 1)),
    ):
        expression[:, heads[0].expression_names.index(name)] = curve
    jaw = np.zeros((FRAMES, 3), np.float32)
    jaw[:, 0] = 0.5 * JAW_OPEN_RADIANS * (0.5 - 0.5 * np.cos(9 * time))
    still = np.zeros((FRAMES, 3), np.float32)
    return MotionClip(25.0, heads[0].basis, expression, jaw, still, still, np.zeros((FRAMES, 6), np.float32))


def test_controls_and_the_way_back_follow_the_clip(clip, heads):
    fit = control_fit(clip, *heads)
    assert 0 < fit.lips_mm < 0.4 * fit.travel_mm
    assert fit.back_lips_mm < 0.4 * fit.travel_mm
    assert fit.back_gap_mm < 0.5
    assert fit.opening_r > 0.98
    assert fit.lid_r > 0.95
    assert 0 <= fit.at_bound < 0.2
    assert fit.roughness < 2 * fit.source_roughness
    table = markdown_table("clip", COLUMNS, {"talk": fit.scores()})
    assert f"| {fit.lips_mm:.2f} |" in table
    assert "at a bound, %" in table


def test_controls_that_do_not_fit_show(clip, heads, monkeypatch):
    def wrong(clip, face):
        track, report = right(clip, face)
        return replace(track, jaw=np.zeros_like(track.jaw)), report

    right = measured.controls_of
    good = control_fit(clip, *heads)
    monkeypatch.setattr(measured, "controls_of", wrong)
    bad = control_fit(clip, *heads)
    assert bad.back_gap_mm > 3 * good.back_gap_mm
    assert bad.opening_r < good.opening_r
