"""Known phones placed in the output of a CTC recogniser: the exact best path, in linear memory.

The recogniser says for every frame how likely each symbol is, or *blank* for "nothing new" (Graves et
al. 2006, "Connectionist temporal classification"). The path goes through the phones in order; a blank
may stand before and after each, and must stand between two equal ones. Two liberties can be allowed,
each at a price:

* *jump*: from the end of a word to the start of any later one, so that a text may hold more than is said;
* *filler*: between words, whatever the recogniser hears, so that more may be said than the text holds.

The best path is found by dynamic programming (Viterbi 1967). Where its table would be large, only the
state in which the best path to each state crossed the middle frame is carried along, and the two halves
are solved by themselves (Hirschberg 1975): twice the time, memory linear in frames and in phones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Indices = NDArray[np.int64]

_IMPOSSIBLE: Final = np.float32(-1e30)
_TABLE_CELLS: Final = 4_000_000
"""Cells of the table of steps that are held at once: bytes."""
_NEXT, _SKIP, _JUMP = 1, 2, 3
_SHORTEST_PIECE: Final = 3
_NOWHERE: Final[Indices] = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Liberties:
    """What a path may leave out or put in; natural logarithms of probability.

    Attributes:
        jump: highest price of leaving out words, however many; None where none may be left out.
        short_jump: price of leaving out few words: a fixed part, and one for each of their phones; None
            where it is always the highest.
        filler: price of a frame of speech that is not in the text; None where there is none.
    """

    jump: float | None = None
    filler: float | None = None
    short_jump: tuple[float, float] | None = None

    def price(self, phones: Indices) -> FloatArray:
        """Price of leaving out words of so many phones, 0 for none."""
        highest = np.float32(np.inf if self.jump is None else self.jump)
        prices = np.full(len(phones), highest, np.float32)
        if self.short_jump is not None:
            fixed, each = self.short_jump
            prices = np.minimum(prices, (fixed + each * phones).astype(np.float32))
        return np.where(phones > 0, prices, np.float32(0.0))


@dataclass(frozen=True)
class AlignedPath:
    """Where the phones were found.

    Attributes:
        first: (N,) frame in which each phone starts to be said, -1 for one that was left out.
        last: (N,) the frame after its last, -1 likewise.
        score: log probability of the path, prices included.
    """

    first: Indices
    last: Indices
    score: float

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(N,) false for phones that were left out."""
        return self.first >= 0


@dataclass(frozen=True)
class Emissions:
    """How likely each frame is to be what.

    Attributes:
        kinds: (F, K) log probability of each kind of phone.
        blank: (F,) of nothing new.
        anything: (F,) of the likeliest symbol other than blank.
    """

    kinds: FloatArray
    blank: FloatArray
    anything: FloatArray


def align(
    emissions: Emissions, phones: Indices, word_starts: Indices, liberties: Liberties | None = None
) -> AlignedPath | None:
    """Place ``phones`` in the frames.

    Args:
        emissions: F frames.
        phones: (N,) column of ``emissions.kinds`` for each phone, N at least 1.
        word_starts: (W,) rising indices into ``phones``, the first of them 0.
        liberties: what may be left out or put in; by default nothing.

    Returns:
        None where there are fewer frames than the phones need.
    """
    liberties = liberties or Liberties()
    states = _States.of(phones, word_starts, liberties)
    frames = len(emissions.blank)
    needed = len(phones) + int(np.count_nonzero(phones[1:] == phones[:-1]))
    if frames == 0 or (liberties.jump is None and frames < needed):
        return None
    lattice = _Lattice(emissions, states)
    path = np.empty(frames, np.int64)
    lattice.solve(path)
    first = np.full(len(phones), -1, np.int64)
    last = np.full(len(phones), -1, np.int64)
    spoken = np.flatnonzero(path % 2 == 1)
    unit = path[spoken] // 2
    last[unit] = spoken + 1  # the last assignment to an index stays
    first[unit[::-1]] = spoken[::-1]
    return AlignedPath(first, last, lattice.score)


