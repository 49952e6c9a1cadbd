"""What is done to clips of which basis, and that a clip in windows is the clip in one piece."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import detrend

import elocute
from elocute.audio.phone import Phone
from elocute.audio.speech_features import SpeechFeatures
from elocute.evaluation.of_motion.kinematics import blinks_per_minute
from elocute.finishing.finisher import Finisher
from elocute.finishing.lip_contacts.correction import ensure_contacts
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.needs import FinishingNeeds
from elocute.finishing.settings import FinishSettings, factors_of
from elocute.generator import GenerationSettings, MotionWindow, joined
from elocute.models.diffposetalk.folder import load_folder
from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
from elocute.models.rules.generator import RulesGenerator
from elocute.motion.clip import MotionClip, joined_frames
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, EXPRESSION_NAMES
from elocute.progress import Progress
from tests.backend.finishing.conftest import restless

BUNDLED = Path(elocute.__file__).parent / "bundled" / "elocute-lite"
LITE = FinishingNeeds.from_folder(BUNDLED, "neutral", 1.0)
TRACKS = ("expression", "jaw", "head", "neck", "eyes")
PLAIN = FinishSettings(seed=3)


def raw_clips(generator, speech, settings):
    windows: list[MotionWindow] = []
    generator.stream(speech, settings, Progress(), windows.append)
    return joined(windows)


@pytest.fixture(scope="session")
def raw(speeches):
    """name -> two takes as the bundled model makes them, before anything is finished."""
    generator = DiffPoseTalkGenerator(load_folder(BUNDLED))
    return {
        name: raw_clips(generator, speech, GenerationSettings(seed=3, takes=2))
        for name, speech in speeches.items()
    }


@pytest.fixture(scope="session")
def flame_probe(flame_face):
    return MouthProbe.from_face(flame_face)


def same(a: MotionClip, b: MotionClip) -> bool:
    return all(
        (one is None and other is None) or np.array_equal(one, other)
        for one, other in ((getattr(a, name), getattr(b, name)) for name in TRACKS)
    )


def but_for_the_tongue(clip: MotionClip) -> MotionClip:
    """The clip without what the phones decide in any case."""
    expression = clip.expression[:, : len(EXPRESSION_NAMES)].copy()
    expression[:, EXPRESSION_INDEX["tongueOut"]] = 0.0
    return replace(clip, expression=expression)


def power_above(curve, hertz):
    """A curve's power above a frequency, without its trend and the jump from end to start."""
    faded = detrend(curve, axis=0) * np.hanning(len(curve))[:, None]
    power = np.abs(np.fft.rfft(faded, axis=0)) ** 2
    return float(power[np.fft.rfftfreq(len(curve), 1 / 25.0) > hertz].sum())


# What is done to the bundled model's motion.


def test_a_sampled_head_loses_its_noise_and_keeps_its_nods(speeches, raw):
    for name, clips in raw.items():
        calm = Finisher(LITE).finish(clips[0], speeches[name], PLAIN)
        assert power_above(calm.head, 8.0) < 0.1 * power_above(clips[0].head, 8.0)
        assert power_above(calm.head, 0.0) > 0.9 * power_above(clips[0].head, 0.0)
        untouched = Finisher(replace(LITE, head_smoothing=0.0)).finish(clips[0], speeches[name], PLAIN)
        np.testing.assert_array_equal(untouched.head, clips[0].head)


def test_the_head_is_smoothed_by_a_gaussian_of_exactly_the_models_width(make_speech):
    speech = make_speech("SIL AA SIL AA SIL")
    head = np.zeros((speech.frames, 3))
    head[20, 0] = 1.0
    clip = replace(restless(BASIS, speech.frames, 43), head=head)
    needs = FinishingNeeds(head_smoothing=1.0)
    smooth = Finisher(needs).finish(clip, speech, PLAIN).head[:, 0]
    bell = np.exp(-0.5 * np.arange(-4, 5) ** 2)
    np.testing.assert_allclose(smooth[16:25], bell / bell.sum(), atol=1e-7)
    assert not smooth[:16].any()
    assert not smooth[25:].any()


