"""Edges of words and phones in the hand: which is meant, how far it goes, what it makes of its neighbours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from addon.core.backend.messages import PhoneList, PhoneMessage, WordMessage
from addon.core.word_drag import Edge, dragged, edges_of, nearest, room_of

TOLD = PhoneList(
    3.0,
    "transcript",
    "big map so",
    (
        PhoneMessage("SIL", 0.0, 0.5),
        PhoneMessage("B", 0.5, 0.6),
        PhoneMessage("IH", 0.6, 0.8),
        PhoneMessage("G", 0.8, 0.9),
        PhoneMessage("M", 0.9, 1.1),
        PhoneMessage("AE", 1.1, 1.4),
        PhoneMessage("P", 1.4, 1.5),
        PhoneMessage("SIL", 1.5, 2.0),
        PhoneMessage("S", 2.0, 2.2),
        PhoneMessage("OW", 2.2, 2.6),
        PhoneMessage("SIL", 2.6, 3.0),
    ),
    (WordMessage("big", 0.5, 0.9), WordMessage("map", 0.9, 1.5), WordMessage("so", 2.0, 2.6)),
    (),
)


def at(row, seconds):
    return nearest(edges_of(TOLD, row), seconds, 0.01)


def times(words):
    return [(word.text, round(word.start, 3), round(word.end, 3)) for word in words]


def labels(told):
    return [(phone.label, round(phone.start, 3)) for phone in told.phones]


def test_words_that_touch_have_one_edge():
    edges = [(edge.seconds, edge.ends, edge.begins) for edge in edges_of(TOLD, "words")]
    assert edges == [(0.5, -1, 0), (0.9, 0, 1), (1.5, 1, -1), (2.0, -1, 2), (2.6, 2, -1)]
    assert [edge.begins for edge in edges_of(TOLD, "phones")] == list(range(1, 11))
    assert edges_of(PhoneList(1.0, "none", None, None, (), ()), "phones") == []


def test_the_nearest_within_reach_is_meant():
    assert nearest(edges_of(TOLD, "words"), 0.93, 0.05) == Edge("words", 0.9, 0, 1)
    assert nearest(edges_of(TOLD, "words"), 1.2, 0.05) is None
    assert nearest([], 1.0, 9.0) is None


def test_an_edge_between_two_words_moves_both():
    made = dragged(TOLD, at("words", 0.9), 1.0)
    assert times(made.phones.words) == [("big", 0.5, 1.0), ("map", 1.0, 1.5), ("so", 2.0, 2.6)]
    assert [moment for _, moment in labels(made.phones)][1:5] == [0.5, 0.625, 0.875, 1.0]
    assert made.phones.phones[-1].end == 3.0
    assert made.touched[0] < 0.5
    assert made.touched[1] > 1.5


@pytest.mark.parametrize(
    ("edge", "wanted", "stands"),
    [
        (0.9, -5.0, 0.53),
        (0.9, 9.0, 1.47),
        (1.5, 9.0, 2.0),
        (2.0, 0.1, 1.5),
        (0.5, -1.0, 0.0),
        (2.6, 9.0, 3.0),
        (2.6, 0.0, 2.03),
    ],
)
def test_no_neighbour_is_crossed(edge, wanted, stands):
    taken = at("words", edge)
    made = dragged(TOLD, taken, wanted).phones
    word = made.words[taken.ends if taken.ends >= 0 else taken.begins]
    assert (word.end if taken.ends >= 0 else word.start) == pytest.approx(stands)
    flat = [moment for one in made.words for moment in (one.start, one.end)]
    assert flat == sorted(flat)
    sounds = [moment for one in made.phones for moment in (one.start, one.end)]
    assert sounds == pytest.approx(sorted(sounds))
    assert room_of(TOLD, taken)[0] - 1e-9 <= stands <= room_of(TOLD, taken)[1] + 1e-9


def test_an_edge_that_stays_makes_nothing():
    assert dragged(TOLD, at("words", 1.5), 1.50001) is None


def test_an_edge_between_two_phones_moves_these_alone():
    made = dragged(TOLD, at("phones", 1.1), 1.25)
    assert labels(made.phones)[4:7] == [("M", 0.9), ("AE", 1.25), ("P", 1.4)]
    assert times(made.phones.words) == times(TOLD.words)
    assert made.touched == (pytest.approx(0.86), pytest.approx(1.49))
    stopped = dragged(TOLD, at("phones", 1.1), 7.0).phones
    assert labels(stopped)[5] == ("AE", 1.38)


def test_words_follow_the_edge_of_their_phones():
    made = dragged(TOLD, at("phones", 0.9), 0.95).phones
    assert times(made.words)[:2] == [("big", 0.5, 0.95), ("map", 0.95, 1.5)]
    later = dragged(TOLD, at("phones", 2.0), 1.8).phones
    assert times(later.words)[2] == ("so", 1.8, 2.6)
    assert labels(later)[7:9] == [("SIL", 1.5), ("S", 1.8)]


@pytest.mark.parametrize(("edge", "wanted", "stands"), [(0.5, 9.0, 0.57), (0.6, -9.0, 0.53)])
def test_a_word_of_one_phone_keeps_its_shortest_time_too(edge, wanted, stands):
    told = replace(TOLD, words=(WordMessage("b", 0.5, 0.6), WordMessage("ig", 0.6, 0.9)))
    made = dragged(told, nearest(edges_of(told, "phones"), edge, 0.01), wanted).phones
    word = made.words[0]
    assert word.end - word.start == pytest.approx(0.03)
    assert stands in (pytest.approx(word.start), pytest.approx(word.end))
