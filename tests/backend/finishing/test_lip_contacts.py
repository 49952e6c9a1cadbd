"""Contacts made certain, measured on the whole head of the stand-in, not on the probe that makes them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elocute.audio.phone import Phone
from elocute.bench.contact_repair import DAMAGES
from elocute.evaluation.against_phones.motion_report import measure_motion
from elocute.evaluation.mouth_signals import mouth_signals
from elocute.evaluation.of_motion.kinematics import kinematics
from elocute.face.model import FaceModel
from elocute.finishing.lip_contacts.correction import ensure_contacts
from elocute.finishing.lip_contacts.poses import MOUTH_NAMES
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, EXPRESSION_NAMES, JAW_OPEN_RADIANS

HEAD = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"
LINE = "SIL M AY F AE M L IY W OW V P UH B AA P S B IY F AO R SIL"
HARMFUL = [name for name in DAMAGES if name != "none"]


@pytest.fixture(scope="module")
def head():
    return FaceModel.load(HEAD)


@pytest.fixture(scope="module")
def probe(head):
    return MouthProbe.from_face(head)


def still(frames, jaw=0.3, fps=25.0, **expressions):
    """A mouth that stays as it is, the jaw open by a share of its range."""
    expression = np.zeros((frames, len(EXPRESSION_NAMES)), np.float32)
    for name, value in expressions.items():
        expression[:, EXPRESSION_INDEX[name]] = value
    angles = np.tile(np.float32([jaw * JAW_OPEN_RADIANS, 0, 0]), (frames, 1))
    return MotionClip(fps, BASIS, expression, angles, np.zeros((frames, 3), np.float32))


def gap_of(probe, clip):
    """The gap in clips of the pipeline, which have a tongue that the probe does not know."""
    return probe.fitted(clip.expression.shape[1], None).gap(clip.expression, clip.jaw)


def same_frames(a, b):
    return (a.expression == b.expression).all(axis=1) & (a.jaw == b.jaw).all(axis=1)


@pytest.mark.parametrize("damage", HARMFUL)
def test_contacts_are_certain_smooth_and_do_not_cross(make_speech, perform, head, probe, damage):
    speech = make_speech(LINE, seconds=0.07)
    teacher = perform(speech)
    damaged = DAMAGES[damage](teacher)
    repaired = ensure_contacts(damaged, speech.phones, probe)
    report = measure_motion(repaired, speech.phones, head)
    assert (report.bilabials_closed, report.bilabials) == (1.0, 6)
    assert (report.labiodentals_touching, report.labiodentals) == (1.0, 3)

    before, after, wanted = (gap_of(probe, clip) for clip in (damaged, repaired, teacher))
    roughness = [kinematics(np.maximum(gap, 0), 25.0).max_acceleration for gap in (after, before, wanted)]
    # A jaw that hangs by six degrees has twice as far to go.
    assert roughness[0] <= max(roughness[1:]) * (1.35 if damage == "jaw + 0.40" else 1.1)
    assert (after >= np.minimum(before, 0.0) - 0.0006).all()


def test_only_the_mouth_is_touched(make_speech, perform, probe):
    speech = make_speech(LINE, seconds=0.08)
    damaged = replace(DAMAGES["all of it"](perform(speech)), neck=np.ones((speech.frames, 3), np.float32))
    repaired = ensure_contacts(damaged, speech.phones, probe)
    others = [i for name, i in EXPRESSION_INDEX.items() if name not in MOUTH_NAMES]
    assert not (repaired.expression == damaged.expression).all()
    np.testing.assert_array_equal(repaired.expression[:, others], damaged.expression[:, others])
    for name in ("head", "eyes", "neck"):
        np.testing.assert_array_equal(getattr(repaired, name), getattr(damaged, name))
    assert (repaired.meta, repaired.fps, repaired.basis) == (damaged.meta, damaged.fps, damaged.basis)


def test_contacts_that_are_there_stay_bit_for_bit(make_speech, perform, probe):
    speech = make_speech("SIL B AA T M IY D P OW SIL", seconds=0.1)
    clip = perform(speech)
    assert ensure_contacts(clip, speech.phones, probe) is clip
    # The M alone is missed: what is closed in B and P and all that is far from it stays.
    missed = clip.expression.copy()
    m = next(phone for phone in speech.phones if phone.label == "M")
    first, last = int(m.start * 25) - 1, int(m.end * 25) + 2
    missed[first:last, EXPRESSION_INDEX["mouthClose"]] *= 0.5
    damaged = replace(clip, expression=missed)
    repaired = ensure_contacts(damaged, speech.phones, probe)
    same = same_frames(repaired, damaged)
    assert not same[first:last].all()
    far = np.ones(clip.frames, bool)
    far[int((m.start - 0.25) * 25) : int((m.end + 0.25) * 25) + 1] = False
    assert same[far].all()
    closed = gap_of(probe, clip) <= 0.0002
    for phone in speech.phones:
        if phone.label in "BP":
            held = slice(round((phone.start + 0.03) * 25), round((phone.start + 0.06) * 25) + 1)
            assert same[held][closed[held]].all()


def test_repairing_twice_changes_nothing_more(make_speech, perform, probe):
    speech = make_speech(LINE, seconds=0.08)
    once = ensure_contacts(DAMAGES["blur 5"](perform(speech)), speech.phones, probe)
    assert ensure_contacts(once, speech.phones, probe) is once


@pytest.mark.parametrize("phones", [None, (), (Phone("SIL", 0.0, 0.5), Phone("AA", 0.5, 1.0))])
def test_without_contacts_in_the_phones_nothing_happens(probe, phones):
    clip = still(25)
    assert ensure_contacts(clip, phones, probe) is clip


def test_phones_outside_the_clip_are_left_out(probe):
    clip = still(25)
    phones = [Phone("P", -0.3, -0.1), Phone("AA", 0.0, 1.0), Phone("F", 1.2, 1.3)]
    assert ensure_contacts(clip, phones, probe) is clip


@pytest.mark.parametrize(
    ("label", "start", "end"), [("M", 0.0, 0.03), ("P", 0.97, 1.0), ("F", 0.0, 0.05), ("V", 0.99, 1.0)]
)
def test_contacts_at_the_very_ends(head, probe, label, start, end):
    phones = [Phone("AA", 0.0, start), Phone(label, start, end), Phone("AA", end, 1.0)]
    signals = mouth_signals(ensure_contacts(still(25), phones, probe), head)
    distance, limit = (signals.opening, 0.00025) if label in "PM" else (signals.lip_to_teeth, 0.0025)
    frame = 0 if start == 0.0 else 24
    assert distance[frame] <= limit


def test_a_clip_of_one_frame(head, probe):
    repaired = ensure_contacts(still(1), [Phone("B", 0.0, 0.04)], probe)
    assert mouth_signals(repaired, head).opening[0] <= 0.0002


@pytest.mark.parametrize("fps", [25.0, 30.0, 60.0])
@pytest.mark.parametrize("labels", ["P F", "F P", "B V", "M F", "V M", "F V", "P B", "F P F"])
def test_neighbouring_contacts_both_happen(head, probe, labels, fps):
    phones, time = [Phone("AA", 0.0, 0.4)], 0.4
    for label in labels.split():
        phones.append(Phone(label, time, time + 0.05))
        time += 0.05
    phones.append(Phone("AA", time, 1.0))
    report = measure_motion(ensure_contacts(still(int(fps), fps=fps), phones, probe), phones, head)
    assert report.bilabials_closed in (None, 1.0)
    assert report.labiodentals_touching in (None, 1.0)


def test_lips_go_before_teeth_in_one_and_the_same_frame(probe):
    phones = [Phone("P", 0.402, 0.418), Phone("F", 0.418, 0.436)]
    repaired = ensure_contacts(still(25), phones, probe)
    assert probe.gap(repaired.expression, repaired.jaw)[10] <= 0.0002
    assert probe.lip_to_teeth(repaired.expression, repaired.jaw)[[9, 11]].min() <= 0.0025


def test_a_correction_comes_and_goes_smoothly(probe):
    phones = [Phone("AA", 0.0, 0.96), Phone("P", 0.96, 1.04), Phone("AA", 1.04, 2.0)]
    gap = {}
    for fps in (25.0, 200.0):
        clip = still(int(2 * fps), jaw=0.3, fps=fps)
        repaired = ensure_contacts(clip, phones, probe)
        gap[fps] = probe.gap(repaired.expression, repaired.jaw)
    # 7.3 mm in 0.16 s by half a cosine: the peak is 7.3 mm / 2 (pi / 0.16 s)^2 = 1.4 m/s2.
    assert gap[25.0].max() == pytest.approx(0.0073, abs=0.0003)
    assert kinematics(gap[200.0], 200.0).max_acceleration < 2.0
    assert kinematics(gap[25.0], 25.0).max_acceleration < 2.0


def test_the_jaw_only_comes_up_when_it_is_too_wide_open(probe):
    phones = [Phone("AA", 0.0, 0.4), Phone("P", 0.4, 0.5), Phone("AA", 0.5, 1.0)]
    narrow, wide = still(25, jaw=0.2), still(25, jaw=0.6)
    np.testing.assert_array_equal(ensure_contacts(narrow, phones, probe).jaw, narrow.jaw)
    assert ensure_contacts(wide, phones, probe).jaw[:, 0].min() < 0.3 * JAW_OPEN_RADIANS


def test_wild_poses_still_reach_contact(head, probe):
    rng = np.random.default_rng(11)
    clip = still(200)
    expression = rng.uniform(-0.3, 1.0, clip.expression.shape).astype(np.float32)
    jaw = rng.uniform(-0.2, 0.4, clip.jaw.shape).astype(np.float32)
    clip = replace(clip, expression=expression, jaw=jaw)
    labels = ["P", "AA", "F", "S", "V", "B", "IY", "M"]
    phones = [Phone(labels[n % 8], 0.1 * n, 0.1 * (n + 1)) for n in range(80)]
    report = measure_motion(ensure_contacts(clip, phones, probe), phones, head)
    assert (report.bilabials_closed, report.labiodentals_touching) == (1.0, 1.0)


def test_another_basis_is_refused(probe):
    with pytest.raises(ValueError, match="flame2020"):
        ensure_contacts(replace(still(5), basis="flame2020"), [Phone("P", 0.0, 0.2)], probe)


def test_a_doubtful_contact_is_made_in_proportion(head, probe):
    def gap(confidence):
        phones = [Phone("AA", 0.0, 0.4), Phone("B", 0.4, 0.52, confidence), Phone("AA", 0.52, 1.0)]
        repaired = ensure_contacts(still(25), phones, probe)
        return float(probe.gap(repaired.expression, repaired.jaw).min())

    untouched = float(probe.gap(still(25).expression, still(25).jaw).min())
    assert gap(1.0) <= 0.0002
    assert gap(0.7) <= 0.0002
    assert gap(1.0) + 0.001 < gap(0.5) < untouched - 0.001
    assert gap(0.2) == untouched