def test_numbers_that_cannot_be_meant_are_taken_out(speeches, raw):
    outside = 0
    for name, clips in raw.items():
        for needs in (LITE, FinishingNeeds()):
            done = Finisher(needs).finish(clips[0], speeches[name], replace(PLAIN, gaze=0.0))
            assert done.expression.min() >= 0.0
            assert done.expression.max() <= 1.0 + 1e-6
            assert done.jaw[:, 0].min() >= 0.0
        outside += (clips[0].expression < 0).sum() + (clips[0].jaw[:, 0] < 0).sum()
    assert outside > 100  # there is something to take out


def test_bounds_are_exact(make_speech):
    speech = make_speech("SIL AA SIL")
    clip = restless(BASIS, speech.frames, 43)
    jaw = clip.jaw - np.float32([0.12, 0.0, 0.0])
    given_eyes = np.zeros((clip.frames, 6), np.float32)
    done = Finisher(FinishingNeeds()).finish(replace(clip, jaw=jaw, eyes=given_eyes), speech, PLAIN)
    bounded = replace(clip, expression=np.clip(clip.expression, 0.0, 1.0))
    assert np.array_equal(but_for_the_tongue(done).expression, but_for_the_tongue(bounded).expression)
    np.testing.assert_array_equal(done.jaw, np.maximum(jaw, np.float32([0.0, -9.0, -9.0])))
    assert (done.jaw[:, 1] < 0).any()


def test_the_bundled_models_eyes_blink_and_look(speeches, raw):
    speech, clip = speeches["waffles"], raw["waffles"][0]
    one, still = (
        Finisher(LITE).finish(clip, speech, s) for s in (PLAIN, FinishSettings(gaze=0.0, blinks=0.0))
    )
    assert blinks_per_minute(one) > 0.0 == blinks_per_minute(still)
    assert np.abs(one.eyes - still.eyes).max() > 0.01
    assert one.meta.items() >= {"lip_contacts": True, "gaze_amount": 1.0, "blink_rate": 18.0}.items()
    assert still.meta.items() >= {"gaze_amount": 0.0, "blink_rate": 0.0}.items()


def test_takes_have_their_own_eyes(speeches, raw):
    speech, clip = speeches["waffles"], raw["waffles"][0]
    first, second = (Finisher(LITE).finish(clip, speech, PLAIN, take) for take in (0, 1))
    assert not np.array_equal(first.eyes, second.eyes)
    assert same(second, Finisher(LITE).finish(clip, speech, replace(PLAIN, seed=4)))


# A family that has done it all itself.


def test_eyes_lids_and_contacts_of_the_rules_model_are_left_alone(speeches):
    for speech in speeches.values():
        for style in ("neutral", "lively"):
            (clip,) = raw_clips(RulesGenerator(), speech, GenerationSettings(style=style))
            done = Finisher(RulesGenerator().finishing).finish(clip, speech, PLAIN)
            assert same(but_for_the_tongue(done), but_for_the_tongue(clip))
            assert done.meta == {**clip.meta, "lip_contacts": True}
    unheard = replace(speech, phones=None)
    stream = Finisher(RulesGenerator().finishing).begin(unheard, PLAIN)
    (*come, last) = [*stream.add((clip,)), *stream.end()]
    assert same(joined_frames([*come, last]), clip)
    assert last.meta["lip_contacts"] is False
    assert "no phones are known" in stream.notes[0]


def test_a_family_with_eyes_of_its_own_may_still_miss_contacts(speeches, perform):
    speech = speeches["waffles"]
    clip = perform(speech)
    open_mouth = clip.expression.copy()
    open_mouth[:, EXPRESSION_INDEX["mouthClose"]] = 0.0
    clip = replace(clip, expression=open_mouth)
    done = Finisher(LITE).finish(clip, speech, PLAIN)
    wanted = ensure_contacts(clip, speech.phones, LITE.probe)
    assert same(but_for_the_tongue(done), but_for_the_tongue(replace(wanted, head=done.head)))
    assert not np.array_equal(done.expression, open_mouth)
    np.testing.assert_array_equal(done.eyes, clip.eyes)
    lids = [i for n, i in EXPRESSION_INDEX.items() if n.startswith("eye")]
    np.testing.assert_array_equal(done.expression[:, lids], clip.expression[:, lids])


