"""Long texts are aligned piece by piece, with the result of aligning them as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.phones import aligned_parts, word_alignment
from elocute.audio.phones.meeting_points import match_sounds, meeting_points
from elocute.audio.phones.word_alignment import place_words
from elocute.audio.text.reading import read_transcript
from elocute.audio.text.spoken_word import SpokenWord
from elocute.corpus.texts import sentences
from tests.backend.audio.made_up_hearing import STEP, heard_as


def some_words(seed: int, count: int) -> list[SpokenWord]:
    rng = np.random.default_rng(seed)
    text = " ".join(sentences(rng, "en", "train", count))
    return [word for word in read_transcript(text).words if word.pronunciations]


def results_of(hearing, words: list[SpokenWord]):
    found = place_words(hearing, words)
    placed = [(word.index, word.pronunciation, *word.first, *word.last) for word in found.words]
    return placed, found.left_out, found.untold, pytest.approx(found.cost)


@pytest.mark.parametrize("kind", ["exact", "lacking", "surplus", "refrain"])
def test_a_long_text_is_placed_as_if_it_had_not_been_cut(monkeypatch, kind):
    said = some_words(1, 36)
    text = said
    if kind == "lacking":
        text = said[:100] + said[120:200] + said[201:]
    if kind == "surplus":
        text = said[:100] + some_words(2, 30) + said[100:]
    if kind == "refrain":
        said = text = said[:30] * 12
    hearing = heard_as(said, seed=3)
    starts = [word.pronunciations[0] for word in text]
    assert len(meeting_points(hearing.heard(), starts, STEP)) >= 2
    in_parts = results_of(hearing, text)
    monkeypatch.setattr(word_alignment, "meeting_points", lambda *_: ())
    assert in_parts == results_of(hearing, text)


def test_the_work_grows_with_the_length_and_not_with_its_square(monkeypatch):
    cells: list[int] = []
    align = aligned_parts.align

    def counted(emissions, phones, *rest):
        cells.append(len(emissions.blank) * len(phones))
        return align(emissions, phones, *rest)

    monkeypatch.setattr(aligned_parts, "align", counted)
    work = []
    for count in (30, 60, 120):
        words = some_words(4, count)
        cells.clear()
        place_words(heard_as(words, seed=5), words)
        work.append(sum(cells) / sum(len(word.pronunciations[0]) for word in words))
    assert max(work) < 1.6 * min(work)  # a whole path would be four times as much


def test_points_are_moments_between_the_words_they_name():
    words = some_words(6, 60)
    hearing = heard_as(words, seed=7, wrong=0.0)
    points = meeting_points(hearing.heard(), [word.pronunciations[0] for word in words], STEP)
    placed = {word.index: word for word in place_words(hearing, words).words}
    assert len(points) >= 2
    for point in points:
        assert placed[point.word - 1].last[-1] <= point.frame <= placed[point.word].first[0]
    gaps = np.diff([0, *(point.frame for point in points)]) * STEP
    assert gaps.min() >= 20.0


def test_a_text_of_something_else_and_short_recordings_have_no_points():
    hearing = heard_as(some_words(8, 40), seed=9)
    others = [word.pronunciations[0] for word in some_words(10, 40)]
    np.random.default_rng(12).shuffle(others)
    assert meeting_points(hearing.heard(), others, STEP) == ()
    words = some_words(8, 5)
    short = heard_as(words, seed=9)
    assert meeting_points(short.heard(), [word.pronunciations[0] for word in words], STEP) == ()
    assert meeting_points([], others, STEP) == ()


@pytest.mark.parametrize("lengths", [(0, 5), (5, 0), (1, 1), (40, 38), (35, 90)])
def test_sounds_are_matched_alike_however_few_rows_are_kept(monkeypatch, lengths):
    rng = np.random.default_rng(11)
    heard, text = (rng.integers(0, 6, length) for length in lengths)
    found = match_sounds(heard, text)
    monkeypatch.setattr("elocute.audio.phones.meeting_points._ROWS_KEPT", 7)
    assert (match_sounds(heard, text) == found).all()
    kept = found[found >= 0]
    assert (np.diff(kept) > 0).all()
    assert (heard[kept] == text[found >= 0]).all()


def test_as_many_sounds_are_matched_as_can_be():
    heard, text = (np.array([ord(letter) for letter in word]) for word in ("xbutterflyy", "butxterfly"))
    assert match_sounds(heard, text).tolist() == [1, 2, 3, -1, 4, 5, 6, 7, 8, 10]
