"""Which words of a long transcript are spoken in which chunk of a long recording."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_MATCH = 2
_GAP = -1
_MISMATCH = -1


def match_words(script: Sequence[str], heard: Sequence[str]) -> list[int | None]:
    """For each word of ``script`` the index of the word of ``heard`` that it is, or None.

    Global alignment (Needleman and Wunsch 1970), a row at a time: O(n m) time, 2 n m bytes. Only equal
    words count as matched; the result rises strictly.
    """
    n, m = len(script), len(heard)
    matched: list[int | None] = [None] * n
    if not n or not m:
        return matched
    numbers: dict[str, int] = {}
    left = np.array([numbers.setdefault(word, len(numbers)) for word in script])
    right = np.array([numbers.setdefault(word, len(numbers)) for word in heard])
    ramp = np.arange(m + 1) * _GAP
    scores = np.empty((n + 1, m + 1), np.int16)
    scores[0] = ramp
    for row in range(n):
        diagonal = scores[row, :-1] + np.where(right == left[row], _MATCH, _MISMATCH)
        best = np.empty(m + 1, np.int64)
        best[0] = (row + 1) * _GAP
        best[1:] = np.maximum(diagonal, scores[row, 1:] + _GAP)
        # a run of gaps along the row is a running maximum once the gaps' cost is taken off
        scores[row + 1] = np.maximum.accumulate(best - ramp) + ramp
    row, column = n, m
    while row and column:
        same = left[row - 1] == right[column - 1]
        if scores[row, column] == scores[row - 1, column - 1] + (_MATCH if same else _MISMATCH):
            row, column = row - 1, column - 1
            if same:
                matched[row] = column
        elif scores[row, column] == scores[row - 1, column] + _GAP:
            row -= 1
        else:
            column -= 1
    return matched


def estimate_word_times(
    script: Sequence[str],
    heard: Sequence[tuple[str, float, float]],
    speech_clock: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(n,) estimated middle of each word of ``script``, seconds from the recording's start.

    Matched words take the time they were heard at. The others are spread between their matched neighbours
    in proportion to their length, over the time with speech.

    Args:
        script: the transcript's words.
        heard: words heard with start and end, in order.
        speech_clock: seconds of speech before each 10 ms step, one more than there are steps.
    """
    steps = np.arange(len(speech_clock)) * 0.01
    # a faint slope keeps the clock invertible in pauses
    clock = speech_clock + steps * 1e-6
    matched = match_words(script, [word for word, _, _ in heard])
    lengths = np.array([len(word) + 1.0 for word in script])
    middles = np.cumsum(lengths) - lengths / 2
    known_at = [0.0]
    known_clock = [0.0]
    for index, other in enumerate(matched):
        if other is not None:
            _, start, end = heard[other]
            known_at.append(float(middles[index]))
            known_clock.append(float(np.interp((start + end) / 2, steps, clock)))
    known_at.append(float(lengths.sum()))
    known_clock.append(float(clock[-1]))
    spoken = np.interp(middles, known_at, known_clock)
    return np.asarray(np.interp(spoken, clock, steps))


def share_out(times: NDArray[np.float64], chunk_ends: Sequence[float]) -> list[slice]:
    """For each chunk the slice of words whose (rising) estimated times lie in it."""
    edges = np.searchsorted(times, np.asarray(chunk_ends[:-1]))
    bounds = [0, *(int(edge) for edge in edges), len(times)]
    return [slice(first, last) for first, last in pairwise(bounds)]
