"""Styles and motion that the learned model is taught."""

from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import load_audio
from elocute.audio.phone_json import read_phone_json
from elocute.behaviour.gaze_layer import GazeLayer
from elocute.clips_in_the_making import make_clips
from elocute.corpus.teacher import NAMED, PLAUSIBLE, sample_styles, teach
from elocute.generator import GenerationSettings
from elocute.models.rules.generator import RulesGenerator
from elocute.models.rules.style import LIMITS, PRESETS, RulesStyle, styled
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX
from elocute.progress import Progress

SPEECH = Path(__file__).parents[2] / "data" / "speech"


@pytest.fixture(scope="module")
def speech():
    sound = analyse_speech(load_audio(SPEECH / "map.flac"), phones="off")
    return replace(sound, phones=tuple(read_phone_json(SPEECH / "map.json").phones))


def test_presets_come_first_and_once():
    styles = sample_styles(200, 3)
    assert len(styles) == 200
    assert styles[: len(PRESETS)] == tuple(PRESETS.values())
    assert len(set(styles)) == 200


def test_every_preset_and_emotion_is_taught_at_three_intensities():
    styles = sample_styles(300, 3)
    assert styles[: len(NAMED)] == tuple(styled(name, intensity) for name, intensity in NAMED)
    assert len(set(NAMED)) == len(NAMED) == 1 + 3 * (len(PRESETS) - 1)
    assert {name for name, _ in NAMED} == set(PRESETS)


def test_free_styles_show_parts_of_faces_that_no_preset_combines():
    free = sample_styles(800, 0)[400:]
    parts = np.array([[style.sneer, style.eye_wide, style.brow_worry, style.press] for style in free]) > 0
    assert (0.1 < parts.mean(axis=0)).all()
    assert (parts.mean(axis=0) < 0.4).all()
    assert (parts.sum(axis=1) == 2).any()


def test_a_seed_gives_the_same_styles():
    assert sample_styles(50, 1) == sample_styles(50, 1)
    assert sample_styles(50, 1) != sample_styles(50, 2)


@pytest.mark.parametrize("count", [1, 7, 8, 9])
def test_few_styles(count):
    assert len(sample_styles(count, 0)) == count


def test_no_style_is_refused():
    with pytest.raises(ValueError, match="0 styles"):
        sample_styles(0, 0)


def test_all_styles_lie_within_the_limits_and_fill_them():
    assert PLAUSIBLE.keys() == LIMITS.keys()
    styles = sample_styles(400, 0)
    for name, (low, high) in PLAUSIBLE.items():
        values = np.array([asdict(style)[name] for style in styles])
        assert LIMITS[name][0] <= values.min() <= low + 0.25 * (high - low)
        assert high - 0.25 * (high - low) <= values.max() <= LIMITS[name][1]
        assert 10.0 <= PRESETS["neutral"].blink_rate <= 25.0


def test_arousal_moves_head_and_brows_together_and_not_the_smile():
    free = sample_styles(800, 0)[300:]
    rows = np.array([[style.head_amount, style.brow_amount, style.jaw, style.smile] for style in free])
    correlation = np.corrcoef(np.log(np.maximum(rows[:, :3], 0.1)).T)
    assert correlation[0, 1] > 0.4
    assert correlation[0, 2] > 0.25
    assert abs(np.corrcoef(rows[:, 0], rows[:, 3])[0, 1]) < 0.15


def test_each_field_is_sampled():
    assert {field.name for field in fields(RulesStyle)} == set(PLAUSIBLE)


def test_a_lesson_is_the_rules_motion_without_eyes(speech):
    style = PRESETS["lively"]
    lesson = teach(speech, style, 5)
    clip = make_clips(RulesGenerator(), speech, GenerationSettings(style="lively", seed=5), Progress())[0]
    assert lesson.expression.dtype == lesson.jaw.dtype == lesson.head.dtype == np.float32
    assert np.array_equal(lesson.jaw, clip.jaw[:, 0])
    assert np.array_equal(lesson.head, clip.head)
    lids = [i for name, i in EXPRESSION_INDEX.items() if name.startswith(("eyeBlink", "eyeWide"))]
    others = np.setdiff1d(np.arange(43), [*lids, EXPRESSION_INDEX["tongueOut"]])
    assert np.array_equal(lesson.expression[:, others], clip.expression[:, others])
    assert not np.array_equal(lesson.expression[:, lids], clip.expression[:, lids])


def test_gaze_added_to_a_lesson_gives_the_rules_clip(speech):
    style = PRESETS["lively"]
    lesson = teach(speech, style, 5)
    jaw = np.zeros((speech.frames, 3))
    jaw[:, 0] = lesson.jaw
    taught = MotionClip(fps=25.0, basis=BASIS, expression=lesson.expression, jaw=jaw, head=lesson.head)
    clip = make_clips(RulesGenerator(), speech, GenerationSettings(style="lively", seed=5), Progress())[0]
    looking = GazeLayer.plan(speech, style.gaze_amount, 5).added(taught)
    np.testing.assert_allclose(looking.eyes, clip.eyes, atol=1e-6)
    mouth = slice(0, EXPRESSION_INDEX["tongueOut"])
    np.testing.assert_allclose(looking.expression[:, mouth], clip.expression[:, mouth], atol=1e-5)


def test_lids_do_not_follow_eyes_that_are_not_there(speech):
    lesson = teach(speech, replace(PRESETS["neutral"], blink_rate=0.0, brow_amount=0.0), 0)
    for name in ("eyeBlinkLeft", "eyeWideLeft"):
        assert not lesson.expression[:, EXPRESSION_INDEX[name]].any()


def test_a_teacher_that_does_not_listen_measures_nothing(speech, monkeypatch):
    heard = teach(speech, PRESETS["neutral"], 3).jaw
    monkeypatch.setattr("elocute.models.rules.performance.listen", None)
    deaf = teach(speech, PRESETS["neutral"], 3, listens=False).jaw
    assert np.abs(heard - deaf).max() > 0.01, "the sound says nothing of how far vowels open"
    with pytest.raises(TypeError):
        teach(speech, PRESETS["neutral"], 3)


def test_the_same_take_is_the_same_lesson(speech):
    style = sample_styles(30, 0)[-1]
    one, same, other = (teach(speech, style, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.expression, same.expression)
    assert not np.array_equal(one.head, other.head)


def test_speech_without_phones_is_refused(speech):
    with pytest.raises(ValueError, match="phones"):
        teach(replace(speech, phones=None), PRESETS["neutral"], 0)
