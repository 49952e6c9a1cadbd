"""Where a long recording and its text surely meet, so that each stretch between can be aligned by itself.

Aligning takes time in proportion to the frames times the phones, which grows with the square of a recording's
length. The sounds heard are a tenth of the frames, and comparing two labels is cheap: so all the sounds heard
are first compared with all the phones of the text (Needleman and Wunsch 1970), a row of numbers at a time.
Where both are the same around the start of a word, the exact path goes through that word at that moment, and
there the recording and the text are cut.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phones.heard_symbols import HeardSymbol
from elocute.audio.phones.lips_of_symbols import arpabet_of_symbol
from elocute.audio.text.spoken_word import Pronunciation

Scores = NDArray[np.int32]
Indices = NDArray[np.int64]

_SHORTEST_SECONDS: Final = 60.0
"""Shorter recordings are not cut."""
_PIECE_SECONDS: Final = 20.0
"""Least length of a piece; the cut is looked for within as much again."""
_SAME: Final = 2
_OTHER: Final = -1
_GAP: Final = -1
_ROWS_KEPT: Final = 128
"""Every so many rows are kept; those between are computed again on the way back."""
_AROUND: Final = 6
"""Phones on each side of a cut that are looked at."""
_LEAST_SAME: Final = 10
"""Of these, those that must have been heard as they are written."""
_MOST_BETWEEN: Final = 2
"""Sounds among them that the text lacks."""


@dataclass(frozen=True)
class MeetingPoint:
    """A moment between two words.

    Attributes:
        frame: the first frame of the words behind it.
        word: number of the first word behind it.
    """

    frame: int
    word: int


def meeting_points(
    heard: Sequence[HeardSymbol], words: Sequence[Pronunciation], step: float
) -> tuple[MeetingPoint, ...]:
    """Points at which a long recording and its text can be cut, in order; none where it is short.

    Args:
        heard: sounds in order.
        words: of the text, at least one phone each.
        step: seconds of a frame.
    """
    if not heard or not words or (heard[-1].last - heard[0].first) * step < _SHORTEST_SECONDS:
        return ()
    sounds = [(symbol, label) for symbol in heard for label in arpabet_of_symbol(symbol.symbol)]
    labels = [phone.arpabet for word in words for phone in word]
    numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    text = np.array([numbers[label] for label in labels])
    matched = match_sounds(np.array([numbers.get(label, -1) for _, label in sounds]), text)
    starts = np.cumsum([0, *(len(word) for word in words)])[1:-1]
    candidates: list[tuple[MeetingPoint, int]] = []
    for word, start in enumerate(starts, 1):
        around = matched[max(start - _AROUND, 0) : start + _AROUND]
        if not _is_sure(around, matched[start - 1 : start + 1], text[start - 1 : start + 1]):
            continue
        before, after = (sounds[int(place)][0] for place in matched[start - 1 : start + 1])
        pause = after.first - before.last
        candidates.append((MeetingPoint(before.last + pause // 2, word), pause))
    return _spread(candidates, round(_PIECE_SECONDS / step))


def _is_sure(around: Indices, both: Indices, phones: Indices) -> bool:
    """Whether phones were heard on both sides of a cut without doubt, in order of the text."""
    found = around[around >= 0]
    return (
        len(found) >= _LEAST_SAME
        and int(found[-1] - found[0]) < len(around) + _MOST_BETWEEN
        and int(both.min()) >= 0
        and int(phones[0]) != int(phones[1])  # two equal phones are told apart by what is between them
    )


def _spread(candidates: Sequence[tuple[MeetingPoint, int]], least: int) -> tuple[MeetingPoint, ...]:
    """Points at least ``least`` frames apart, at the longest pauses within reach."""
    frames = [point.frame for point, _ in candidates]
    chosen: list[MeetingPoint] = []
    place = bisect_left(frames, least)
    while place < len(candidates):
        end = max(bisect_left(frames, frames[place] + least), place + 1)
        point, _ = max(candidates[place:end], key=lambda each: each[1])
        chosen.append(point)
        place = bisect_left(frames, point.frame + least)
    return tuple(chosen)


def match_sounds(heard: Indices, text: Indices) -> Indices:
    """(N,) which of the sounds heard each phone of a text is, -1 for none; equal numbers only.

    O(H N) time, and memory for some rows of N.
    """
    ramp = (np.arange(len(text) + 1) * _GAP).astype(np.int32)
    points = {int(number): np.where(text == number, _SAME, _OTHER).astype(np.int32) for number in set(heard)}
    kept = [ramp]
    row = ramp
    for place, number in enumerate(heard, 1):
        row = _next_row(row, points[int(number)], ramp)
        if place % _ROWS_KEPT == 0:
            kept.append(row)
    matched = np.full(len(text), -1, np.int64)
    column = len(text)
    for first in range((len(kept) - 1) * _ROWS_KEPT, -1, -_ROWS_KEPT):
        rows = [kept[first // _ROWS_KEPT]]
        part = heard[first : first + _ROWS_KEPT]
        for number in part:
            rows.append(_next_row(rows[-1], points[int(number)], ramp))
        place = len(part)
        while place and column:
            score = rows[place][column]
            same = int(points[int(part[place - 1])][column - 1])
            if score == rows[place - 1][column - 1] + same:
                place, column = place - 1, column - 1
                if same == _SAME:
                    matched[column] = first + place
            elif score == rows[place - 1][column] + _GAP:
                place -= 1
            else:
                column -= 1
    return matched


def _next_row(row: Scores, points: Scores, ramp: Scores) -> Scores:
    best = row + np.int32(_GAP)
    np.maximum(best[1:], row[:-1] + points, out=best[1:])
    # a run of gaps along the row is a running maximum once the gaps' cost is taken off
    best -= ramp
    np.maximum.accumulate(best, out=best)
    best += ramp
    return best
