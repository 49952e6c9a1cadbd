"""The table of fitted landmarks: what has to agree does, what must fail does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from elocute.bench.landmark_loss import there_and_back
from elocute.face.model import FaceModel
from tests.backend.face.talking import talking_clip

STANDIN = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"


@pytest.fixture(scope="module")
def lines():
    standin = FaceModel.load(STANDIN)
    return list(there_and_back(talking_clip(standin), standin, standin))


@pytest.fixture(scope="module")
def rows(lines):
    """Track -> lips, 95 %, lids, brows, opening, correlation, seconds."""
    return {line[:26].strip(): [float(number) for number in line[26:].split()] for line in lines[2:-2]}


@pytest.mark.parametrize(
    "name",
    [
        "own face",
        "first frame neutral",
        "noise 0.5 mm",
        "another face, cm",
        "2-D",
        "2-D, another face, noise",
    ],
)
def test_fits_agree(rows, name):
    lips, _, _, _, _, agreement, _ = rows[name]
    assert agreement > 0.98
    assert lips < 1.5


@pytest.mark.parametrize("name", ["5 frames late", "face at rest"])
def test_baselines_fail(rows, name):
    lips, _, _, _, _, agreement, _ = rows[name]
    assert agreement < 0.5
    assert lips > 1.5


def test_other_heads_agree(lines):
    assert lines[0].startswith("60 frames")
    for line, width in zip(lines[-2:], "32", strict=True):
        found = re.match(width + r"-D to elocute-head-1: corr\. (\d\.\d+), lips off by", line)
        assert found is not None
        assert float(found[1]) > 0.98
