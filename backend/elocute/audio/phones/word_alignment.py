"""Words of a text placed in what a phone recogniser heard, and how far the text can be believed.

A text may hold more than is said (the script of a scene, given with one line of it) or less (a word, a
sentence). So the words are aligned twice: strictly, and with the liberty to leave out words and to let
stretches of speech be without text, at a price. Which of the two is right is decided for each stretch,
by how much better the sounds heard are explained.

The cost of phones is how much less likely the path through them is than the best path without any text,
in natural logarithms. Measured per phone over 26 recordings and nine ways to spoil them: 0.04 to 1.4
with the exact text in noise, music and on the telephone, up to 2.1 with echoes or at twice the speed,
2.2 and more with another text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phones.aligned_parts import align_in_parts
from elocute.audio.phones.ctc_alignment import AlignedPath, Liberties, align
from elocute.audio.phones.heard_symbols import HeardSymbol, Hearing
from elocute.audio.phones.lips_of_symbols import arpabet_of_symbol
from elocute.audio.phones.meeting_points import MeetingPoint, meeting_points
from elocute.audio.phones.script_part import likely_part
from elocute.audio.text.spoken_word import Pronunciation, SpokenPhone, SpokenWord

Indices = NDArray[np.int64]

_FREE: Final = Liberties(jump=25.0, filler=3.0, short_jump=(6.0, 1.5))
_LEAST_GAIN: Final = 6.0
_GAIN_PER_PHONE: Final = 1.0
_COST_OF_UNSPOKEN: Final = 4.0
"""Strict cost per phone from which a left-out word was really not said: said ones cost less."""
_COST_OF_A_STRANGER: Final = 7.0
_HIGHEST_COST: Final = 1.95
_SURE_COST: Final = 1.0
_CERTAIN_COST: Final = 0.6
"""Up to here a few words may be all that the text has of what is said."""
_FEWEST_SURE_PHONES: Final = 8
_LEAST_EXPLAINED: Final = 0.4
_MOST_EXPLAINED: Final = 0.8
"""Share of the sounds that must belong to words of the text, from the certain to the highest cost: a few
words of another text, or of a translation, can be found in anything."""
_LEAST_IN_COMMON: Final = 0.5
"""A text holds more than is said, or less; one that does both has but a few words in common with it."""
_OTHER_PRONUNCIATION: Final = 1.5
"""Price of a pronunciation other than the likeliest."""
_FEWEST_UNTOLD: Final = 4
"""Sounds in a row without text that are not put down to the recogniser."""
_SHORTEST_UNTOLD: Final = 0.25
_LEAST_PROBABILITY: Final = 0.35


@dataclass(frozen=True)
class PlacedWord:
    """A word that was found.

    Attributes:
        index: which of the words.
        pronunciation: the one that was heard.
        first: (n,) frame in which each phone appears.
        last: (n,) the frame after its last.
        cost: per phone, see the module.
    """

    index: int
    pronunciation: Pronunciation
    first: Indices
    last: Indices
    cost: float


@dataclass(frozen=True)
class WordAlignment:
    """A text in a recording.

    Attributes:
        words: those that were found, in order.
        left_out: indices of words that were not said.
        untold: (first, end) frames of stretches in which something is said that the text lacks.
        cost: mean per phone of the words found.
        explained: share of the sounds heard that belong to words found.
    """

    words: tuple[PlacedWord, ...]
    left_out: tuple[int, ...]
    untold: tuple[tuple[int, int], ...]
    cost: float
    explained: float

    @property
    def fits(self) -> bool:
        """Whether text and sound belong together."""
        if not self.words or self.cost > _HIGHEST_COST:
            return False
        said = len(self.words) / (len(self.words) + len(self.left_out))
        if max(said, self.explained) < _LEAST_IN_COMMON:
            return False
        phones = sum(len(word.pronunciation) for word in self.words)
        if self.cost <= _CERTAIN_COST and phones >= _FEWEST_SURE_PHONES:
            return True
        dear = (self.cost - _CERTAIN_COST) / (_HIGHEST_COST - _CERTAIN_COST)
        return self.explained >= _LEAST_EXPLAINED + (_MOST_EXPLAINED - _LEAST_EXPLAINED) * max(dear, 0.0)


def place_words(hearing: Hearing, words: Sequence[SpokenWord]) -> WordAlignment | None:
    """Find ``words`` in what was heard.

    Returns:
        None where none of the words can be pronounced or nothing was heard.
    """
    spoken = [(index, word.pronunciations) for index, word in enumerate(words) if word.pronunciations]
    if not spoken or not hearing.frames:
        return None
    sounds = hearing.heard()
    heard = [label for symbol in sounds for label in arpabet_of_symbol(symbol.symbol)]
    likely = likely_part(heard, [ways[0] for _, ways in spoken])
    words_looked_through = [(spoken[number][0], spoken[number][1][0]) for number in likely]
    meetings = tuple(
        replace(point, word=words_looked_through[point.word][0])
        for point in meeting_points(sounds, [way for _, way in words_looked_through], hearing.posteriors.step)
    )
    text = _Text(hearing, words_looked_through, meetings)
    kept, liberties = _words_said(text)
    if not kept:
        return WordAlignment((), tuple(index for index, _ in spoken), (), np.inf, 0.0)
    ways = dict(spoken)
    chosen = text.only(kept)
    path = chosen.path(liberties)
    if path is None:
        return None
    better = [(index, _likeliest(hearing, ways[index], span)) for index, span in chosen.surroundings(path)]
    final = _Text(hearing, better, meetings)
    path = final.path(liberties) or path
    placed = final.placed(path)
    doubted = _surely_unsaid(placed)
    if doubted:
        final = _Text(hearing, [pair for pair in better if pair[0] not in doubted], meetings)
        path = final.path(liberties)
        placed = final.placed(path) if path is not None else placed
    said = {word.index for word in placed}
    untold, explained = _untold(hearing, placed)
    phones = sum(len(word.pronunciation) for word in placed)
    cost = sum(word.cost * len(word.pronunciation) for word in placed) / max(phones, 1)
    left_out = tuple(index for index, _ in spoken if index not in said)
    return WordAlignment(tuple(placed), left_out, untold, cost, explained)


def _surely_unsaid(placed: Sequence[PlacedWord]) -> set[int]:
    """Words that cost so much more than the others that they were hardly said."""
    dear = {word.index for word in placed if word.cost >= _COST_OF_A_STRANGER}
    others = [word.cost for word in placed if word.index not in dear]
    return dear if others and float(np.mean(others)) <= _SURE_COST else set()


def _words_said(text: _Text) -> tuple[list[int], Liberties]:
    """Which of the words were said, and whether there is speech that the text lacks."""
    everything = list(range(len(text.words)))
    strict = text.path(Liberties())
    free = text.path(_FREE)
    if free is None:
        return (everything if strict is not None else []), Liberties()
    dropped = [number for number in everything if not free.kept[text.slices[number]].all()]
    if strict is not None:
        lost = sum(len(text.words[number][1]) for number in dropped)
        if free.score - strict.score < _LEAST_GAIN + _GAIN_PER_PHONE * lost:
            return everything, Liberties()
        costs = text.costs(strict)
        dropped = [
            number
            for run in _runs(dropped)
            if text.mean_cost(costs, run) >= _COST_OF_UNSPOKEN
            for number in run
        ]
    kept = sorted(set(everything) - set(dropped))
    return kept, Liberties(filler=_FREE.filler)


class _Text:
    """Words with one pronunciation each, and the emissions of their phones.

    Args:
        hearing: the recording.
        words: index and pronunciation, in order.
        meetings: where recording and text are cut, by index.
    """

    def __init__(
        self,
        hearing: Hearing,
        words: Sequence[tuple[int, Pronunciation]],
        meetings: Sequence[MeetingPoint] = (),
    ) -> None:
        self.words = list(words)
        self._hearing = hearing
        self._meetings = meetings
        self._cuts = _cuts([index for index, _ in words], meetings)
        phones: list[SpokenPhone] = [phone for _, pronunciation in words for phone in pronunciation]
        kinds = sorted({phone.ipa for phone in phones})
        numbers = {ipa: number for number, ipa in enumerate(kinds)}
        self._columns = np.array([numbers[phone.ipa] for phone in phones], np.int64)
        self.emissions = hearing.emissions(kinds)
        lengths = np.array([len(pronunciation) for _, pronunciation in words], np.int64)
        ends = np.cumsum(lengths)
        self._starts = ends - lengths
        self.slices = [slice(int(start), int(end)) for start, end in zip(self._starts, ends, strict=True)]

    def only(self, numbers: Sequence[int]) -> _Text:
        """Some of the words."""
        return _Text(self._hearing, [self.words[number] for number in numbers], self._meetings)

    def path(self, liberties: Liberties) -> AlignedPath | None:
        return align_in_parts(self.emissions, self._columns, self._starts, liberties, self._cuts)

    def costs(self, path: AlignedPath) -> NDArray[np.float64]:
        """(N,) cost of each phone in the frames from its first to the next one's first; 0 where left out."""
        frames = self._hearing.frames
        best = np.maximum(self.emissions.blank, self.emissions.anything)
        silent = np.concatenate(([0.0], np.cumsum(best - self.emissions.blank, dtype=np.float64)))
        costs = np.zeros(len(self._columns))
        kept = np.flatnonzero(path.kept)
        starts = set(self._starts.tolist())
        for place, number in enumerate(kept):
            first, last = int(path.first[number]), int(path.last[number])
            until = int(path.first[kept[place + 1]]) if place + 1 < len(kept) else frames
            own = best[first:last] - self.emissions.kinds[first:last, self._columns[number]]
            inside_word = place + 1 < len(kept) and int(kept[place + 1]) not in starts
            costs[number] = float(own.sum()) + (silent[until] - silent[last] if inside_word else 0.0)
        return costs

    def mean_cost(self, costs: NDArray[np.float64], numbers: Sequence[int]) -> float:
        """Mean per phone over some words."""
        return float(np.concatenate([costs[self.slices[number]] for number in numbers]).mean())

    def surroundings(self, path: AlignedPath) -> list[tuple[int, tuple[int, int]]]:
        """For each word found its index and the frames between its neighbours."""
        found = [number for number in range(len(self.words)) if path.kept[self.slices[number]].all()]
        spans = []
        for place, number in enumerate(found):
            begin = int(path.last[self.slices[found[place - 1]].stop - 1]) if place else 0
            after = self.slices[found[place + 1]].start if place + 1 < len(found) else None
            end = int(path.first[after]) if after is not None else self._hearing.frames
            spans.append((self.words[number][0], (begin, end)))
        return spans

    def placed(self, path: AlignedPath) -> list[PlacedWord]:
        costs = self.costs(path)
        return [
            PlacedWord(index, pronunciation, path.first[part], path.last[part], float(costs[part].mean()))
            for (index, pronunciation), part in zip(self.words, self.slices, strict=True)
            if path.kept[part].all()
        ]