@dataclass(frozen=True)
class _States:
    """Blank, phone, blank, phone ... blank: 2 N + 1 states.

    Attributes:
        columns: (N,) column of each phone.
        may_skip: (N,) whether a phone may follow the one before it without a blank.
        gaps: states of the blanks between words, before the first and behind the last.
        liberties: prices.
    """

    columns: Indices
    may_skip: NDArray[np.bool_]
    gaps: Indices
    liberties: Liberties

    @classmethod
    def of(cls, phones: Indices, word_starts: Indices, liberties: Liberties) -> _States:
        differs = np.ones(len(phones), bool)
        differs[1:] = phones[1:] != phones[:-1]
        differs[0] = False
        gaps = np.concatenate([2 * np.asarray(word_starts, np.int64), [2 * len(phones)]])
        return cls(np.asarray(phones, np.int64), differs, gaps, liberties)

    @property
    def count(self) -> int:
        return 2 * len(self.columns) + 1


class _Window:
    """The states from ``low`` to ``high``; everything about them counts from ``low``."""

    def __init__(self, states: _States, low: int, high: int) -> None:
        self.low, self.high = low, high
        self.width = high - low + 1
        self.odd = 1 - low % 2
        first = (low + self.odd) // 2
        count = (high - low - self.odd) // 2 + 1 if self.width > self.odd else 0
        self.columns = states.columns[first : first + count]
        # where the phone before lies in the window too, it may be followed without a blank
        self.skip_from = self.odd + 2
        self.may_skip = states.may_skip[first + 1 : first + count]
        gaps = states.gaps
        self.gaps: Indices = gaps[(gaps >= low) & (gaps <= high)] - low
        self.gap_number = {int(gap): number for number, gap in enumerate(self.gaps)}


