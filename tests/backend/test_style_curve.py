"""Styles as users write them when they change: names, intensities, seconds."""

import re
from dataclasses import replace

import pytest

from elocute.errors import SettingsError
from elocute.generator import GenerationSettings, ModelInfo, check_settings
from elocute.style_blend import parse_blend
from elocute.style_curve import MOST_KEYS, StyleKey, changes, parse_curve
from elocute.style_notes import style_notes

INFO = ModelInfo(
    id="m", family="f", title="M", basis="b", fps=25.0, styles=("calm", "sad"), changes_styles=True
)


def test_one_style_with_an_intensity():
    assert parse_curve("sad*0.5") == (StyleKey("sad", 0.5, 0.0),)
    assert parse_curve("sad") == (StyleKey("sad", None, 0.0),)


def test_several_styles_with_times():
    assert parse_curve(" sad@0, happy*0.8@2.5 ,over-articulated @ 6") == (
        StyleKey("sad", None, 0.0),
        StyleKey("happy", 0.8, 2.5),
        StyleKey("over-articulated", None, 6.0),
    )


@pytest.mark.parametrize(("text", "changing"), [("sad", False), ("a:0.5,b:0.5", False), ("sad*1", True)])
def test_what_counts_as_changing(text, changing):
    assert changes(text) is changing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sad,happy@2", "says no time"),
        ("sad@2,happy@2", "Two styles are to be reached at 2 s"),
        ("sad@3,happy@2", "does not come after"),
        ("sad*2@0", "out of range"),
        ("sad*-0.1", "out of range"),
        ("sad*x@0", "not a number"),
        ("sad*@0", "not a number"),
        ("sad@nan", "not a number"),
        ("sad@inf", "not a number"),
        ("sad@-1", "before the beginning"),
        ("@1", "names no preset"),
        ("", "names no preset"),
        ("sad@0,", "names no preset"),
        (",".join(f"sad@{n}" for n in range(MOST_KEYS + 1)), "are the most"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(text, words):
    with pytest.raises(SettingsError, match=words) as caught:
        parse_curve(text)
    assert caught.value.message.endswith(".")
    assert "sad@0,happy*0.8@2.5" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("happy:0,5", "happy:0.5"),
        ("happy:0,5,sad:0,25", "happy:0.5,sad:0.25"),
        ("happy:1,5 , sad", "happy:1.5, sad"),
        ("happy*0,8@2,5", "happy*0.8@2.5"),
        ("sad@0,happy@2,5", "sad@0,happy@2.5"),
    ],
)
@pytest.mark.parametrize("read", [parse_blend, parse_curve])
def test_a_decimal_comma_is_called_one(read, text, meant):
    with pytest.raises(SettingsError, match="has a decimal comma") as caught:
        read(text)
    assert caught.value.hint == f"Write it with a point: {meant}"


def test_commas_between_styles_are_none():
    assert [part.name for part in parse_blend("A:0.7,B:0.3,7:1")] == ["A", "B", "7"]
    assert [key.seconds for key in parse_curve("sad@0,happy@2,5th@3.5")] == [0.0, 2.0, 3.5]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"style": "calm@0,sad@2"}, []),
        ({"style": "calm@0,sad@3"}, ["sad at 3 s is not reached: the sound ends at 3.00 s.$"]),
        ({"style": "calm@1,sad@3.5,calm@9"}, ["sad at 3.5 s, calm at 9 s is not reached: .* 3.00 s.$"]),
        ({"style": "sad@100"}, ["sad at 100 s is not reached: .* So it is sad all the time.$"]),
        ({"style": "sad*0.5@100,calm@101"}, ["So it is sad\\*0.5 all the time.$"]),
        ({"style": "calm*0.5", "options": {"intensity": 1.2}}, ["option intensity changes nothing here"]),
        ({"style": "calm*0.5@0,sad@2", "options": {"intensity": 1.2}}, []),
        ({"style": "calm", "options": {"intensity": 1.2}}, []),
        ({"options": {"intensity": 1.2}}, []),
    ],
)
def test_what_of_a_style_comes_to_nothing_is_said(settings, said):
    notes = style_notes(GenerationSettings(**settings), INFO, 3.0)
    assert len(notes) == len(said)
    assert all(re.search(words, note) for words, note in zip(said, notes, strict=True))
    assert not style_notes(GenerationSettings(**settings), replace(INFO, changes_styles=False), 3.0)


def test_a_model_that_changes_styles_takes_them_and_knows_their_names():
    check_settings(INFO, GenerationSettings(style="calm@0,sad*0.5@2"))
    with pytest.raises(SettingsError, match="no style named 'angry'") as caught:
        check_settings(INFO, GenerationSettings(style="calm@0,angry@2"))
    assert "sad@0,happy*0.8@2.5" in caught.value.hint


def test_a_model_that_does_not_refuses_them():
    with pytest.raises(SettingsError, match="takes no intensities and no seconds"):
        check_settings(
            ModelInfo(id="m", family="f", title="M", basis="b", fps=25.0, styles=("sad",)),
            GenerationSettings(style="sad*0.5"),
        )