# Any other basis.


def test_a_flame_clip_gets_contacts_and_eyes_and_nothing_else(speeches, flame_probe):
    speech = speeches["map"]
    clip = restless("flame2020", speech.frames, 50)
    done = Finisher(FinishingNeeds(probe=flame_probe)).finish(clip, speech, PLAIN)
    wanted = ensure_contacts(clip, speech.phones, flame_probe)
    assert not same(wanted, clip)
    assert same(done, replace(wanted, eyes=done.eyes))
    assert np.abs(done.eyes).max() > np.radians(1.0)
    assert done.meta.items() >= {"lip_contacts": True, "gaze_amount": 1.0}.items()
    assert "blink_rate" not in done.meta

    without = Finisher(FinishingNeeds(probe=flame_probe)).finish(
        clip, speech, replace(PLAIN, lip_contacts=False)
    )
    assert same(without, replace(clip, eyes=done.eyes))
    assert without.meta["lip_contacts"] is False


def test_a_clip_at_another_frame_rate_gets_contacts_but_no_eyes(speeches, flame_probe):
    speech = speeches["map"]
    frames = int(speech.seconds * 30.0)
    clip = replace(restless("flame2020", frames, 50), fps=30.0)
    done = Finisher(FinishingNeeds(probe=flame_probe)).finish(clip, speech, PLAIN)
    assert done.eyes is None
    assert same(done, ensure_contacts(clip, speech.phones, flame_probe))
    assert done.meta["lip_contacts"] is True


@pytest.mark.parametrize(
    ("basis", "fps", "names"),
    [(BASIS, 25.0, ("gaze", "blinks")), ("flame2020", 25.0, ("gaze",)), ("flame2020", 30.0, ())],
)
def test_only_factors_that_do_something_are_offered(basis, fps, names):
    assert factors_of(basis, fps) == names


# Never silent.


def notes_of(needs, speech, settings=PLAIN, basis="flame2020", expressions=50):
    stream = Finisher(needs).begin(speech, settings)
    stream.add((restless(basis, speech.frames, expressions),))
    return stream.notes


def test_contacts_that_cannot_be_made_are_told_of(speeches, flame_probe):
    speech = speeches["map"]
    assert notes_of(FinishingNeeds(), speech) == (
        "Lip contacts were not corrected: the model mine has no mouth probe. Convert it again with --face.",
    )
    assert notes_of(FinishingNeeds(), replace(speech, phones=None)) == notes_of(FinishingNeeds(), speech)
    (note,) = notes_of(FinishingNeeds(probe=flame_probe), speech, basis="flame2023")
    assert "another head (flame2020, 100 expressions)" in note
    assert "--face" in note
    (note,) = notes_of(FinishingNeeds(probe=flame_probe), speech, expressions=101)
    assert "101 expressions or more" in note
    (note,) = notes_of(FinishingNeeds(probe=flame_probe), replace(speech, phones=None))
    assert note.startswith("Lip contacts were not corrected: no phones are known")
    assert "Give a transcript" in note


def test_motion_that_follows_no_speech_keeps_its_lips_without_a_word(speeches, flame_probe):
    """Nobody who chose such a model can give it a probe or a transcript that would help."""
    speech = speeches["map"]
    clip = restless("flame2020", speech.frames, 50)
    plain = Finisher(FinishingNeeds(probe=flame_probe, follows=False)).finish(clip, speech, PLAIN)
    assert np.array_equal(plain.jaw, clip.jaw)
    assert not np.array_equal(
        Finisher(FinishingNeeds(probe=flame_probe)).finish(clip, speech, PLAIN).jaw, clip.jaw
    )
    for needs in (FinishingNeeds(follows=False), FinishingNeeds(probe=flame_probe, follows=False)):
        for heard in (speech, replace(speech, phones=None)):
            assert notes_of(needs, heard) == ()