class _Lattice:
    """The dynamic programming over frames and states."""

    def __init__(self, emissions: Emissions, states: _States) -> None:
        self._emissions = emissions
        self._states = states
        filler = states.liberties.filler
        self._in_gap = emissions.blank
        if filler is not None:
            self._in_gap = np.maximum(emissions.blank, emissions.anything - np.float32(filler))
        self.score = 0.0

    def solve(self, path: Indices) -> None:
        """Write the state of every frame into ``path``."""
        pieces = [(0, len(path), _Window(self._states, 0, self._states.count - 1), -1, -1)]
        while pieces:
            begin, end, window, entry, leave = pieces.pop()
            if (end - begin) * window.width <= _TABLE_CELLS or end - begin < _SHORTEST_PIECE:
                path[begin:end] = self._direct(begin, end, window, entry, leave)
                continue
            middle = (begin + end) // 2
            final, origin = self._forward(begin, end, window, entry, middle)
            last = leave if leave >= 0 else self._best_end(final)
            crossing = int(origin[last - window.low])
            before = _Window(self._states, window.low, crossing)
            after = _Window(self._states, crossing, last)
            pieces.append((begin, middle + 1, before, entry, crossing))
            pieces.append((middle + 1, end, after, crossing, last))

    def _best_end(self, values: FloatArray) -> int:
        """The likeliest state of the last frame; remembers the score."""
        ends = np.full(len(values), _IMPOSSIBLE, np.float32)
        jump = self._states.liberties.jump
        if jump is not None:
            gaps = self._states.gaps
            word_ends = gaps[gaps > 0] - 1
            price = self._states.liberties.price((self._states.count - 1 - gaps) // 2)
            ends[gaps] = values[gaps] - price
            ends[word_ends] = values[word_ends] - price[gaps > 0]
        ends[-2:] = values[-2:]
        last = int(ends.argmax())
        self.score = float(ends[last])
        return last

    def _start(self, begin: int, window: _Window, entry: int) -> FloatArray:
        """Scores in the first frame of a piece that is entered from state ``entry`` (-1: nowhere)."""
        values = np.full(window.width, _IMPOSSIBLE, np.float32)
        if entry >= 0:
            values[entry - window.low] = 0.0
            return self._step(values, begin, window)[0]
        jump = self._states.liberties.jump
        if jump is not None:
            price = self._states.liberties.price((window.gaps + window.low) // 2)
            values[window.gaps] = -price
            inside = window.gaps + 1 < window.width
            values[window.gaps[inside] + 1] = -price[inside]
        values[:2] = 0.0
        return values + self._emitted(begin, window)

    def _emitted(self, frame: int, window: _Window) -> FloatArray:
        out = np.full(window.width, self._emissions.blank[frame], np.float32)
        out[window.gaps] = self._in_gap[frame]
        out[window.odd :: 2] = self._emissions.kinds[frame, window.columns]
        return out

    def _step(
        self, values: FloatArray, frame: int, window: _Window
    ) -> tuple[FloatArray, NDArray[np.int8], Indices]:
        """One frame on: scores, the step that led to each state, and from where a jump to each gap came."""
        best = values.copy()
        how = np.zeros(window.width, np.int8)
        better = values[:-1] > best[1:]
        best[1:][better] = values[:-1][better]
        how[1:][better] = _NEXT
        if len(window.may_skip):
            source = values[window.odd : -2 : 2]
            target = best[window.skip_from :: 2]
            better = (source > target) & window.may_skip
            target[better] = source[better]
            how[window.skip_from :: 2][better] = _SKIP
        origin = _NOWHERE
        if self._states.liberties.jump is not None and len(window.gaps) > 1:
            origin = self._jump(values, best, how, window)
        return best + self._emitted(frame, window), how, origin

    def _jump(self, values: FloatArray, best: FloatArray, how: NDArray[np.int8], window: _Window) -> Indices:
        """Leave out words: from a gap, or the phone before it, to any later gap. Changes best and how."""
        gaps = window.gaps
        ended = np.where(gaps > 0, values[gaps - 1], _IMPOSSIBLE)
        leaving = np.maximum(values[gaps], ended)
        liberties = self._states.liberties
        arrived, holder = _highest_before(leaving)
        arrived -= np.float32(liberties.jump or 0.0)
        if liberties.short_jump is not None:
            fixed, each = liberties.short_jump
            # the price of phones is a slope, which is taken off while the highest is looked for
            slope = (each * (gaps // 2)).astype(np.float32)
            near, near_holder = _highest_before(leaving + slope)
            near -= slope[1:] + np.float32(fixed)
            holder = np.where(near > arrived, near_holder, holder)
            arrived = np.maximum(near, arrived)
        later = gaps[1:]
        better = arrived > best[later]
        best[later[better]] = arrived[better]
        how[later[better]] = _JUMP
        origin = np.zeros(len(gaps), np.int64)
        origin[1:] = gaps[holder] - (ended[holder] > values[gaps[holder]])
        return origin

    def _direct(self, begin: int, end: int, window: _Window, entry: int, leave: int) -> Indices:
        """The path through a piece, with a table of all its steps."""
        how = np.zeros((end - begin, window.width), np.int8)
        jumps = [_NOWHERE] * (end - begin)
        values = self._start(begin, window, entry)
        for place in range(1, end - begin):
            values, how[place], jumps[place] = self._step(values, begin + place, window)
        state = (leave if leave >= 0 else self._best_end(values)) - window.low
        path = np.empty(end - begin, np.int64)
        for place in range(end - begin - 1, -1, -1):
            path[place] = window.low + state
            step = int(how[place, state])
            state = int(jumps[place][window.gap_number[state]]) if step == _JUMP else state - step
        return path

    def _forward(
        self, begin: int, end: int, window: _Window, entry: int, middle: int
    ) -> tuple[FloatArray, Indices]:
        """Scores in the last frame of a piece, and the state in which each path was in frame ``middle``."""
        values = self._start(begin, window, entry)
        crossed = np.arange(window.low, window.high + 1)
        index = np.arange(window.width)
        for frame in range(begin + 1, end):
            values, how, jumps = self._step(values, frame, window)
            if frame <= middle:
                continue
            source = index - np.minimum(how, _SKIP)
            if len(jumps):
                jumped = how[window.gaps] == _JUMP
                source[window.gaps[jumped]] = jumps[jumped]
            crossed = crossed[source]
        return values, crossed


def _highest_before(values: FloatArray) -> tuple[FloatArray, Indices]:
    """(n - 1,) the highest value before each but the first, and where it is."""
    running = np.maximum.accumulate(values)
    places = np.maximum.accumulate(np.where(values >= running, np.arange(len(values)), 0))
    return running[:-1].copy(), places[:-1]
