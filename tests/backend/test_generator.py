"""The seam of the model families: what settings are refused, and how windows become clips."""

from dataclasses import replace

import numpy as np
import pytest

from elocute.errors import SettingsError
from elocute.generator import (
    MOST_TAKES,
    GenerationSettings,
    ModelInfo,
    MotionWindow,
    NumberOption,
    check_settings,
    joined,
)
from elocute.motion.clip import MotionClip

INFO = ModelInfo(
    id="m",
    family="f",
    title="M",
    basis="b",
    fps=25.0,
    styles=("calm", "lively"),
    options={
        "jaw": NumberOption(0.0, 1.0, 2.0, varies=True),
        "steps": NumberOption(1.0, 12.0, 50.0, whole=True),
    },
    choices={"sampler": ("fast", "slow")},
)
BLENDING = ModelInfo(id="m", family="f", title="M", basis="b", fps=25.0, styles=("calm",), blends_styles=True)


def refusal(info=INFO, **settings):
    with pytest.raises(SettingsError) as caught:
        check_settings(info, GenerationSettings(**settings))
    return caught.value


def test_what_a_model_can_do_is_accepted():
    check_settings(INFO, GenerationSettings())
    check_settings(
        INFO,
        GenerationSettings(
            style="lively",
            options={"jaw": 2.0, "steps": 8.0},
            choices={"sampler": "slow"},
            seed=2**32 - MOST_TAKES,
            takes=MOST_TAKES,
        ),
    )
    check_settings(INFO, GenerationSettings(curves={"jaw": ((0.0, 0.0), (1.5, 2.0))}))


@pytest.mark.parametrize(
    ("settings", "code", "word"),
    [
        ({"seed": -1}, "bad_settings", "-1"),
        ({"seed": 2**32}, "bad_settings", "4294967295"),
        ({"seed": 2**32 - 1, "takes": 2}, "bad_settings", "Give a whole number from 0 to 4294967294"),
        ({"takes": 0}, "bad_settings", "0 takes"),
        ({"takes": MOST_TAKES + 1}, "bad_settings", "65 takes"),
        ({"style": "nope"}, "unknown_style", "calm, lively"),
        ({"style": "calm:0.5,lively:0.5"}, "unknown_style", "calm:0.5"),
        ({"options": {"nose": 1.0}}, "unknown_setting", "jaw, steps"),
        ({"options": {"jaw": 2.1}}, "setting_out_of_range", "from 0 to 2"),
        ({"options": {"jaw": float("nan")}}, "setting_out_of_range", "nan"),
        ({"options": {"steps": 2.5}}, "setting_out_of_range", "whole number from 1 to 50"),
        ({"options": {"steps": float("inf")}}, "setting_out_of_range", "inf"),
        ({"identity": (0.0,)}, "bad_settings", "no identity"),
        ({"noise": b""}, "bad_settings", "no recorded noise"),
        ({"choices": {"noise": "x"}}, "unknown_setting", "sampler"),
        ({"curves": {"nose": ((0.0, 1.0),)}}, "unknown_setting", "jaw, steps"),
        ({"curves": {"steps": ((0.0, 1.0),)}}, "setting_out_of_range", "These can: jaw"),
        ({"curves": {"jaw": ((0.0, 1.0), (1.0, 2.1))}}, "setting_out_of_range", "jaw = 2.1"),
        ({"curves": {"jaw": ((1.0, 1.0), (1.0, 2.0))}}, "setting_out_of_range", "two values at 1 s"),
        ({"curves": {"jaw": ((0.0, 1.0),)}, "options": {"jaw": 1.0}}, "bad_settings", "one of them"),
        ({"choices": {"sampler": "x"}}, "setting_out_of_range", "fast, slow"),
    ],
)
def test_anything_else_is_refused(settings, code, word):
    error = refusal(**settings)
    assert error.code == code
    assert word in error.message + error.hint
    assert error.exit_code == 2


def test_a_model_that_blends_takes_files_and_weights():
    check_settings(BLENDING, GenerationSettings(style="calm:2, mine.npz:0.5", style_files={"mine.npz": b""}))
    assert refusal(BLENDING, style="calm,mine.npz").code == "unknown_style"
    assert "weight" in refusal(BLENDING, style="calm:0").message
    assert "no style on one of its sides" in refusal(BLENDING, style="calm,,calm").message


def test_a_model_that_blends_nothing_takes_no_files():
    assert refusal(style="mine.npz", style_files={"mine.npz": b""}).code == "unknown_style"


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("Calm", "Did you mean calm? Choose one of: calm, lively"),
        ("livly", "Did you mean lively? "),
        ("calm:0.5,lively:0.5", "Give one style."),
        ("nope", "Choose one of: calm, lively"),
    ],
)
def test_the_hint_for_a_style_that_is_none_says_what_was_meant(style, said):
    assert refusal(style=style).hint.startswith(said)


def test_an_identity_has_as_many_numbers_as_the_model_takes():
    info = replace(INFO, identity=2, repeats_noise=True)
    check_settings(info, GenerationSettings(identity=(0.0, 1.0), noise=b""))
    assert "has 3 coefficients" in refusal(info, identity=(0.0, 1.0, 2.0)).message


def clip(first, frames, **parts):
    rows = np.arange(first, first + frames, dtype=np.float32)
    three = np.repeat(rows[:, None], 3, axis=1)
    return MotionClip(
        25.0, "b", rows[:, None] * np.ones((1, 4), np.float32), three + 0.25, three + 0.5, **parts
    )


def test_windows_in_order_make_the_whole_clip_of_each_take():
    eyes = [np.full((n, 6), k, np.float32) for k, n in enumerate((3, 2))]
    windows = [
        MotionWindow(0, (clip(0, 3, eyes=eyes[0]), clip(10, 3, eyes=eyes[0]))),
        MotionWindow(3, (clip(3, 2, eyes=eyes[1], meta={"a": 1}), clip(13, 2, eyes=eyes[1], meta={"a": 2}))),
    ]
    first, second = joined(windows)
    np.testing.assert_array_equal(first.expression[:, 0], np.arange(5))
    np.testing.assert_array_equal(second.jaw[:, 1], np.arange(10, 15) + 0.25)
    np.testing.assert_array_equal(first.head[:, 1], np.arange(5) + 0.5)
    np.testing.assert_array_equal(first.eyes[:, 5], [0, 0, 0, 1, 1])
    assert first.neck is None
    assert (first.meta, second.meta) == ({"a": 1}, {"a": 2})


@pytest.mark.parametrize(
    "windows",
    [
        [],
        [MotionWindow(1, (clip(1, 2),))],
        [MotionWindow(0, (clip(0, 2),)), MotionWindow(3, (clip(3, 2),))],
        [MotionWindow(0, (clip(0, 2),)), MotionWindow(2, (clip(2, 2), clip(2, 2)))],
        [
            MotionWindow(0, (clip(0, 2),)),
            MotionWindow(2, (clip(2, 2, eyes=np.zeros((2, 6), np.float32)),)),
        ],
    ],
)
def test_windows_that_do_not_fit_are_a_bug_of_the_model(windows):
    with pytest.raises(ValueError, match="window"):
        joined(windows)
