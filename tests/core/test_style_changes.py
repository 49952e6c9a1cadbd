"""Styles that follow each other: rows of a text."""

from __future__ import annotations

import pytest

from addon.core.errors import UserError
from addon.core.style_changes import (
    MOST_CHANGES,
    StyleChange,
    from_second,
    read_changes,
    split_row,
    with_change,
    write_changes,
)
from elocute.style_curve import parse_curve


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", ()),
        ("calm", (StyleChange("calm"),)),
        ("calm*0.5", (StyleChange("calm", 0.0, 0.5),)),
        ("sad@0, happy*0.8@2.5", (StyleChange("sad"), StyleChange("happy", 2.5, 0.8))),
        ("b@3,a@1", (StyleChange("a", 1.0), StyleChange("b", 3.0))),
        ("mine.npz*0.5@2", (StyleChange("mine.npz", 2.0, 0.5),)),
        ("C:\\me@work\\a.npz@2", (StyleChange("C:\\me@work\\a.npz", 2.0),)),
        ("calm@0,my, style.npz*0.5@2", (StyleChange("calm"), StyleChange("my, style.npz", 2.0, 0.5))),
        ("a,b,c.CSV@1, sad@2", (StyleChange("a,b,c.CSV", 1.0), StyleChange("sad", 2.0))),
        ("a,b.npz@1,c,d.npz@2", (StyleChange("a,b.npz", 1.0), StyleChange("c,d.npz", 2.0))),
        ("my, style.npz@2", (StyleChange("my, style.npz", 2.0),)),
        ("sad,happy@2", ()),
        ("sad@1,my, style.npz", ()),
        ("calm:0.5,lively:0.5", ()),
        ("calm:0.5", ()),
        ("calm@0,lively", ()),
        ("calm@1.2.3", ()),
    ],
)
def test_the_rows_of_a_text(text, rows):
    assert read_changes(text) == rows


@pytest.mark.parametrize(
    ("there", "rows"),
    [
        ({"face.npz"}, ()),
        ({"calm,face.npz"}, (StyleChange("calm,face.npz", 2.0),)),
        ({"face.npz", "calm,face.npz"}, (StyleChange("calm,face.npz", 2.0),)),
        (set(), (StyleChange("calm,face.npz", 2.0),)),
    ],
)
def test_a_style_before_a_file_is_no_beginning_of_its_name(there, rows):
    """The first has no time, so that the whole is no list of changes, and is not shown as one."""
    assert read_changes("calm,face.npz@2", there.__contains__) == rows
    assert read_changes("calm@0,face.npz@2", there.__contains__) == (
        StyleChange("calm"),
        StyleChange("face.npz", 2.0),
    )


def test_one_style_without_a_time_is_a_file_with_commas_where_there_is_one():
    text, there = "my, style.npz", {"my, style.npz"}.__contains__
    assert read_changes(text) == (), "a blend of two"
    assert read_changes(text, there) == (StyleChange(text),)
    assert read_changes(f"{text}*0.5", there) == (StyleChange(text, 0.0, 0.5),)
    changed = with_change(text, StyleChange("sad", 2.0), there)
    assert changed == "my, style.npz@0,sad@2"
    assert read_changes(changed) == (StyleChange(text), StyleChange("sad", 2.0))
    assert from_second(changed, 1.0) == "my, style.npz@0,sad@1"
    assert from_second(text, 1.0, there) == text


def test_what_is_written_is_read_again_and_by_the_service():
    rows = (StyleChange("calm"), StyleChange("angry", 3.2, 0.8), StyleChange("sad", 10.0))
    text = write_changes(rows)
    assert text == "calm@0,angry*0.8@3.2,sad@10"
    assert read_changes(text) == rows
    told = [(key.name, key.seconds, key.intensity) for key in parse_curve(text)]
    assert told == [(row.name, row.seconds, row.strength) for row in rows]
    assert write_changes([StyleChange("calm")]) == "calm"
    assert write_changes([]) == ""


def test_a_change_is_added_in_its_place_and_replaces_one_at_its_moment():
    text = with_change("calm", StyleChange("angry", 3.2))
    assert text == "calm@0,angry@3.2"
    text = with_change(text, StyleChange("sad", 1.5, 0.5))
    assert text == "calm@0,sad*0.5@1.5,angry@3.2"
    assert with_change(text, StyleChange("happy", 3.2)) == "calm@0,sad*0.5@1.5,happy@3.2"
    assert with_change("", StyleChange("happy", 0.0)) == "happy"


def test_a_blend_is_not_torn_apart():
    with pytest.raises(UserError, match="cannot change in time"):
        with_change("calm:0.5,sad:0.5", StyleChange("angry", 2.0))


def test_no_more_rows_than_the_service_takes():
    text = write_changes([StyleChange("calm", float(number)) for number in range(MOST_CHANGES)])
    assert len(parse_curve(text)) == MOST_CHANGES
    with pytest.raises(UserError, match="at most"):
        with_change(text, StyleChange("sad", 200.0))


@pytest.mark.parametrize(
    ("part", "split"),
    [("a.npz@2", ("a.npz", "@2")), ("a.npz*0.5@2", ("a.npz", "*0.5@2")), ("a.npz:0.5", ("a.npz:0.5", ""))],
)
def test_a_name_and_what_follows_it(part, split):
    assert split_row(part) == split


@pytest.mark.parametrize(
    ("text", "seconds", "wanted"),
    [
        ("calm@0,angry*0.8@3.2,sad@10", 4.0, "angry*0.8@0,sad@6"),
        ("calm@0,angry@3.2", 3.2, "angry"),
        ("calm@0,angry@3.2", 0.0, "calm@0,angry@3.2"),
        ("angry@3.2", 2.0, "angry@1.2"),
        ("calm", 9.0, "calm"),
        ("calm*0.5", 9.0, "calm*0.5"),
        ("calm:0.5,lively:0.5", 9.0, "calm:0.5,lively:0.5"),
        ("", 9.0, ""),
    ],
)
def test_a_part_of_a_line_goes_on_in_the_style_that_the_line_is_in(text, seconds, wanted):
    assert from_second(text, seconds) == wanted
