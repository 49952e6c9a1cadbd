"""Contacts in bases whose expressions have no names: a made-up FLAME head, and the stand-in head unknown."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elocute.bench.contact_repair import DAMAGES
from elocute.evaluation.against_phones.motion_report import measure_motion
from elocute.evaluation.mouth_signals import mouth_signals
from elocute.evaluation.of_motion.kinematics import kinematics
from elocute.face.model import FaceModel
from elocute.finishing.lip_contacts.correction import ensure_contacts
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.lip_contacts.timing import contacts_of
from tests.backend.finishing.conftest import restless

HEAD = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"
SHAPE = np.random.default_rng(3).normal(0.0, 0.7, 100).astype(np.float32)


@pytest.fixture(scope="module")
def stranger():
    """The stand-in head in a basis of which nothing is known."""
    return replace(FaceModel.load(HEAD), basis="somebodys")


def held_and_free(clip, phones):
    """For each contact whether it is a seal and the frames that count; and the frames that none reaches."""
    contacts = contacts_of(phones, clip.frames, clip.fps)
    free = np.ones(clip.frames, bool)
    for contact in contacts:
        first, last = contact.reach(clip.fps)
        free[max(first, 0) : last + 1] = False
    return [(one.seal, one.held if one.seal else one.near) for one in contacts], free


@pytest.mark.parametrize("shape", [None, SHAPE], ids=["average", "identity"])
@pytest.mark.parametrize("line", ["map", "movie", "waffles"])
def test_a_flame_mouth_closes_where_the_phones_say_so(speeches, flame_face, line, shape):
    speech, probe = speeches[line], MouthProbe.from_face(flame_face)
    clip = restless("flame2020", speech.frames, 50, shape=shape)
    repaired = ensure_contacts(clip, speech.phones, probe)
    rest = probe.fitted(50, shape).shut_gap
    before, after = (mouth_signals(c, flame_face).opening - rest for c in (clip, repaired))
    contacts, free = held_and_free(clip, speech.phones)
    assert {seal for seal, _ in contacts} == {True, False}
    for seal, frames in contacts:
        limit = 0.0002 if seal else 0.0025
        assert after[frames].min() <= limit + 1e-5
    assert np.mean([before[frames].min() > 0.001 for seal, frames in contacts if seal]) > 0.5
    assert (after >= np.minimum(before, 0.0) - 0.001).all()  # lips do not run through each other

    same = (repaired.expression == clip.expression).all(axis=1) & (repaired.jaw == clip.jaw).all(axis=1)
    assert same[free].all()
    assert not same.all()
    for name in ("head", "shape"):
        np.testing.assert_array_equal(getattr(repaired, name), getattr(clip, name))
    # Closing takes acceleration, but no more than speech does (the rules model: 7.5 m/s² and 23.5 m/s³).
    opening = kinematics(after, 25.0)
    assert opening.max_acceleration < 4.0
    assert opening.mean_jerk < 23.5
    assert ensure_contacts(repaired, speech.phones, probe) is repaired


@pytest.mark.parametrize("damage", [name for name in DAMAGES if name != "none"])
def test_an_unknown_head_with_teeth_closes_and_bites(make_speech, perform, stranger, damage):
    speech = make_speech("SIL M AY F AE M L IY W OW V P UH B AA P S B IY F AO R SIL", seconds=0.07)
    clip = replace(DAMAGES[damage](perform(speech)), basis=stranger.basis)
    repaired = ensure_contacts(clip, speech.phones, MouthProbe.from_face(stranger))
    report = measure_motion(repaired, speech.phones, stranger)
    assert (report.bilabials_closed, report.labiodentals_touching) == (1.0, 1.0)
    upper = [i for i, name in enumerate(stranger.expression_names) if name.startswith(("brow", "eye"))]
    moved = np.abs(repaired.expression - clip.expression)
    assert moved[:, upper].max() < 0.05 < moved.max()


def test_contacts_that_are_there_stay_bit_for_bit(make_speech, perform, stranger, flame_face):
    speech = make_speech("SIL B AA T M IY D P OW SIL", seconds=0.1)
    clip = replace(perform(speech), basis=stranger.basis)
    assert ensure_contacts(clip, speech.phones, MouthProbe.from_face(stranger)) is clip
    frames = speech.frames
    shut = replace(
        restless("flame2020", frames, 50), expression=np.zeros((frames, 50)), jaw=np.zeros((frames, 3))
    )
    assert ensure_contacts(shut, speech.phones, MouthProbe.from_face(flame_face)) is shut


def test_a_wide_jaw_comes_up_and_never_above_shut(make_speech, flame_face):
    speech = make_speech("SIL B AA T M IY D P OW F IY SIL", seconds=0.1)
    clip = restless("flame2020", speech.frames, 50)
    wide = replace(clip, jaw=clip.jaw + np.float32([0.15, 0.0, 0.0]))
    repaired = ensure_contacts(wide, speech.phones, MouthProbe.from_face(flame_face))
    contacts, _ = held_and_free(clip, speech.phones)
    for _, frames in contacts:
        assert repaired.jaw[frames, 0].min() < 0.5 * wide.jaw[frames, 0].min()
    assert repaired.jaw[:, 0].min() >= -1e-6
    np.testing.assert_array_equal(repaired.jaw[:, 1:], wide.jaw[:, 1:])


def test_a_jaw_that_is_nearly_shut_is_not_pushed_further(make_speech, flame_face):
    speech = make_speech("SIL B AA T M IY D P OW F IY SIL", seconds=0.1)
    probe = MouthProbe.from_face(flame_face)
    clip = restless("flame2020", speech.frames, 50)
    nearly = replace(clip, jaw=np.full((speech.frames, 3), [0.01, 0.0, 0.0]))
    apart = replace(nearly, expression=-2.0 * np.sign(_closing(probe)) * np.ones((speech.frames, 1)))
    repaired = ensure_contacts(apart, speech.phones, probe)
    assert not np.array_equal(repaired.expression, apart.expression)
    assert -1e-7 <= repaired.jaw[:, 0].min() < 0.005


def _closing(probe):
    """(50,) which sign of each expression brings the lips together."""
    return -probe.fitted(50, None).gap_slope(np.zeros((1, 50)), np.zeros((1, 3))).expression[0]


def test_a_head_without_a_jaw_joint_closes_by_its_expressions(make_speech, flame_face):
    weights = flame_face.weights.copy()
    weights[:, 1] += weights[:, 2]
    weights[:, 2] = 0.0
    rigid = replace(flame_face, weights=weights, pose_dirs=flame_face.pose_dirs[:0], basis="flame2023-no-jaw")
    speech = make_speech("SIL B AA T M IY D P OW SIL", seconds=0.1)
    probe = MouthProbe.from_face(rigid)
    clip = replace(restless(rigid.basis, speech.frames, 100), jaw=np.zeros((speech.frames, 3)))
    repaired = ensure_contacts(clip, speech.phones, probe)
    gap = probe.gap(repaired.expression, repaired.jaw) - probe.shut_gap
    for _, frames in held_and_free(clip, speech.phones)[0]:
        assert gap[frames].min() <= 0.0002 + 1e-5
    np.testing.assert_array_equal(repaired.jaw, clip.jaw)


def test_another_heads_clip_is_refused(flame_face):
    probe = MouthProbe.from_face(flame_face)
    with pytest.raises(ValueError, match="flame2020, the clip is in flame2023"):
        ensure_contacts(restless("flame2023", 20, 50), (), probe)
    with pytest.raises(ValueError, match="100 expressions, not 101"):
        ensure_contacts(restless("flame2020", 20, 101), (), probe)
