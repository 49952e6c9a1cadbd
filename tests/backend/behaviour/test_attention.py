"""Gaze, head and nods of people in a dialogue."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from elocute.audio.silence import silent_speech
from elocute.behaviour.attention import FARTHEST, Attention, Regard, plan_attention, read_attention
from elocute.behaviour.attention_layer import AttentionLayer
from elocute.clips_in_the_making import ClipsInTheMaking
from elocute.errors import InputError, SettingsError
from elocute.evaluation.of_dialogue import gaze_apart, lip_motion, nods_near
from elocute.finishing.needs import FinishingNeeds
from elocute.generator import GenerationSettings, MotionWindow
from elocute.installation import standard_pipeline
from elocute.models.rules.description import rules_info
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip, joined_frames
from elocute.performance import PerformanceRequest
from elocute.progress import Progress

ENDS = tuple(np.arange(4.0, 58.0, 3.3))


def talk(yaw=30.0, pitch=-5.0, role="listen"):
    return Attention((Regard(2.0, 58.0, yaw, pitch, role),), ENDS)


@pytest.fixture(scope="module")
def idle():
    pipeline = standard_pipeline()

    def make(attention, seed=0, seconds=60.0, **settings):
        request = PerformanceRequest(
            model="rules", settings=GenerationSettings(attention=attention, seed=seed, **settings)
        )
        return pipeline.idle(seconds, request, Progress()).clips[0]

    return make


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (30, -5), (-30, 5), (60, 0), (-75, 10), (12, 20)])
def test_listeners_look_at_the_speaker_most_of_the_time(idle, yaw, pitch):
    listening, plain = idle(talk(yaw, pitch)), idle(None)
    during = slice(75, 58 * 25)
    apart = gaze_apart(listening, yaw, pitch)[during]
    assert np.median(apart) < 4.0
    assert 0.7 < np.mean(apart < 6.0) < 0.97, "and glance away now and then"
    if abs(yaw) > 10:
        assert np.mean(gaze_apart(plain, yaw, pitch)[during] < 6.0) < 0.05


def test_nods_come_at_ends_of_phrases(idle):
    shares, chance = [], []
    for seed in range(4):
        listening = idle(talk(), seed)
        shares.append(nods_near(listening, ENDS, 0.8))
        chance.append(nods_near(listening, [end + 1.65 for end in ENDS], 0.8))
    assert 0.3 < np.mean(shares) < 0.9
    assert np.mean(chance) < 0.15
    assert np.mean([nods_near(idle(None, seed), ENDS, 0.8) for seed in range(4)]) < 0.15


def test_nobody_nods_to_nobody(idle):
    attention = Attention((Regard(2.0, 10.0, 10.0, 0.0),), ENDS)
    silent = [end for end in ENDS if end > 12.0]
    assert max(nods_near(idle(attention, seed), silent, 0.8) for seed in range(3)) < 0.1


def test_lips_do_what_they_did_without(idle):
    listening, plain = idle(talk()), idle(None)
    assert np.array_equal(listening.jaw, plain.jaw)
    assert lip_motion(listening) == lip_motion(plain)


def test_before_and_long_after_the_talk_all_is_as_without(idle):
    attention = Attention((Regard(20.0, 30.0, 40.0, 0.0),), ())
    listening, plain = idle(attention), idle(None)
    for part in (slice(0, 499), slice(33 * 25, None)):
        assert np.abs(listening.head[part] - plain.head[part]).max() < 1e-6
        assert np.abs(listening.eyes[part] - plain.eyes[part]).max() < 1e-6
    assert np.abs(listening.head[600:700] - plain.head[600:700]).max() > np.radians(15)


def test_speakers_look_away_first_and_at_the_listener_last(idle):
    regards = tuple(Regard(start, start + 6.0, 25.0, 0.0, "speak") for start in range(2, 54, 8))
    first, last = [], []
    for seed in range(3):
        apart = gaze_apart(idle(Attention(regards), seed), 25.0, 0.0)
        first += [apart[round((r.start + 0.5) * 25)] for r in regards]
        last += [apart[round((r.end - 0.1) * 25)] for r in regards]
    assert np.mean(np.array(first) > 6.0) > 0.8
    assert np.mean(np.array(last) < 6.0) > 0.9


def test_the_eyes_lead_and_the_head_follows(idle):
    plan = plan_attention(Attention((Regard(2.0, 10.0, 50.0, 0.0),)), silent_speech(12.0), 0)
    aim, head = np.degrees(plan.aim[:, 1]), np.degrees(plan.head[:, 1])
    eyes_there, head_there = np.argmax(aim > 25), np.argmax(head > 0.5 * head.max())
    assert 0 < (eyes_there - 50) / 25 < 0.5
    assert 1 <= head_there - eyes_there <= 20
    assert np.argmax(head > 0.01) > np.argmax(aim > 0.01)
    assert 20 < head.max() < 45
    assert np.abs(np.diff(head, 2)).max() < 2.5, "no jerk"


def test_a_model_at_another_frame_rate_says_that_nobody_is_attended_to():
    class Slower:
        finishing = FinishingNeeds()
        info = replace(rules_info(), id="slower", fps=30.0)

    speech = silent_speech(2.0)
    making = ClipsInTheMaking(Slower(), speech, GenerationSettings(attention=talk()), Progress())
    still = np.zeros((60, 3), np.float32)
    expression = np.zeros((60, 43), np.float32)
    making.add(MotionWindow(0, (MotionClip(30.0, rules_info().basis, expression, still, still),)))
    assert making.clips()[0].frames == 60
    assert any("slower makes 30" in note for note in making.notes)


def test_turns_between_two_speakers_are_followed(idle):
    regards = tuple(Regard(2.0 + 3 * k, 5.0 + 3 * k, 30.0 * (-1) ** k, 0.0) for k in range(16))
    clip = idle(Attention(regards))
    there = [
        np.median(gaze_apart(clip, r.yaw, r.pitch)[round((r.start + 0.9) * 25) : round(r.end * 25)])
        for r in regards
    ]
    assert np.median(there) < 4.0


@pytest.mark.parametrize("yaw", [FARTHEST + 5, -120.0, 180.0])
def test_nobody_is_looked_at_behind_the_back(idle, yaw):
    listening, plain = idle(Attention((Regard(2.0, 58.0, yaw, 0.0),))), idle(None)
    assert np.array_equal(listening.eyes, plain.eyes)
    assert np.array_equal(listening.head, plain.head)


def test_eyes_stay_within_what_eyes_can(idle):
    for yaw in (-FARTHEST, FARTHEST):
        eyes = np.degrees(idle(talk(yaw, 40.0)).eyes)
        assert np.abs(eyes).max() < 33.0


def test_windows_are_bit_for_bit_the_whole(idle):
    clip, speech = idle(None, seconds=20.0), silent_speech(20.0)
    layer = AttentionLayer.of(Attention((Regard(1.0, 18.0, 60.0, 0.0),), (5.0,)), speech, 3)
    parts = [layer.added(clip.part(first, last), first) for first, last in ((0, 7), (7, 200), (200, 500))]
    whole, joined = layer.added(clip), joined_frames(parts)
    for name in ("expression", "head", "eyes"):
        assert np.array_equal(getattr(whole, name), getattr(joined, name))
    with pytest.raises(ValueError, match="at most 500 frames"):
        layer.added(clip, 1)


def test_large_turns_are_blinked_in(idle):
    regards = tuple(Regard(2.0 + 3 * k, 5.0 + 3 * k, 45.0 * (-1) ** k, 0.0) for k in range(16))
    clip, plain = idle(Attention(regards)), idle(None)
    lid = basis_of(clip.basis).lids.blink[0]

    def shut_at_turns(found):
        return np.mean(
            [
                found.expression[round(r.start * 25) : round(r.start * 25) + 15, lid].max() > 0.9
                for r in regards[1:]
            ]
        )

    assert shut_at_turns(clip) > 0.4
    assert shut_at_turns(plain) < 0.4


def test_takes_differ_and_repeat(idle):
    one, again, other = idle(talk(), 0), idle(talk(), 0), idle(talk(), 1)
    assert np.array_equal(one.eyes, again.eyes)
    assert not np.array_equal(one.eyes, other.eyes)


def test_a_head_that_is_to_stay_still_stays_still(idle):
    clip = idle(talk(), head_motion=False)
    assert not clip.head.any()
    assert np.median(gaze_apart(clip, 30.0, -5.0)[75:1400]) < 4.0


def test_attention_is_read_from_json():
    attention = talk(role="speak")
    assert read_attention(json.dumps(attention.facts)) == attention
    assert read_attention(b'{"regards": [{"start": 0, "end": 1, "yaw": 2, "pitch": 3}]}') == Attention(
        (Regard(0, 1, 2, 3),)
    )
    assert read_attention("{}") == Attention()


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "3", '{"regards": 3}', '{"regards": [3]}', '{"regards": [{"start": 0}]}', '{"nods": ["x"]}',
        '{"regard": []}',
        '{"regards": [{"start": 0, "end": 1, "yaw": 0, "pitch": 0, "role": "sing"}]}',
        '{"regards": [{"start": 0, "end": 1, "yaw": 0, "pitch": 0, "more": 1}]}', "[" * 100000,
    ],
)  # fmt: skip
def test_what_is_no_attention_is_one_sentence(text):
    with pytest.raises(InputError, match="no attention of a dialogue") as told:
        read_attention(text)
    assert "Error" not in told.value.message
    assert "attribute" not in told.value.message


@pytest.mark.parametrize(
    "change",
    [
        {"end": 0.5},
        {"end": 1.0},
        {"yaw": 181.0},
        {"pitch": -91.0},
        {"start": float("nan")},
        {"yaw": float("inf")},
    ],
)
def test_numbers_out_of_range_are_refused(change):
    with pytest.raises(SettingsError):
        replace(Regard(1.0, 2.0, 0.0, 0.0), **change)


def test_too_much_is_refused():
    with pytest.raises(SettingsError, match="more than"):
        Attention(nods=(1.0,) * 5000)
    with pytest.raises(SettingsError, match="no number"):
        Attention(nods=(float("nan"),))


@pytest.mark.parametrize("role", ["listen", "speak"])
def test_a_turn_that_never_ends_costs_no_more_than_one_that_ends_with_the_performance(role):
    speech = silent_speech(20.0)
    endless = Attention((Regard(-1e308, 1e308, 30.0, 0.0, role),), (-1e308, 10.0, 1e308))
    plan = plan_attention(endless, speech, 0)
    assert plan.weight[-1] == 1.0
    long = Attention((Regard(-1e308, 100.0, 30.0, 0.0, role),), (10.0,))
    same = plan_attention(long, speech, 0)
    assert np.array_equal(plan.aim, same.aim)
    assert np.array_equal(plan.nod, same.nod)