def test_where_contacts_are_made_or_not_wanted_there_is_nothing_to_tell(speeches, flame_probe):
    speech = speeches["map"]
    assert notes_of(FinishingNeeds(probe=flame_probe), speech) == ()
    assert notes_of(FinishingNeeds(), speech, replace(PLAIN, lip_contacts=False)) == ()
    assert notes_of(FinishingNeeds(certain_contacts=True), speech) == ()


# Windows.


def in_windows(needs, speech: SpeechFeatures, clips, cuts):
    """The clips cut into windows, finished, joined; and the most frames that were ever held back."""
    stream = Finisher(needs).begin(speech, PLAIN, len(clips))
    came, held = [], 0
    for first, end in pairwise([0, *cuts, clips[0].frames]):
        came.append(stream.add(tuple(clip.part(first, end) for clip in clips)))
        held = max(held, stream.held_back)
    came.append(stream.end())
    assert stream.held_back == 0
    assert stream.end() == ()
    came = [window for window in came if window]
    return [joined_frames([window[take] for window in came]) for take in range(len(clips))], held


def whole_clips(needs, speech, clips):
    return [Finisher(needs).finish(clip, speech, PLAIN, take) for take, clip in enumerate(clips)]


def check_windows(needs, speech, clips, cuts, whole=None):
    whole = whole or whole_clips(needs, speech, clips)
    pieces, held = in_windows(needs, speech, clips, cuts)
    for one, other in zip(pieces, whole, strict=True):
        assert same(one, other)
        assert one.meta == other.meta
    return held


@pytest.fixture(scope="session")
def cases(speeches, raw, flame_probe):
    """(needs, speech, two takes) of the bundled model and of a FLAME model; some clips are too short."""
    found = []
    for name, speech in speeches.items():
        found.append((LITE, speech, raw[name]))
        takes = tuple(restless("flame2020", speech.frames - 1, 50, seed) for seed in (1, 2))
        found.append((FinishingNeeds(probe=flame_probe), speech, takes))
        short = tuple(restless(BASIS, speech.frames - 9, 43, seed) for seed in (3, 4))
        found.append((LITE, speech, short))
        found.append(
            (
                FinishingNeeds(probe=flame_probe, head_smoothing=1.5),
                speech,
                tuple(c.part(0, 20) for c in takes),
            )
        )
    return found


@pytest.fixture(scope="session")
def finished_cases(cases):
    """Each case's takes, finished in one piece."""
    return [whole_clips(*case) for case in cases]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_windows_joined_are_the_whole_clip_bit_for_bit(cases, finished_cases, data):
    number = data.draw(st.sampled_from(range(len(cases))))
    needs, speech, clips = cases[number]
    frames = range(1, clips[0].frames)
    cuts = sorted(data.draw(st.sets(st.sampled_from(frames), max_size=14)))
    assert check_windows(needs, speech, clips, cuts, finished_cases[number]) <= 50  # two seconds


def test_frame_by_frame_is_the_whole_clip_too(cases, finished_cases):
    for case, whole in zip(cases, finished_cases, strict=True):
        check_windows(*case, range(1, case[2][0].frames), whole)


@pytest.mark.parametrize("seed", range(6))
def test_windows_of_crowded_contacts_are_the_whole_clip_too(make_speech, flame_probe, seed):
    """Contacts in each other's way in wild motion: what one needs changes what its neighbours have to do."""
    rng = np.random.default_rng(seed)
    phones, time = [], 0.0
    for _ in range(60):
        length = float(rng.choice([0.05, 0.07, 0.12]))
        phones.append(Phone(str(rng.choice(["P", "B", "M", "F", "V", "AA", "S"])), time, time + length))
        time += length
    speech = make_speech(phones)
    for basis, count, probe in ((BASIS, 43, LITE.probe), ("flame2020", 50, flame_probe)):
        clip = restless(basis, speech.frames, count)
        wild = replace(
            clip,
            expression=rng.uniform(-0.3, 1.0, clip.expression.shape),
            jaw=rng.uniform(-0.2, 0.4, clip.jaw.shape),
            eyes=np.zeros((clip.frames, 6)),
        )
        check_windows(FinishingNeeds(probe=probe), speech, (wild,), range(1, clip.frames))


