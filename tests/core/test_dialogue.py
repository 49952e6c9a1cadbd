"""What one character is told of a dialogue."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.backend.messages import PhoneList, PhoneMessage, RegardMessage
from addon.core.dialogue import FacePlace, FaceTrack, Turn, attention_of, phrase_ends

AHEAD = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Looks along -y: its left is +x, its up +z."""


def at(x, y, z=1.6, turned=0.0):
    c, s = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    return FacePlace(np.array([x, y, z]), np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ AHEAD)


@pytest.mark.parametrize(
    ("other", "direction"),
    [
        (at(0, -1), (0, 0)),
        (at(1, -1), (45, 0)),
        (at(-1, -1), (-45, 0)),
        (at(1, 0), (90, 0)),
        (at(0, -1, 2.6), (0, -45)),
        (at(0, -1, 0.6), (0, 45)),
        (at(0, 0), (0, 0)),
    ],
)
def test_directions_are_those_of_the_scene(other, direction):
    assert at(0, 0).direction_to(other) == pytest.approx(direction)


def test_a_character_that_stands_turned_sees_the_other_elsewhere():
    assert at(0, 0, turned=30).direction_to(at(0, -1)) == pytest.approx((-30, 0))


def phone(label, start, end):
    return PhoneMessage(label, start, end)


def test_phrases_end_before_pauses():
    spoken = (
        phone("SIL", 0, 0.2), phone("AA", 0.2, 1.0), phone("SIL", 1.0, 1.1), phone("M", 1.1, 1.5),
        phone("SIL", 1.5, 2.0), phone("IY", 2.0, 2.6), phone("SIL", 2.6, 3.0),
    )  # fmt: skip
    assert phrase_ends(PhoneList(3.0, "heard", None, spoken, (), ())) == (1.5, 2.6)
    assert phrase_ends(PhoneList(3.0, "none", None, None, (), ())) == ()
    assert phrase_ends(None) == ()


TURNS = (
    Turn("Ada", 1.0, 3.0, (2.0, 3.0)),
    Turn("Bob", 3.5, 5.0, (5.0,)),
    Turn("Cem", 5.2, 6.0, (6.0,)),
    Turn("Ada", 7.0, 9.0, (9.0,)),
)
PLACES = {"Ada": at(0, 0), "Bob": at(1, -1, turned=180), "Cem": at(-1, -1, turned=180)}


def test_everybody_listens_to_who_speaks():
    told = attention_of("Cem", TURNS, PLACES, 0.0, 10.0)
    assert [(r.start, r.end, r.role) for r in told.regards] == [
        (1.0, 3.0, "listen"), (3.5, 5.0, "listen"), (5.2, 6.0, "speak"), (7.0, 9.0, "listen"),
    ]  # fmt: skip
    assert told.nods == (2.0, 3.0, 5.0, 9.0)


def test_speakers_turn_to_who_spoke_before_or_speaks_next():
    told = attention_of("Ada", TURNS, PLACES, 0.0, 10.0)
    assert [r.yaw for r in told.regards if r.role == "speak"] == pytest.approx([45, -45])


def test_times_count_from_the_stretch_and_end_with_it():
    told = attention_of("Bob", TURNS, PLACES, 2.0, 8.0)
    assert [r.start for r in told.regards] == pytest.approx([0, 1.5, 3.2, 5])
    assert [r.end for r in told.regards] == pytest.approx([1, 3, 4, 6])
    assert told.nods == (0.0, 1.0, 4.0)


@pytest.mark.parametrize("who", ["Dot", "Ada"])
def test_alone_nobody_is_looked_at(who):
    assert attention_of(who, TURNS[:1], PLACES, 0.0, 10.0) is None
    assert attention_of(who, TURNS, {who: at(0, 0)}, 0.0, 10.0) is None
    assert attention_of("Dot", TURNS, PLACES, 0.0, 10.0) is None


def test_a_faster_dialogue():
    told = attention_of("Cem", TURNS[:1], PLACES, 0.0, 10.0).at_speed(2.0)
    assert (told.regards[0].start, told.regards[0].end, told.nods) == (0.5, 1.5, (1.0, 1.5))
    assert isinstance(told.regards[0], RegardMessage)


def walking(*eyes):
    """A face that is at one place after the other, a second each, and looks along -y."""
    seconds = tuple(number + 0.5 for number in range(len(eyes)))
    return FaceTrack(seconds, tuple(at(x, y) for x, y in eyes))


def test_the_gaze_follows_who_walks_and_stands_where_nobody_does():
    turns = (Turn("Ada", 0.0, 4.0, (4.0,)), Turn("Bob", 4.0, 6.0))
    there = walking((0.0, -2.0), (0.0, -2.0), (0.5, -2.0), (1.0, -2.0), (1.0, -2.0), (1.0, -2.0))
    still = walking(*[(0.0, 0.0)] * 6)
    told = attention_of("Cem", turns, {"Ada": there, "Cem": still, "Bob": still}, 0.0, 6.0)
    assert [(r.start, r.end) for r in told.regards][:3] == [(0.0, 2.0), (2.0, 3.0), (3.0, 4.0)]
    turned = [regard.yaw for regard in told.regards[:3]]
    assert np.allclose(np.abs(turned), [0.0, np.degrees(np.arctan(0.25)), np.degrees(np.arctan(0.5))])
    later = attention_of("Cem", turns, {"Ada": there, "Cem": still, "Bob": still}, 2.5, 6.0)
    assert later.regards[0].start == 0.0
    assert abs(later.regards[0].yaw) > 10
    nobody = attention_of("Cem", turns, {"Ada": still, "Cem": still, "Bob": still}, 0.0, 6.0)
    assert len(nobody.regards) == 2, "one a turn"
