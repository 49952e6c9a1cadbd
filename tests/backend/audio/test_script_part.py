"""Texts that are very much longer than what is said."""

# ruff: noqa: S311 - nonsense, not secrets

from __future__ import annotations

import random

import pytest

from elocute.audio.phones import aligned_parts
from elocute.audio.phones.finder import PhoneSettings, find_phones
from elocute.audio.phones.script_part import likely_part
from elocute.audio.text.reading import read_transcript
from elocute.audio.text.spoken_word import SpokenPhone
from tests.backend.audio.lines import closures_missed

ARPABET = (
    "AA",
    "AE",
    "AH",
    "B",
    "D",
    "EH",
    "F",
    "G",
    "IY",
    "K",
    "L",
    "M",
    "N",
    "OW",
    "P",
    "R",
    "S",
    "T",
    "UW",
)


def letters(rng: random.Random, count: int) -> str:
    """Nonsense of so many characters, which says its words again and again as a script does: each of them
    is read once, and to read one takes milliseconds."""
    known = ["".join(rng.choice("bdfgklmnprstvaeiou") for _ in range(rng.randint(3, 9))) for _ in range(400)]
    words: list[str] = []
    while count > 0:
        words.append(rng.choice(known))
        count -= len(words[-1]) + 1
    return " ".join(words)


def nonsense(rng: random.Random, words: int) -> list[tuple[SpokenPhone, ...]]:
    return [
        tuple(SpokenPhone(rng.choice(ARPABET), "") for _ in range(rng.randint(2, 7))) for _ in range(words)
    ]


@pytest.mark.parametrize("place", [0, 3000, 7990])
def test_the_part_that_is_heard_is_found_wherever_it_stands(place):
    rng = random.Random(place)
    text = nonsense(rng, 8000)
    said = [phone.arpabet for word in text[place : place + 10] for phone in word]
    misheard = [label if rng.random() < 0.75 else rng.choice(ARPABET) for label in said]
    part = likely_part(misheard, text)
    assert part.start <= place
    assert part.stop >= min(place + 10, len(text))
    assert len(part) < 600


def test_an_ordinary_text_is_looked_through_whole():
    text = nonsense(random.Random(0), 400)
    assert likely_part(["AA", "B", "IY"] * 5, text) == range(400)
    assert likely_part([], []) == range(0)
    assert likely_part([], nonsense(random.Random(0), 4000)).start == 0


def test_a_line_is_found_in_a_hundred_thousand_characters(waffles, monkeypatch):
    rng = random.Random(5)
    most: list[int] = []
    align = aligned_parts.align

    def watched(emissions, phones, *more):
        most.append(len(phones))
        return align(emissions, phones, *more)

    monkeypatch.setattr(aligned_parts, "align", watched)
    scene = f"{letters(rng, 60_000)}. {waffles.transcript} {letters(rng, 39_000)}"
    found = find_phones(waffles.audio, PhoneSettings(transcript=scene))
    assert found.source == "transcript"
    assert closures_missed(waffles.phones, found.phones) == []
    assert any("words are said in the recording" in note for note in found.notes)
    said = len(read_transcript(scene, "en").words)
    assert said > 10_000
    assert max(most) < 3000


def test_a_hundred_thousand_characters_of_nothing_are_refused_in_a_sentence(waffles, monkeypatch):
    cells: list[int] = []
    align = aligned_parts.align

    def watched(emissions, phones, *more):
        cells.append(len(phones) * len(emissions.blank))
        return align(emissions, phones, *more)

    monkeypatch.setattr(aligned_parts, "align", watched)
    found = find_phones(waffles.audio, PhoneSettings(transcript=letters(random.Random(6), 99_000)))
    assert found.source in ("recognition", "allphone")
    assert any("does not match the recording" in note for note in found.notes)
    assert 0 < sum(cells) < 5_000_000
