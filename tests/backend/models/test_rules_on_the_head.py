"""The rules model measured on the mesh of the stand-in head, not on its own numbers."""

from pathlib import Path

import numpy as np
import pytest

from elocute.evaluation.against_phones.motion_report import measure_motion
from elocute.face.lips import lip_gap_columns
from elocute.face.model import FaceModel
from elocute.face.skinning import pose_vertices
from elocute.models.rules.style import MOST_INTENSITY, PRESETS

HEAD = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"
LINE = "SIL M AY F AE M L IY W OW V P UH B AA P S B IY F AO R SIL"


@pytest.fixture(scope="module")
def head():
    return FaceModel.load(HEAD)


@pytest.mark.parametrize("intensity", [1.0, MOST_INTENSITY])
@pytest.mark.parametrize("style", PRESETS)
def test_contacts_happen_on_the_mesh(make_speech, perform, head, style, intensity):
    speech = make_speech(LINE, seconds=0.07)
    clip = perform(speech, style=style, options={"intensity": intensity})
    report = measure_motion(clip, speech.phones, head)
    assert (report.bilabials_closed, report.bilabials) == (1.0, 6)
    assert (report.labiodentals_touching, report.labiodentals) == (1.0, 3)


@pytest.mark.parametrize("style", PRESETS)
def test_sealed_lips_meet_along_their_whole_length_and_do_not_cross(make_speech, perform, head, style):
    speech = make_speech(LINE, seconds=0.07)
    clip = perform(speech, style=style)
    gaps = lip_gap_columns(head, pose_vertices(head, clip.expression, clip.jaw, np.zeros_like(clip.head)))
    for phone in speech.phones:
        if phone.label in "PBM":
            frames = gaps[int(phone.start * clip.fps) : int(phone.end * clip.fps) + 1]
            assert frames.max(axis=1).min() < 0.0005
    assert gaps.min() > -0.001


def test_rounding_and_open_vowels_show_on_the_mesh(make_speech, perform, head):
    speech = make_speech("SIL D AA D UW T AE S W IY SIL", seconds=0.12)
    report = measure_motion(perform(speech), speech.phones, head)
    assert report.rounding > 0.008
    assert report.open_vowels > 0.006
    assert report.lag_correlation > 0.6
    assert abs(report.lag_seconds) < 0.06
