from dataclasses import replace

import numpy as np
import pytest

from elocute.behaviour.blink_layer import REACH, BlinkLayer, rest_height
from elocute.evaluation.of_motion.kinematics import blinks_per_minute
from elocute.motion.head1_basis import EXPRESSION_INDEX

LEFT, RIGHT = EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["eyeBlinkRight"]
LINE = "SIL B AA T IH M AY SIL F IY D AO G SIL " * 12


def add_blinks(clip, speech, rate, asymmetry, seed):
    return BlinkLayer.plan(speech, rate, asymmetry, seed).added(clip)


@pytest.fixture
def drooping(make_speech, perform):
    """A long clip with lids that droop and a half blink of its own now and then."""
    speech = make_speech(LINE)
    clip = perform(speech)
    expression = clip.expression.copy()
    expression[:, [LEFT, RIGHT]] = 0.2
    expression[100::300, [LEFT, RIGHT]] = 0.55
    return speech, replace(clip, expression=expression)


def test_blinks_are_whole_and_as_many_as_asked_for(drooping):
    speech, clip = drooping
    rates = {rate: blinks_per_minute(add_blinks(clip, speech, rate, 0.0, 1)) for rate in (8.0, 25.0)}
    assert rates[8.0] == pytest.approx(8.0, abs=6)
    assert rates[25.0] > rates[8.0]
    lids = add_blinks(clip, speech, 25.0, 0.0, 1).expression[:, LEFT]
    peaks = lids[1:-1][(lids[1:-1] > lids[:-2]) & (lids[1:-1] >= lids[2:]) & (lids[1:-1] > 0.25)]
    assert len(peaks) > 3
    assert peaks.min() > 0.99  # no half blink is left


def test_between_blinks_the_lids_rest_where_the_model_had_them(drooping):
    speech, clip = drooping
    still = add_blinks(clip, speech, 0.0, 0.0, 1)
    assert np.allclose(still.expression[:, [LEFT, RIGHT]], 0.2, atol=0.01)


def test_nothing_else_moves(drooping):
    speech, clip = drooping
    blinking = add_blinks(clip, speech, 20.0, 0.3, 1)
    eyes = [i for name, i in EXPRESSION_INDEX.items() if name.startswith("eye")]
    others = [i for i in EXPRESSION_INDEX.values() if i not in eyes]
    assert np.array_equal(blinking.expression[:, others], clip.expression[:, others])
    for what in ("jaw", "head"):
        assert np.array_equal(getattr(blinking, what), getattr(clip, what))


def test_a_shut_lid_is_not_wide(drooping):
    speech, clip = drooping
    expression = clip.expression.copy()
    wide = EXPRESSION_INDEX["eyeWideLeft"]
    expression[:, wide] = 0.5
    blinking = add_blinks(replace(clip, expression=expression), speech, 20.0, 0.0, 1).expression
    assert blinking[blinking[:, LEFT] > 0.999, wide].max() < 0.01


def test_seeds_differ_and_repeat(drooping):
    speech, clip = drooping
    one, again, other = (add_blinks(clip, speech, 20.0, 0.3, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.expression, again.expression)
    assert not np.array_equal(one.expression, other.expression)


def test_very_short_clips_and_wrong_lengths(make_speech, perform):
    speech = make_speech("AA", seconds=0.08)
    assert add_blinks(perform(speech), speech, 20.0, 0.3, 1).frames == 2
    with pytest.raises(ValueError, match="blinks need at most 2 frames"):
        add_blinks(perform(make_speech("AA B")), speech, 20.0, 0.3, 1)
    with pytest.raises(ValueError, match="basis with lids"):
        add_blinks(replace(perform(speech), basis="flame2020"), speech, 20.0, 0.3, 1)


def test_a_part_of_a_clip_blinks_as_the_whole_does(drooping):
    speech, clip = drooping
    expression = clip.expression.copy()
    expression[:, [LEFT, RIGHT]] += 0.1 * np.sin(np.arange(clip.frames) / 9.0)[:, None]
    clip, layer = replace(clip, expression=expression), BlinkLayer.plan(speech, 25.0, 0.3, 1)
    whole, part = layer.added(clip), layer.added(clip.part(50, 200), 50)
    inner = slice(REACH, 150 - REACH)
    assert np.array_equal(part.expression[inner], whole.expression[50:200][inner])
    assert not np.array_equal(part.expression, whole.expression[50:200])


def test_rest_height_ignores_blinks():
    lid = np.full(200, 0.3)
    lid[50:56] = lid[120:128] = 1.0
    assert np.allclose(rest_height(lid), 0.3)
