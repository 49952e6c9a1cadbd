"""When the phones say that the mouth rests, and when its lips are apart."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.articulation.rest import doubtful, parted, rest_curve, told_seals
from elocute.audio.phone import Phone


def phones(*pieces):
    """(label, seconds) or (label, seconds, confidence), one after the other."""
    made, start = [], 0.0
    for label, seconds, *sure in pieces:
        made.append(Phone(label, start, start + seconds, *sure))
        start += seconds
    return tuple(made)


def at(curve, seconds):
    return curve[int(seconds * 25)]


def test_a_short_silence_at_the_start_is_rest_until_the_mouth_gets_ready():
    rest = rest_curve(phones(("SIL", 0.24), ("AA", 0.4)), 16)
    assert (rest[:3] == 1.0).all()  # to 0.12 s
    assert 0.0 < rest[4] < 1.0
    assert (rest[6:] == 0.0).all()


def test_a_silence_at_the_end_is_rest_once_the_lips_have_settled():
    rest = rest_curve(phones(("AA", 0.4), ("SIL", 0.6)), 25)
    assert (rest[:10] == 0.0).all()
    assert at(rest, 0.42) < 0.5
    assert (rest[14:] == 1.0).all()  # from 0.56 s


def test_a_gap_that_leaves_no_time_to_settle_is_no_rest():
    assert (rest_curve(phones(("AA", 0.4), ("SIL", 0.2), ("IY", 0.4)), 25) == 0.0).all()


def test_a_pause_is_rest_between_settling_and_getting_ready():
    rest = rest_curve(phones(("AA", 0.4), ("SIL", 0.6), ("IY", 0.4)), 35)
    assert at(rest, 0.70) == at(rest, 0.86) == 1.0
    assert at(rest, 0.98) < 0.5


def test_a_long_pause_leaves_time_for_a_breath():
    rest = rest_curve(phones(("AA", 0.4), ("SIL", 1.2), ("IY", 0.4)), 50)
    assert at(rest, 0.8) == 1.0
    assert at(rest, 1.3) == 0.0  # 0.3 s before the speech


def test_one_silence_does_not_end_the_rest_of_another():
    rest = rest_curve(phones(("SIL", 0.5), ("IY", 0.04), ("SIL", 0.5)), 26)
    assert at(rest, 0.46) > 0.3


def test_all_of_a_silent_clip_is_rest():
    assert (rest_curve(phones(("SIL", 2.0)), 50) == 1.0).all()
    assert (rest_curve((), 50) == 0.0).all()


def test_rest_is_soft_at_its_edges():
    rest = rest_curve(phones(("AA", 0.4), ("SIL", 0.8), ("IY", 0.4)), 40)
    assert np.abs(np.diff(rest)).max() < 0.65


def test_phones_beyond_the_clip_do_no_harm():
    told = phones(("SIL", 0.4), ("AA", 0.4), ("SIL", 3.0), ("IY", 0.3), ("P", 0.2))
    assert (rest_curve(told, 25) == rest_curve(told, 100)[:25]).all()
    assert (parted(told, 25) == parted(told, 100)[:25]).all()


def test_lips_are_apart_in_speech_up_to_contacts_and_silences_and_soon_after_them():
    apart = parted(phones(("SIL", 0.4), ("AA", 0.4), ("M", 0.12), ("IY", 0.4), ("SIL", 0.4)), 43)
    assert not apart[:10].any()
    assert not at(apart, 0.42)  # within three quarters of a frame of the silence
    assert apart[11:20].all()  # 0.44 .. 0.80: to the closure, which lips would meet too early for
    assert not apart[20:24].any()  # 0.94 s is 0.02 s after it
    assert apart[24:33].all()
    assert not apart[33:].any()


@pytest.mark.parametrize(("silence", "apart"), [(0.08, True), (0.12, False)])
def test_a_clip_that_begins_just_before_its_speech_begins_with_lips_apart(silence, apart):
    assert at(parted(phones(("SIL", silence), ("F", 0.2), ("SIL", 0.08)), 9), 0.0) == apart
    assert not at(parted(phones(("SIL", silence), ("M", 0.2), ("IY", 0.2)), 12), silence + 0.04)
    assert not at(parted(phones(("F", 0.2), ("SIL", silence), ("IY", 0.2)), 12), 0.22)


@pytest.mark.parametrize(("label", "sure", "told"), [("M", 1.0, True), ("M", 0.5, False), ("N", 1.0, False)])
def test_a_closure_that_is_heard_near_one_that_is_told_is_that_one(label, sure, told):
    seals = told_seals(phones(("AA", 0.4), (label, 0.08, sure), ("IY", 0.4)), 22)
    assert seals.any() == told
    assert not seals[:7].any()  # 0.26 s: 0.14 s before it
    assert seals[7:15].all() == told
    assert not seals[15:].any()


@pytest.mark.parametrize(
    ("seconds", "sure", "doubt"), [(0.2, 0.9, False), (0.2, 0.7, True), (0.8, 0.9, False), (1.1, 1.0, True)]
)
def test_a_phone_may_hide_others_where_it_is_unsure_or_longer_than_any_vowel(seconds, sure, doubt):
    found = doubtful(phones(("AA", 0.2), ("IY", seconds, sure), ("AA", 0.2)), 45)
    first, after = 5, round(25 * (0.2 + seconds))
    assert not found[: first - 1].any()
    assert (found[first:after] == doubt).all()
    assert not found[after + 1 :].any()


def test_a_bite_needs_no_closed_lips():
    assert parted(phones(("AA", 0.4), ("F", 0.12), ("IY", 0.4)), 23).all()


@pytest.mark.parametrize(("sure", "apart"), [(1.0, True), (0.65, True), (0.5, False)])
def test_a_phone_that_is_doubted_parts_nothing(sure, apart):
    assert at(parted(phones(("AA", 0.4, sure), ("IY", 0.4)), 20), 0.2) == apart


def test_a_doubted_contact_still_counts():
    assert not at(parted(phones(("AA", 0.4), ("M", 0.2, 0.2), ("IY", 0.4)), 25), 0.5)
