"""The numbers of a clip in parts are about those of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.exchange.clip_controls import controls_of
from elocute.face.flame_import import FlameSources, convert_flame
from elocute.live.live_link import LiveLink
from elocute.live.part_curves import PartCurves
from elocute.motion.clip import MotionClip
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files
from tests.backend.exchange.captures_made import performance

PARTS = ((0, 8), (8, 17), (17, 30))


@pytest.fixture(scope="module")
def face(tmp_path_factory):
    """A FLAME head."""
    files = write_files(make_synthetic_flame(SMALL_SIZE), tmp_path_factory.mktemp("flame"), "numpy2")
    return convert_flame(FlameSources(files["model"], landmarks=(files["landmarks"],)))


def in_parts(clip, face, apart=False):
    """(T, N) numbers of the parts, by one object or each by one of its own; the last sentence."""
    protocol = LiveLink("x")
    one = PartCurves(protocol, face)
    told = [(PartCurves(protocol, face) if apart else one).of(clip.part(*part)) for part in PARTS]
    return np.concatenate([numbers for numbers, _ in told]), told[-1][1]


def test_named_expressions_are_the_same_in_parts():
    clip = performance(frames=30, fps=25.0)
    numbers, sentence = in_parts(clip, None)
    np.testing.assert_array_equal(numbers, LiveLink("x").curves(controls_of(clip, None)[0]))
    assert sentence == ""


def test_fitted_controls_go_on_from_part_to_part(face):
    t = np.arange(30) / 25
    jaw = np.zeros((30, 3), np.float32)
    jaw[:, 0] = 0.25 * np.sin(2 * np.pi * t) ** 2
    expression = (0.4 * np.sin(3 * t[:, None] + np.arange(20))).astype(np.float32)
    clip = MotionClip(25.0, face.basis, expression, jaw, np.zeros((30, 3), np.float32))
    whole = LiveLink("x").curves(controls_of(clip, face)[0])
    numbers, sentence = in_parts(clip, face)
    assert numbers.shape == whole.shape
    assert "follow the lips within" in sentence
    alone, _ = in_parts(clip, face, apart=True)
    assert np.abs(numbers - whole).max() < 0.7 * np.abs(alone - whole).max()
