"""A mouth that keeps to rest in silence, to parted lips in speech, and to bites."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from elocute.audio.phone import Phone
from elocute.finishing.kept_mouth import KeptMouth
from elocute.finishing.lip_contacts.poses import Pose
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.motion.head1_basis import EXPRESSION_INDEX, EXPRESSION_NAMES

FRAMES = 50
PHONES = (
    Phone("SIL", 0.0, 0.4),
    Phone("AA", 0.4, 0.8),
    Phone("F", 0.8, 1.0),
    Phone("AA", 1.0, 1.4),
    Phone("SIL", 1.4, 2.0),
)
RESTING = np.r_[0:7, 40:50]


@pytest.fixture(scope="module")
def probe():
    return MouthProbe.load(Path(str(files("elocute") / "bundled" / "elocute-lite" / "mouth_probe.npz")))


def open_mouth(**expressions):
    """A mouth that stands open all the time, in a smile."""
    expression = np.zeros((FRAMES, len(EXPRESSION_NAMES)))
    for name, value in {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5, **expressions}.items():
        expression[:, EXPRESSION_INDEX[name]] = value
    return Pose(expression, np.tile([0.08, 0.0, 0.0], (FRAMES, 1)))


def test_an_open_mouth_closes_in_silence_and_nowhere_else(probe):
    before = open_mouth(mouthFunnel=0.3, mouthLowerDownLeft=0.2)
    after = KeptMouth(PHONES, FRAMES, probe, 0.0).kept(before, 0)
    assert (probe.gap(after.expression, after.jaw)[RESTING] < 0.0005).all()
    assert (after.expression[12:33] == before.expression[12:33]).all()
    assert (after.jaw[12:33] == before.jaw[12:33]).all()


def test_a_smile_and_a_sneer_stay_in_silence(probe):
    after = KeptMouth(PHONES, FRAMES, probe, 0.0).kept(open_mouth(mouthUpperUpLeft=0.3), 0)
    for name, value in (("mouthSmileLeft", 0.5), ("mouthUpperUpLeft", 0.3)):
        assert (after.expression[:, EXPRESSION_INDEX[name]] == value).all()


@pytest.mark.parametrize("jaw", [0.08, 0.0], ids=["lips over an open jaw", "a shut jaw"])
def test_closed_lips_part_in_speech(probe, jaw):
    before = open_mouth(mouthClose=jaw / np.radians(16.0))
    before.jaw[:, 0] = jaw
    gap = probe.gap(before.expression, before.jaw)
    assert (gap < 0.0005).all()
    after = KeptMouth(PHONES, FRAMES, probe, 0.0009).kept(before, 0)
    assert (probe.gap(after.expression, after.jaw)[11:33] > 0.0007).all()
    assert (after.expression >= 0.0).all()
    untouched = KeptMouth(PHONES, FRAMES, probe, 0.0).kept(before, 0)
    assert (untouched.expression[12:33] == before.expression[12:33]).all()


def test_lips_may_stay_closed_where_the_phones_are_doubted(probe):
    before = open_mouth(mouthClose=0.08 / np.radians(16.0))
    doubted = np.zeros(FRAMES, bool)
    doubted[15:18] = True
    after = KeptMouth(PHONES, FRAMES, probe, 0.0009, doubted=doubted).kept(before, 0)
    gap = probe.gap(after.expression, after.jaw)
    assert (gap[15:18] < 0.0005).all()
    assert (gap[11:15] > 0.0007).all()


def test_bites_are_made_if_asked_for(probe):
    before = open_mouth()
    for bites in (False, True):
        after = KeptMouth(PHONES, FRAMES, probe, 0.0, bites=bites).kept(before, 0)
        nearest = probe.lip_to_teeth(after.expression, after.jaw)[20:25].min()
        assert (nearest < 0.003) == bites


def test_a_part_of_the_clip_is_what_it_is_in_the_whole(probe):
    before = open_mouth()
    kept = KeptMouth(PHONES, FRAMES, probe, 0.0009)
    whole = kept.kept(before, 0)
    part = kept.kept(Pose(before.expression[30:], before.jaw[30:]), 30)
    assert (part.expression == whole.expression[30:]).all()
    assert (part.jaw == whole.jaw[30:]).all()


def test_what_was_given_is_left_alone(probe):
    before = open_mouth(mouthClose=0.3)
    copy = Pose(before.expression.copy(), before.jaw.copy())
    KeptMouth(PHONES, FRAMES, probe, 0.0009, bites=True).kept(before, 0)
    assert (before.expression == copy.expression).all()
    assert (before.jaw == copy.jaw).all()
