"""What a measure must tell from good motion is told from it."""

from pathlib import Path

import numpy as np
import pytest

from elocute.audio.speech_features import SpeechFeatures
from elocute.bench.controls import dumb_performances, takes_apart
from elocute.clips_in_the_making import make_clips
from elocute.evaluation.against_phones.spoken_scores import score_spoken
from elocute.evaluation.of_motion.motion_statistics import Performance
from elocute.face.model import FaceModel
from elocute.generator import GenerationSettings
from elocute.models.rules.generator import RulesGenerator
from elocute.progress import Progress
from tests.backend.diffposetalk.spoken import spoken_line

FACE = FaceModel.load(Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz")


@pytest.fixture(scope="module")
def performances():
    line: SpeechFeatures = spoken_line()
    clips = make_clips(RulesGenerator(), line, GenerationSettings(takes=3), Progress())
    return [Performance(clip, line.phones, None, "line") for clip in clips]


def test_a_mouth_that_stands_still_and_one_that_is_late_score_worse(performances):
    good = score_spoken(performances, FACE)
    dumb = {name: score_spoken(made, FACE) for name, made in dumb_performances(performances).items()}
    static, late = dumb["static mouth"], dumb["late by 0.2 s"]
    assert good.bilabials_closed == 1.0
    assert static.bilabials_closed == 0.0
    assert static.onset_error is None
    assert late.bilabials_closed < 1.0
    assert static.lag_correlation < 0.2 < good.lag_correlation
    assert late.lag_frames == pytest.approx(good.lag_frames + 5, abs=1.5)
    assert static.jitter_99 == 0.0


def test_takes_of_a_line_are_compared_with_each_other(performances):
    apart = takes_apart(performances, FACE)
    assert apart.head > 0.2
    same = takes_apart([performances[0]] * 2, FACE)
    assert same.head == same.lips == same.brows == 0.0
    assert takes_apart(performances[:1], FACE) is None
    other = [Performance(p.clip, p.phones, None, str(n)) for n, p in enumerate(performances)]
    assert takes_apart(other, FACE) is None


def test_the_head_is_late_too(performances):
    late = dumb_performances(performances)["late by 0.2 s"][0].clip
    assert np.array_equal(late.head[5:], performances[0].clip.head[:-5])
