"""Regions of a clip played more or less strongly: lips that were shut stay shut."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.clip.clip import STAND_IN, Clip
from addon.core.retarget.controls.pattern import read_pattern
from addon.core.retarget.controls.points import LIP_PAIRS, gaps
from addon.core.retarget.controls.vocabulary import JAW_OPEN_RADIANS
from addon.core.retarget.perform import Strength
from addon.core.retarget.strengthened import SHUT_METRES, strengthened_clip

NAMES = read_pattern().names
FRAMES = 60
SHUT = (0, 1, 2, 29, 30, 31, 57, 58, 59)


def at(clip, *names):
    return clip.expression[:, [NAMES.index(name) for name in names]]


@pytest.fixture
def clip():
    """Opens twice, rounds and smiles; shut at both ends and once between with the jaw a little open."""
    t = np.arange(FRAMES) / FRAMES
    opening = np.abs(np.sin(2 * np.pi * t))
    expression = np.zeros((FRAMES, len(NAMES)))
    values = {
        "mouthPucker": 0.6 * opening, "mouthSmileLeft": 0.4 + 0 * t, "mouthSmileRight": 0.3 + 0 * t,
        "mouthUpperUpLeft": 0.3 * opening, "mouthUpperUpRight": 0.3 * opening,
        "browInnerUp": 0.5 * t, "eyeBlinkLeft": np.exp(-(((t - 0.4) / 0.04) ** 2)), "tongueUp": 0.3 * opening,
    }  # fmt: skip
    for name, value in values.items():
        expression[:, NAMES.index(name)] = value
    jaw = np.zeros((FRAMES, 3))
    jaw[:, 0] = JAW_OPEN_RADIANS * 0.7 * opening
    for frame in SHUT:
        jaw[frame, 0] = 0.15 * JAW_OPEN_RADIANS
        expression[frame, :] = np.where(np.isin(NAMES, ["browInnerUp"]), expression[frame], 0.0)
        expression[frame, NAMES.index("mouthClose")] = 0.15
    rng = np.random.default_rng(0)
    turns = 0.1 * rng.standard_normal((3, FRAMES, 6))
    return Clip(25.0, STAND_IN, expression, jaw, turns[0, :, :3], turns[1, :, :3], turns[2])


def gap(clip):
    points = read_pattern().points.posed(clip.expression, clip.jaw)
    rest = gaps(read_pattern().points.at_rest()[None], LIP_PAIRS).mean()
    return gaps(points, LIP_PAIRS).mean(axis=1) - rest


def test_played_as_it_is(clip):
    same, notes = strengthened_clip(clip, Strength(), NAMES)
    assert same is clip
    assert notes == ()


def test_each_region_by_itself(clip):
    made, notes = strengthened_clip(clip, Strength(brows=0.5, head=0.2, gaze=1.5), NAMES)
    np.testing.assert_allclose(at(made, "browInnerUp"), 0.5 * at(clip, "browInnerUp"), atol=1e-6)
    np.testing.assert_allclose(made.head, 0.2 * clip.head, atol=1e-6)
    np.testing.assert_allclose(made.neck, 0.2 * clip.neck, atol=1e-6)
    np.testing.assert_allclose(made.eyes, 1.5 * clip.eyes, atol=1e-6)
    np.testing.assert_allclose(made.jaw, clip.jaw, atol=1e-6)
    lips = ("mouthPucker", "mouthSmileLeft", "tongueUp", "mouthClose")
    np.testing.assert_allclose(at(made, *lips), at(clip, *lips), atol=1e-3)
    assert notes == ()


def test_no_lid_goes_farther_than_shut(clip):
    made, _ = strengthened_clip(clip, Strength(lids=2.0), NAMES)
    assert at(made, "eyeBlinkLeft").max() == pytest.approx(1.0)
    none, _ = strengthened_clip(clip, Strength(lids=0.0), NAMES)
    assert at(none, "eyeBlinkLeft").max() == 0.0


@pytest.mark.parametrize(
    "strength",
    [
        Strength(mouth=2.0),
        Strength(jaw=2.0),
        Strength(mouth=0.2),
        Strength(jaw=0.3, mouth=1.7),
        Strength(jaw=0.0),
    ],
)
def test_lips_that_are_shut_stay_shut(clip, strength):
    before, (made, _) = gap(clip), strengthened_clip(clip, strength, NAMES)
    shut = np.abs(before) < SHUT_METRES
    assert set(np.flatnonzero(shut)) >= set(SHUT)
    np.testing.assert_allclose(gap(made)[shut], before[shut], atol=1e-5)


def test_lips_that_are_apart_go_as_far_as_is_asked(clip):
    made, _ = strengthened_clip(clip, Strength(jaw=1.5), NAMES)
    np.testing.assert_allclose(made.jaw, 1.5 * clip.jaw, rtol=1e-5)
    np.testing.assert_allclose(at(made, "mouthPucker"), at(clip, "mouthPucker"))
    assert gap(made)[15] > 1.3 * gap(clip)[15]


def test_strength_may_change_over_time(clip):
    over_time = np.linspace(0.0, 2.0, FRAMES)
    made, _ = strengthened_clip(clip, Strength(head=over_time, mouth=over_time), NAMES)
    np.testing.assert_allclose(made.head, over_time[:, None] * clip.head, atol=1e-6)
    np.testing.assert_allclose(
        at(made, "mouthPucker")[:, 0], over_time * at(clip, "mouthPucker")[:, 0], atol=1e-6
    )
    np.testing.assert_allclose(gap(made)[list(SHUT)], gap(clip)[list(SHUT)], atol=1e-5)


def test_expressions_without_names_keep_their_values_and_that_is_said(clip):
    names = [f"{number}" for number in range(len(NAMES))]
    made, notes = strengthened_clip(clip, Strength(mouth=0.5, jaw=0.5), names)
    np.testing.assert_array_equal(made.expression, clip.expression)
    np.testing.assert_allclose(made.jaw, 0.5 * clip.jaw, atol=1e-6)
    assert len(notes) == 1
    assert "only jaw, gaze and head" in notes[0]
    assert strengthened_clip(clip, Strength(head=0.5), names)[1] == ()


def test_a_clip_without_tongue_neck_and_eyes(clip):
    short = Clip(25.0, STAND_IN, clip.expression[:, :43], clip.jaw, clip.head)
    made, _ = strengthened_clip(short, Strength(jaw=1.6, head=0.5), NAMES)
    assert made.neck is None
    assert made.eyes is None
    assert made.expression.shape == (FRAMES, 43)
    shut = list(SHUT)
    whole = Clip(25.0, STAND_IN, np.pad(made.expression, ((0, 0), (0, len(NAMES) - 43))), made.jaw, made.head)
    np.testing.assert_allclose(gap(whole)[shut], 0.0, atol=SHUT_METRES)
