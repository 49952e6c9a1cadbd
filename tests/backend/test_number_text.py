"""Numbers as people write them, wherever they write them."""

import argparse
import math

import pytest

from elocute.audio.given_phones import read_given_phones
from elocute.audio.segment import Segment
from elocute.cli.main import parser_of
from elocute.errors import UserError
from elocute.number_text import read_number, read_whole_number
from elocute.option_curve import parse_option_curve
from elocute.style_blend import parse_blend
from elocute.style_curve import parse_curve


@pytest.mark.parametrize(
    ("text", "value"), [("0.7", 0.7), (" -1e3 ", -1000.0), (".5", 0.5), ("inf", math.inf)]
)
def test_numbers_are_read(text, value):
    assert read_number(text) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0,7", "'0,7' has a decimal comma; write 0.7"),
        ("-12,25", "write -12.25"),
        ("1_0", "'1_0' is not a number"),
        ("", "'' is not a number"),
        ("x" * 10_000, "...' is not a number"),
    ],
)
def test_what_is_none_is_told_with_the_reason(text, told):
    with pytest.raises(ValueError, match=r".") as caught:
        read_number(text)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["1_0", "1.5", "", "two"])
def test_what_is_no_whole_number_is_refused(text):
    with pytest.raises(ValueError, match="is not a whole number"):
        read_whole_number(text)


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (parse_option_curve, "1_0@0"),
        (parse_option_curve, "1@1_0"),
        (parse_curve, "sad*1_0"),
        (parse_curve, "sad@1_0,calm@2_0"),
        (parse_blend, "calm:1_0,sad:1"),
        (Segment.parse, "1_0-2_0"),
        (lambda text: read_given_phones(text.encode()), "start,end,label\n0,1_0,AA\n"),
    ],
)
def test_no_reader_takes_a_line_within_a_number(reader, text):
    with pytest.raises((ValueError, UserError)):
        reader(text)


def _arguments(commands: argparse.ArgumentParser) -> list[argparse.Action]:
    found = []
    for action in commands._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                found += _arguments(below)
        else:
            found.append(action)
    return found


def test_no_argument_is_read_by_python_alone():
    arguments = _arguments(parser_of())
    assert len(arguments) > 100
    assert [one.option_strings or one.dest for one in arguments if one.type in (int, float)] == []
