"""Edits of words and phones: pure, and with the seconds that they touch."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from addon.core.backend.messages import PhoneList, PhoneMessage, WordMessage
from addon.core.errors import UserError
from addon.core.words import given_file, moved, paused, phones_of, rephoned, retyped
from elocute.audio.given_phones import read_given_phones

TOLD = PhoneList(
    3.0,
    "transcript",
    "bomb map up",
    (
        PhoneMessage("SIL", 0.0, 0.5),
        PhoneMessage("B", 0.5, 0.7),
        PhoneMessage("AA", 0.7, 1.0),
        PhoneMessage("M", 1.0, 1.2),
        PhoneMessage("AE", 1.2, 1.5),
        PhoneMessage("SIL", 1.5, 2.0),
        PhoneMessage("AH", 2.0, 2.2),
        PhoneMessage("P", 2.2, 2.4),
        PhoneMessage("SIL", 2.4, 3.0),
    ),
    (WordMessage("bomb", 0.5, 1.0), WordMessage("map", 1.0, 1.5), WordMessage("up", 2.0, 2.4)),
    (),
)


def shown(phones):
    return [(phone.label, round(phone.start, 3), round(phone.end, 3)) for phone in phones.phones]


def filled(phones):
    """The phones fill the line, in order, without gap."""
    ends = [0.0, *(phone.end for phone in phones.phones)]
    return all(abs(phone.start - end) < 1e-6 for phone, end in zip(phones.phones, ends, strict=False))


def test_a_word_moves_with_its_phones_and_silence_fills_the_rest():
    edited = moved(TOLD, 2, 2.2, 2.8)
    assert shown(edited.phones)[-5:] == [
        ("AE", 1.2, 1.5), ("SIL", 1.5, 2.2), ("AH", 2.2, 2.5), ("P", 2.5, 2.8), ("SIL", 2.8, 3.0),
    ]  # fmt: skip
    assert edited.phones.words[2] == WordMessage("up", 2.2, 2.8)
    assert edited.phones.words[:2] == TOLD.words[:2]
    assert edited.touched == pytest.approx((1.76, 3.0))
    assert filled(edited.phones)


def test_a_boundary_between_two_words_moves_both():
    edited = moved(TOLD, 1, 0.9, 1.5)
    assert edited.phones.words[:2] == (WordMessage("bomb", 0.5, 0.9), WordMessage("map", 0.9, 1.5))
    assert [label for label, *_ in shown(edited.phones)] == [phone.label for phone in TOLD.phones]
    assert shown(edited.phones)[1:5] == [
        ("B", 0.5, 0.66), ("AA", 0.66, 0.9), ("M", 0.9, 1.14), ("AE", 1.14, 1.5),
    ]  # fmt: skip
    edited = moved(TOLD, 0, 0.5, 1.1)
    assert edited.phones.words[1] == WordMessage("map", 1.1, 1.5)
    assert filled(edited.phones)


def test_a_word_that_reaches_into_another_shortens_it():
    edited = moved(TOLD, 1, 1.0, 2.1)
    assert edited.phones.words[2] == WordMessage("up", 2.1, 2.4)
    assert filled(edited.phones)


@pytest.mark.parametrize("times", [(-0.1, 0.5), (1.0, 1.01), (1.5, 1.2), (2.9, 3.2)])
def test_times_that_no_word_can_have(times):
    with pytest.raises(UserError, match="map cannot be"):
        moved(TOLD, 1, *times)


def test_a_neighbour_that_would_vanish_is_named():
    with pytest.raises(UserError, match="No time is left for bomb"):
        moved(TOLD, 1, 0.51, 1.5)
    with pytest.raises(UserError, match="No time is left for up"):
        moved(TOLD, 1, 1.0, 2.39)


def test_another_word_has_no_phones_until_it_is_pronounced():
    edited = retyped(TOLD, 1, " tap ")
    assert edited.phones.words[1] == WordMessage("tap", 1.0, 1.5)
    assert shown(edited.phones)[3] == ("SIL", 1.0, 2.0)
    assert edited.touched == pytest.approx((0.76, 1.74))
    with pytest.raises(UserError, match="needs letters"):
        retyped(TOLD, 1, "  ")


def test_other_phones():
    assert shown(rephoned(TOLD, 0, ["p", "AO1"]).phones)[1:3] == [("P", 0.5, 0.7), ("AO", 0.7, 1.0)]
    edited = rephoned(TOLD, 0, ["B", "AA", "M", "Z"])
    assert shown(edited.phones)[1:5] == [
        ("B", 0.5, 0.625), ("AA", 0.625, 0.75), ("M", 0.75, 0.875), ("Z", 0.875, 1.0),
    ]  # fmt: skip
    assert filled(edited.phones)
    with pytest.raises(UserError, match="QQ is no ARPAbet"):
        rephoned(TOLD, 0, ["QQ"])
    with pytest.raises(UserError, match="needs phones"):
        rephoned(TOLD, 0, [])


def test_a_silence_behind_a_word():
    edited = paused(TOLD, 0, 0.2)
    assert edited.phones.words == (WordMessage("bomb", 0.5, 0.8), *TOLD.words[1:])
    assert ("SIL", 0.8, 1.0) in shown(edited.phones)
    assert filled(edited.phones)
    for seconds in (0.0, -1.0, 0.48, 9.0):
        with pytest.raises(UserError, match="too short"):
            paused(TOLD, 0, seconds)


def test_words_that_are_gone():
    for edit in (
        lambda i: moved(TOLD, i, 1.0, 2.0),
        lambda i: retyped(TOLD, i, "a"),
        lambda i: paused(TOLD, i, 0.1),
    ):
        for index in (-1, 3):
            with pytest.raises(UserError, match="no such word"):
                edit(index)


def test_phones_of_a_word_are_its_sounds():
    assert [TOLD.phones[i].label for i in phones_of(TOLD, TOLD.words[0])] == ["B", "AA"]
    assert phones_of(replace(TOLD, phones=None), TOLD.words[0]) == []


def test_the_backend_reads_the_file():
    given = read_given_phones(given_file(retyped(TOLD, 1, "tap").phones))
    assert [word.text for word in given.words] == ["bomb", "tap", "up"]
    assert [phone.label for phone in given.phones][:4] == ["SIL", "B", "AA", "SIL"]
    assert json.loads(given_file(TOLD))["seconds"] == 3.0
