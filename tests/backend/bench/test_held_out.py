from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elocute.bench.held_out import HeldOutLine, score_held_out
from elocute.evaluation.of_motion.take_differences import take_differences
from elocute.face.model import FaceModel
from tests.backend.evaluation.lines import parted, perform, speech

HEAD = Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz"


@pytest.fixture(scope="module")
def face():
    return FaceModel.load(HEAD)


@pytest.fixture(scope="module")
def lines():
    heard = [speech(n) for n in range(2)]
    return [HeldOutLine(f"line {n}", "neutral", s, s, perform(s)[0]) for n, s in enumerate(heard)]


def test_the_truth_is_perfect_and_one_take_has_no_differences(face, lines):
    scores = score_held_out(lines, lambda line: [line.truth], face)
    assert scores.lve == scores.fdd == scores.mod == 0
    assert scores.ba in (1.0, None)
    assert scores.bilabials_closed == 1.0
    assert scores.lips_apart is scores.head_apart is scores.brows_apart is None


def test_takes_of_the_rules_agree_in_the_lips_and_differ_in_head_and_brows(face, lines):
    scores = score_held_out(lines, lambda line: perform(line.speech, line.style, 5, 3), face)
    assert 0 < scores.lve < 0.002
    assert scores.lips_apart < 0.0005
    assert scores.head_apart > 0.5
    assert scores.brows_apart > 0.01
    assert scores.upper_face_apart > 0


def test_a_mouth_that_hangs_open_is_worse(face, lines):
    near = score_held_out(lines, lambda line: perform(line.speech, line.style, 5), face)
    far = score_held_out(lines, lambda line: [parted(c) for c in perform(line.speech, line.style, 5)], face)
    assert far.lve > near.lve
    assert far.mod > near.mod
    assert far.bilabials_closed == 0.0
    assert near.bilabials_closed == 1.0


def test_nothing_to_compare_is_refused(face, lines):
    with pytest.raises(ValueError, match="no lines"):
        score_held_out([], lambda line: [line.truth], face)
    with pytest.raises(ValueError, match="two takes"):
        take_differences([lines[0].truth], [np.zeros((1, face.vertices, 3), np.float32)], face)
