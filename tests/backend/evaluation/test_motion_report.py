import numpy as np
import pytest

from elocute.audio.phone import Phone
from elocute.evaluation.against_phones.motion_report import measure_motion
from elocute.evaluation.mouth_signals import FULL_JAW_METRES, mouth_signals
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, EXPRESSION_NAMES, JAW_OPEN_RADIANS

PHONES = [
    Phone("AA", 0.0, 0.2),
    Phone("M", 0.2, 0.3),
    Phone("UW", 0.3, 0.4),
    Phone("F", 0.4, 0.52),
    Phone("SIL", 0.52, 2.0),
]


@pytest.fixture
def clip():
    expression = np.zeros((50, len(EXPRESSION_NAMES)), np.float32)
    jaw = np.zeros((50, 3), np.float32)
    jaw[:13, 0] = 0.5 * JAW_OPEN_RADIANS
    jaw[10:13, 0] = 0.1 * JAW_OPEN_RADIANS
    expression[5:8, EXPRESSION_INDEX["mouthClose"]] = 0.5
    expression[8:10, EXPRESSION_INDEX["mouthPucker"]] = 0.8
    expression[10:13, EXPRESSION_INDEX["mouthRollLower"]] = 0.5
    return MotionClip(fps=25.0, basis=BASIS, expression=expression, jaw=jaw, head=np.zeros_like(jaw))


def test_the_report_of_a_clip_made_by_hand(clip):
    report = measure_motion(clip, PHONES)
    assert (report.bilabials_closed, report.bilabials) == (1.0, 1)
    assert (report.labiodentals_touching, report.labiodentals) == (1.0, 1)
    assert report.rounding == pytest.approx(0.8)
    assert report.open_vowels == pytest.approx(0.5 * FULL_JAW_METRES)
    assert report.silence_closed == 1.0
    assert report.head_max_speed == 0.0
    assert report.blinks_per_minute == 0.0


def test_lips_that_stay_open_are_noticed(clip):
    expression = clip.expression.copy()
    expression[:, EXPRESSION_INDEX["mouthClose"]] *= 0.9
    leaking = MotionClip(fps=25.0, basis=BASIS, expression=expression, jaw=clip.jaw, head=clip.head)
    assert measure_motion(leaking, PHONES).bilabials_closed == 0.0


def test_a_clip_of_another_basis_needs_its_face(clip):
    other = MotionClip(fps=25.0, basis="flame2020", expression=clip.expression, jaw=clip.jaw, head=clip.head)
    with pytest.raises(ValueError, match="flame2020"):
        mouth_signals(other)
