"""Sounds heard without words: lips first, then which of the sounds that have them."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.phone import Phone
from elocute.audio.phone_classes import contact_strength
from elocute.audio.phones.bare_sounds import bare_sounds
from elocute.audio.phones.belief import heard_confidence
from elocute.audio.phones.heard_symbols import Hearing
from elocute.audio.phones.posteriors import Posteriors

SYMBOLS = ("", "p", "b", "m", "d", "s", "a")


def hearing(*frames: dict[str, float], least: float = 0.0) -> Hearing:
    """Frames by the probability of their sounds; the rest is that nothing new is heard."""
    probabilities = np.full((len(frames), len(SYMBOLS)), 1e-4)
    for row, told in zip(probabilities, frames, strict=True):
        for symbol, probability in told.items():
            row[SYMBOLS.index(symbol)] = probability
        row[0] = max(1.0 - row[1:].sum(), 1e-4)
    return Hearing(Posteriors(np.log(probabilities).astype(np.float16), SYMBOLS, 0, 0.02), least)


def sounds(*frames: dict[str, float], least: float = 0.0) -> list[tuple[str, int, int]]:
    heard = hearing({}, *frames, {}, least=least)
    return [(one.symbol, one.first, one.last) for one in bare_sounds(heard, 0, heard.frames)]


def test_lips_are_heard_that_no_sound_alone_is_likely_enough_for():
    shared = {"p": 0.2, "b": 0.22, "m": 0.05}
    assert hearing({}, shared, {}).heard() == []
    assert sounds(shared) == [("b", 1, 2)]
    assert sounds({"p": 0.2, "d": 0.22, "a": 0.05}) == []  # no lips that these would share


def test_lips_of_several_sounds_win_over_a_sound_that_is_likelier_than_each():
    assert sounds({"p": 0.3, "b": 0.3, "a": 0.35}) == [("b", 1, 2)] or sounds(
        {"p": 0.3, "b": 0.3, "a": 0.35}
    ) == [("p", 1, 2)]
    assert sounds({"p": 0.2, "a": 0.35, "d": 0.3, "s": 0.1}) == [("d", 1, 2)]


def test_nothing_new_must_be_clearly_likelier_than_a_sound():
    assert sounds({"m": 0.42}) == [("m", 1, 2)]
    assert sounds({"m": 0.38}) == []


def test_a_closure_is_one_whichever_of_its_sounds_its_frames_are_likest_to():
    assert sounds({"p": 0.5, "b": 0.3}, {"p": 0.2, "b": 0.7}) == [("b", 1, 3)]
    assert sounds({"d": 0.8}, {"s": 0.8}) == [("d", 1, 2), ("s", 2, 3)]
    assert sounds({"m": 0.9}, {}, {"m": 0.9}) == [("m", 1, 2), ("m", 3, 4)]


def test_frames_are_counted_from_the_recordings_beginning():
    heard = hearing({}, {"a": 0.9}, {}, {"m": 0.9}, {})
    assert [(one.symbol, one.first, one.last) for one in bare_sounds(heard, 2, 5)] == [("m", 3, 4)]
    assert bare_sounds(heard, 2, 2) == []


def test_lips_are_as_likely_as_in_any_of_the_frames_around():
    (one,) = bare_sounds(hearing({}, {"m": 0.3}, {"m": 0.5}, {"p": 0.2}, {"m": 0.9}), 0, 4)
    assert one.lips == pytest.approx(1.0 - 0.7 * 0.5 * 0.8, abs=0.01)
    assert one.probability == pytest.approx(0.5, abs=0.01)


def test_a_closure_that_is_not_likely_enough_is_the_likeliest_other_sound():
    unsure = {"p": 0.14, "m": 0.14, "d": 0.1, "a": 0.05, "": 0.0}
    weak = {"p": 0.25, "d": 0.12, "a": 0.24, "s": 0.1}
    assert sounds(weak, least=0.45)[0][0] in {"d", "a"}
    assert sounds({"p": 0.5, "d": 0.3}, least=0.45) == [("p", 1, 2)]
    assert sounds(unsure, least=0.45) == []


def test_a_contact_by_sound_alone_is_made_as_far_as_it_is_there():
    def strength(lips: float) -> float:
        return contact_strength(Phone("P", 0.0, 0.1, heard_confidence(lips)))

    assert strength(0.45) == strength(0.9) == 1.0  # of these three in four are there
    assert 0.0 < strength(0.15) < strength(0.25) < 1.0
    assert strength(0.03) == 0.0
    assert 0.0 < heard_confidence(0.0) < heard_confidence(1.0) < 1.0
