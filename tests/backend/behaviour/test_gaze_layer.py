"""Gaze added to finished clips."""

import dataclasses

import numpy as np
import pytest

from elocute.behaviour.gaze_layer import GazeLayer
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX

LINE = "SIL HH AH L OW SIL M AY N EY M IH Z AE N SIL W AH T D UW Y UW DH IH NG K SIL"
BLINK, WIDE = EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["eyeWideLeft"]


def add_gaze(clip, speech, amount, seed):
    return GazeLayer.plan(speech, amount, seed).added(clip)


def still_clip(frames, **changes):
    arrays = {
        "expression": np.zeros((frames, 43)),
        "jaw": np.zeros((frames, 3)),
        "head": np.zeros((frames, 3)),
    }
    return MotionClip(fps=25.0, basis=BASIS, **{**arrays, **changes})


def test_the_rules_models_own_eyes_come_back(make_speech, perform):
    speech = make_speech(LINE)
    whole = perform(speech, seed=4)
    again = add_gaze(still_clip(whole.frames, head=whole.head), speech, 1.0, 4)
    assert np.abs(whole.eyes).max() > np.radians(1.0)
    np.testing.assert_allclose(again.eyes, whole.eyes, atol=1e-6)
    # Without lids drooping by themselves, what is left of them are the blinks.
    open_lids = np.abs(whole.expression[:, BLINK] - again.expression[:, BLINK]) < 1e-6
    assert open_lids.mean() > 0.5


def test_only_eyes_and_lids_change(make_speech, perform):
    speech = make_speech(LINE)
    clip = dataclasses.replace(perform(speech, options={"gaze_amount": 0.0}), eyes=None)
    looking = add_gaze(clip, speech, 1.5, 1)
    others = [i for name, i in EXPRESSION_INDEX.items() if not name.startswith(("eyeBlink", "eyeWide"))]
    assert np.array_equal(looking.expression[:, others], clip.expression[:, others])
    assert np.array_equal(looking.jaw, clip.jaw)
    assert np.array_equal(looking.head, clip.head)
    assert looking.meta == clip.meta
    assert clip.eyes is None
    assert looking.eyes.shape == (clip.frames, 6)


def test_eyes_hold_against_the_clips_own_head(make_speech):
    speech = make_speech(LINE)
    head = np.zeros((speech.frames, 3))
    head[:, 1] = np.radians(5.0) * np.sin(np.linspace(0, 6, speech.frames))
    eyes = add_gaze(still_clip(speech.frames, head=head), speech, 0.0, 0).eyes
    assert np.corrcoef(eyes[:, 1], head[:, 1])[0, 1] < -0.99
    assert np.array_equal(eyes[:, :3], eyes[:, 3:])


def test_lids_follow_the_eyes_and_shut_lids_stay_shut(make_speech):
    speech = make_speech(LINE)
    # A head thrown back turns the eyes down, a bowed one up.
    head = np.zeros((speech.frames, 3))
    head[: speech.frames // 2, 0], head[speech.frames // 2 :, 0] = -0.15, 0.15
    expression = np.zeros((speech.frames, 43))
    expression[10::20, BLINK] = 1.0
    clip = add_gaze(still_clip(speech.frames, head=head, expression=expression), speech, 0.0, 0)
    down = clip.eyes[:, 0] > 0.05
    blink, wide = clip.expression[:, BLINK], clip.expression[:, WIDE]
    assert (blink[down] > 0.05).all()
    assert (wide[~down & (expression[:, BLINK] == 0)] > 0.02).all()
    shut = expression[:, BLINK] == 1.0
    assert (blink[shut] == 1.0).all()
    assert not wide[shut].any()


def test_a_seed_is_a_take(make_speech):
    speech = make_speech(LINE)
    eyes = [add_gaze(still_clip(speech.frames), speech, 1.5, seed).eyes for seed in (1, 1, 2)]
    assert np.array_equal(eyes[0], eyes[1])
    assert not np.array_equal(eyes[0], eyes[2])


def test_heads_without_lids_of_their_own_look_too(make_speech):
    speech = make_speech(LINE)
    named, numbered = (
        still_clip(speech.frames),
        dataclasses.replace(still_clip(speech.frames), basis="flame2020"),
    )
    looking = add_gaze(numbered, speech, 1.5, 1)
    assert np.array_equal(looking.eyes, add_gaze(named, speech, 1.5, 1).eyes)
    assert np.array_equal(looking.expression, numbered.expression)


def test_a_part_of_a_clip_looks_where_the_whole_does(make_speech, perform):
    speech = make_speech(LINE)
    clip, layer = perform(speech), GazeLayer.plan(speech, 1.5, 1)
    whole, part = layer.added(clip), layer.added(clip.part(7, 40), 7)
    assert np.array_equal(part.eyes, whole.eyes[7:40])
    assert np.array_equal(part.expression, whole.expression[7:40])


def test_a_clip_that_does_not_fit_is_refused(make_speech):
    speech = make_speech(LINE)
    with pytest.raises(ValueError, match="frames"):
        add_gaze(still_clip(speech.frames + 1), speech, 1.0, 0)
    with pytest.raises(ValueError, match="frames a second"):
        add_gaze(dataclasses.replace(still_clip(speech.frames), fps=30.0), speech, 1.0, 0)
