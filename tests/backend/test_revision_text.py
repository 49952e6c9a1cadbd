"""Ranges as people write them: seconds, frames, words."""

from __future__ import annotations

import io

import numpy as np
import pytest

from elocute.audio.phone import Word
from elocute.errors import SettingsError
from elocute.motion.clip import MotionClip
from elocute.revision_text import RangeText, divided, read_pin

WORDS = (
    Word("Big", 0.0, 0.4),
    Word("maps,", 0.4, 0.9),
    Word("don't", 1.0, 1.3),
    Word("big", 1.5, 1.8),
    Word("maps", 1.8, 2.4),
)


@pytest.fixture(scope="module")
def clip():
    content = io.BytesIO()
    still = np.zeros((100, 3), np.float32)
    MotionClip(25.0, "elocute-head-1", np.zeros((100, 43), np.float32), still, still).write(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2.0-3.6", (2.0, 3.6)),
        (" 0 - 1 ", (0.0, 1.0)),
        (".5-1.", (0.5, 1.0)),
        ("50f-75f", (49.5 / 25, 75.5 / 25)),
        ("0f - 0F", (0.0, 0.5 / 25)),
        ("big maps #1", (0.0, 0.9)),
        ("BIG MAPS#2", (1.5, 2.4)),
        ("Don\u2019t", (1.0, 1.3)),
        ("maps, don't big", (0.4, 1.8)),
    ],
)  # fmt: skip
def test_what_is_meant(clip, text, seconds):
    assert RangeText(text).seconds(clip, WORDS) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("big maps", "said 2 times.*#1 to #2"),
        ("big maps #3", "said 2 times, not 3"),
        ("big maps #0", "said 2 times, not 0"),
        ("maps moon", "not said.*Big maps, don't"),
        ("", "is no range"),
        (" - ", "is no range"),
        ("10f-20", "'10f-20' is no range"),
        ("10.5f-20f", "is no range"),
        (".-1", "is no range"),
        ("-5f-10f", "is no range"),
        ("0:01-0:02", "is no range"),
        ("1,0-1,5", "is no range"),
        ("50f-40f", "'50f-40f' is no range"),
        ("don't #2", "said once, not 2 times"),
        ("#2", "is no range"),
    ],
)
def test_what_is_no_range(clip, text, message):
    with pytest.raises(SettingsError, match=message):
        RangeText(text).seconds(clip, WORDS)


def test_a_long_text_takes_a_time_that_grows_with_its_length(clip):
    """20,000 blanks took hours: they were looked at again and again."""
    assert RangeText("don't" + " " * 20_000 + "big").seconds(clip, WORDS) == pytest.approx((1.0, 1.8))


def test_words_need_to_be_told(clip):
    with pytest.raises(SettingsError, match="nothing tells when they are said"):
        RangeText("big maps").seconds(clip, ())


def test_pins_and_cells():
    assert read_pin(" head.1 @ 3 = -.5e0") == ("head.1", 3.0, -0.5)
    assert read_pin("jaw.0@.5=+2.e-1") == ("jaw.0", 0.5, 0.2)
    for text, said in (
        ("head.1=3", "NAME@SECONDS=VALUE"),
        ("head.1@.=3", "'.' is not a number"),
        ("head.1@3=.", "'.' is not a number"),
        ("head.1@1_0=3", "'1_0' is not a number"),
    ):
        with pytest.raises(ValueError, match=said):
            read_pin(text)
    assert divided("no, never; ;2-3") == ("no, never", "2-3")
