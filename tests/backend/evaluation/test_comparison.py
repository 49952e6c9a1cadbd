from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.evaluation.against_truth.comparison import compare, mean_and_interval
from elocute.motion.clip import MotionClip
from tests.backend.training.tiny_world import BASIS, EXPRESSIONS, SHAPES, make_face


def clip(seed: int, frames: int = 40) -> MotionClip:
    rng = np.random.default_rng(seed)
    head = 0.1 * np.sin(np.arange(frames)[:, None] / (4 + seed) + np.arange(3))
    return MotionClip(
        25.0,
        BASIS,
        rng.standard_normal((frames, EXPRESSIONS)),
        0.1 * rng.standard_normal((frames, 3)),
        head,
        shape=np.full(SHAPES, 0.5),
    )


def test_the_truth_itself_is_perfect():
    truth = clip(1)
    longer = {name: np.pad(getattr(truth, name), ((0, 5), (0, 0))) for name in ("expression", "jaw", "head")}
    scores = compare([truth, replace(truth, **longer)], truth, make_face())
    assert scores.lve == scores.fdd == scores.mod == 0
    assert scores.ba == 1
    scores = compare([clip(1)], clip(1), make_face())
    assert scores.expression_diversity is None


def test_other_motion_is_worse_and_takes_are_averaged():
    face, truth = make_face(), clip(1)
    one, two = (compare([clip(seed)], truth, face) for seed in (2, 3))
    both = compare([clip(2), clip(3)], truth, face)
    for name in ("lve", "fdd", "mod", "ba"):
        mean = (getattr(one, name) + getattr(two, name)) / 2
        assert getattr(both, name) == pytest.approx(mean)
        assert getattr(both, name) != (1 if name == "ba" else 0)
    assert both.expression_diversity > 0
    assert both.head_diversity > 0


def test_head_pose_and_identity_of_the_prediction_do_not_matter_for_vertices():
    face, truth = make_face(), clip(1)
    turned = replace(clip(2), head=clip(2).head + 1, shape=None)
    straight = compare([clip(2)], truth, face)
    assert compare([turned], truth, face).lve == straight.lve


def test_clips_of_another_face_are_refused():
    with pytest.raises(InputError, match="basis other"):
        compare([replace(clip(1), basis="other")], clip(1), make_face())
    with pytest.raises(InputError, match="region 'lips'"):
        compare([clip(1)], clip(1), replace(make_face(), masks={}))


def test_mean_and_interval():
    # Student's t for 3 values is 4.3027; their standard deviation is 1.
    mean, half = mean_and_interval([1.0, 2.0, 3.0])
    assert mean == 2
    assert half == pytest.approx(4.3027 / np.sqrt(3), rel=1e-4)
    assert mean_and_interval([5.0]) == (5.0, 0.0)