def test_frames_come_out_before_the_end(cases):
    for needs, speech, clips in cases:
        stream = Finisher(needs).begin(speech, PLAIN, 2)
        first = stream.add(tuple(clip.part(0, 60) for clip in clips))
        if clips[0].frames > 60:
            assert first
            assert first[0].frames >= 10


def test_a_model_that_needs_nothing_is_not_held_back(speeches):
    speech = speeches["map"]
    clip = restless("flame2020", speech.frames, 50)
    _, held = in_windows(FinishingNeeds(), speech, (clip,), [10, 30])
    assert held == 0


def test_windows_that_do_not_fit_are_refused(speeches):
    speech = speeches["map"]
    clip = restless("flame2020", speech.frames + 1, 50)
    with pytest.raises(ValueError, match=f"more than the {speech.frames} frames"):
        Finisher(FinishingNeeds()).finish(clip, speech, PLAIN)
    with pytest.raises(ValueError, match="2 takes are expected, not 1"):
        Finisher(FinishingNeeds()).begin(speech, PLAIN, 2).add((clip,))
    assert Finisher(FinishingNeeds()).begin(speech, PLAIN, 2).end() == ()


def test_the_folder_says_what_a_model_needs():
    assert LITE.probe is not None
    assert (BUNDLED / "mouth_probe.npz").is_file()
    default, neutral, calm = (manner_of(style=style) for style in (None, "neutral", "calm"))
    assert np.array_equal(default, neutral)
    assert not np.allclose(calm, neutral)


def manner_of(frames=50, **settings):
    track = LITE.manners_of(FinishSettings(**settings), frames)
    return np.stack([track.gaze_amount, track.blink_rate, track.asymmetry], axis=1)


def test_eyes_have_the_manner_of_the_style_that_is_there():
    rest, tired, lively = (manner_of(style=style)[0] for style in ("neutral", "tired", "lively"))
    changing = manner_of(style="tired@0.4,lively@1.2")
    assert changing[:10] == pytest.approx(np.tile(tired, (10, 1)))
    assert changing[30:] == pytest.approx(np.tile(lively, (20, 1)))
    assert (np.diff(changing[:, 1]) * np.sign(lively - tired)[1] >= 0.0).all()
    assert manner_of(style="tired*0.5")[0] == pytest.approx((rest + tired) / 2)
    assert manner_of(style="tired", intensity=0.5)[0] == pytest.approx((rest + tired) / 2)
    growing = manner_of(style="tired", intensity=((0.02, 0.0), (1.98, 1.0)))
    assert growing[0] == pytest.approx(rest)
    assert growing[-1] == pytest.approx(tired)
    assert growing[24] == pytest.approx(rest + (tired - rest) * 24 / 49)
    told = manner_of(style="lively*0.3@0,tired@1", intensity=0.5)
    assert told[0] == pytest.approx(rest * 0.7 + lively * 0.3, abs=0.05)
    assert told[-1] == pytest.approx((rest + tired) / 2)


def test_gaze_and_blinks_change_when_they_are_told_to(speeches):
    speech = speeches["map"]
    half = speech.seconds / 2
    clip = restless(BASIS, speech.frames, 43)
    clip = replace(clip, expression=np.zeros_like(clip.expression), head=np.zeros_like(clip.head))

    def at(value, other):
        return ((0.0, value), (half, value), (half + 0.04, other))

    still, moving = (at(0.0, 2.0), at(2.0, 0.0))
    early, late = slice(0, speech.frames // 2), slice(speech.frames // 2 + 15, None)
    for curve, quiet in ((still, early), (moving, late)):
        made = [
            Finisher(LITE).finish(clip, speech, FinishSettings(seed=seed, gaze=curve, blinks=curve))
            for seed in range(12)
        ]
        blinks = sum(float(one.expression[:, EXPRESSION_INDEX["eyeBlinkLeft"]].sum()) for one in made)
        assert blinks > 1.0
        assert all(one.expression[quiet, EXPRESSION_INDEX["eyeBlinkLeft"]].max() < 0.5 for one in made)