def _cuts(indices: Sequence[int], meetings: Sequence[MeetingPoint]) -> list[MeetingPoint]:
    """Meeting points by the number of a word among those that are left; no two at the same word."""
    cuts: list[MeetingPoint] = []
    for point in meetings:
        word = bisect_left(indices, point.word)
        if (cuts[-1].word if cuts else 0) < word < len(indices):
            cuts.append(replace(point, word=word))
    return cuts


def _likeliest(hearing: Hearing, ways: Sequence[Pronunciation], span: tuple[int, int]) -> Pronunciation:
    """The pronunciation of a word that fits best what is heard in some frames."""
    if len(ways) == 1:
        return ways[0]
    kinds = sorted({phone.ipa for way in ways for phone in way})
    cut = hearing.emissions(kinds, *span)
    start = np.zeros(1, np.int64)
    best, best_score = ways[0], -np.inf
    for number, way in enumerate(ways):
        path = align(cut, np.array([kinds.index(phone.ipa) for phone in way]), start)
        score = -np.inf if path is None else path.score - (_OTHER_PRONUNCIATION if number else 0.0)
        if score > best_score:
            best, best_score = way, score
    return best


def _untold(hearing: Hearing, placed: Sequence[PlacedWord]) -> tuple[tuple[tuple[int, int], ...], float]:
    """Stretches with sounds that no word explains, and the share of all sounds that words explain."""
    heard = [symbol for symbol in hearing.heard() if symbol.probability >= _LEAST_PROBABILITY]
    spans = [(int(word.first[0]), int(word.last[-1])) for word in placed]
    inside = np.zeros(hearing.frames + 1, bool)
    for first, last in spans:
        inside[max(first - 1, 0) : last + 1] = True
    stretches: list[tuple[int, int]] = []
    run: list[HeardSymbol] = []
    for symbol in [*heard, None]:
        if symbol is not None and not inside[symbol.first] and (not run or _same_gap(spans, run[-1], symbol)):
            run.append(symbol)
            continue
        long = run and (run[-1].last - run[0].first) * hearing.posteriors.step >= _SHORTEST_UNTOLD
        if len(run) >= _FEWEST_UNTOLD and long:
            stretches.append((run[0].first, run[-1].last))
        run = [symbol] if symbol is not None and not inside[symbol.first] else []
    explained = sum(bool(inside[symbol.first]) for symbol in heard) / max(len(heard), 1)
    return tuple(stretches), explained


def _same_gap(spans: Sequence[tuple[int, int]], one: HeardSymbol, other: HeardSymbol) -> bool:
    """True where no word lies between two sounds."""
    place = bisect_right(spans, one.first, key=lambda span: span[0])
    return place == len(spans) or spans[place][0] >= other.first


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Runs of consecutive numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs
