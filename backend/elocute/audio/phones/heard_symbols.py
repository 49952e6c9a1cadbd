"""What a phone recogniser's output says: how likely each phone is in each frame, and what is heard at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import ARPABET
from elocute.audio.phones.ctc_alignment import Emissions
from elocute.audio.phones.lips_of_symbols import CLOSED, arpabet_of_symbol, lip_class
from elocute.audio.phones.posteriors import Posteriors
from elocute.audio.phones.symbols import is_sound, prices_of

FloatArray = NDArray[np.float32]

_ALL: Final = slice(None)
_BLOCK: Final = 2000
"""Frames whose symbols are looked at together: 40 s."""

_LEAST: Final = np.float32(-11.0)
"""Least log probability of a known phone: the recogniser's certainty that it is wrong is no certainty."""

LEAST_CLOSED_IN_NOISE: Final = 0.3
"""Probability of shut lips under which a P, B or M that is heard in noise by sound alone is not believed; in
clean sound and over a telephone most of those are there, too."""


@dataclass(frozen=True)
class HeardSymbol:
    """A symbol that the recogniser emitted.

    Attributes:
        symbol: IPA.
        first: frame in which it appears.
        last: the frame after its last.
        probability: the highest in these frames.
        lips: how likely lips like these are, whichever of their sounds it was.
    """

    symbol: str
    first: int
    last: int
    probability: float
    lips: float


class Hearing:
    """Log probabilities of blanks, sounds and phones, computed once for a recording.

    Args:
        posteriors: of the recording.
        least_closed: probability from which a sound that shuts the lips is believed.
    """

    def __init__(self, posteriors: Posteriors, least_closed: float = 0.0) -> None:
        self.posteriors = posteriors
        self._least_closed = least_closed
        log_probs = posteriors.log_probs
        kinds = _columns(posteriors.symbols, posteriors.blank)
        self.blank: FloatArray = np.empty(len(log_probs), np.float32)
        self.anything: FloatArray = np.empty(len(log_probs), np.float32)
        for first in range(0, len(log_probs), _BLOCK):
            part = slice(first, first + _BLOCK)
            rows = log_probs[part].astype(np.float32)
            self.blank[part] = np.logaddexp.reduce(rows[:, kinds.silent], axis=1)
            self.anything[part] = rows[:, kinds.sounds].max(axis=1)
        self._sounds = kinds.sounds
        self._classes: dict[str, FloatArray] = {}
        self._kinds: dict[str, FloatArray] = {}
        self._lip_columns = kinds.lips

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.blank)

    def part(self, first: int, end: int) -> Hearing:
        """What was heard in some frames."""
        posteriors = self.posteriors
        return Hearing(replace(posteriors, log_probs=posteriors.log_probs[first:end]), self._least_closed)

    def emissions(self, sounds: Sequence[str], first: int = 0, end: int | None = None) -> Emissions:
        """Log probability of each of ``sounds`` (IPA) in some frames, counting whatever may stand for it."""
        part = slice(first, self.frames if end is None else end)
        columns = [self.likelihood(sound)[part] for sound in sounds]
        kinds = np.stack(columns, axis=1) if columns else np.zeros((len(self.blank[part]), 0), np.float32)
        return Emissions(kinds, np.maximum(self.blank[part], _LEAST), self.anything[part])

    def likelihood(self, sound: str) -> FloatArray:
        """(F,) log probability of a sound (IPA), counting whatever may stand for it; not to be changed."""
        if sound not in self._kinds:
            self._kinds[sound] = self._kind(sound)
        return self._kinds[sound]

    def _kind(self, sound: str) -> FloatArray:
        total = np.full(self.frames, _LEAST, np.float32)
        for column, price in prices_of(sound, self.posteriors.symbols):
            total = np.logaddexp(total, self.log_probs(_ALL, column) - np.float32(price))
        return total

    def lips(self, arpabet: str) -> FloatArray:
        """(F,) probability of any sound with the lips of an ARPAbet phone."""
        wanted = lip_class(arpabet)
        if wanted not in self._classes:
            columns = self._lip_columns[wanted]
            self._classes[wanted] = self._summed(columns)
        return self._classes[wanted]

    def lip_names(self) -> tuple[str, ...]:
        """Names of the classes of phones with the same lips."""
        return tuple(self._lip_columns)

    def lip_columns(self) -> tuple[NDArray[np.int64], ...]:
        """The columns of the sounds of each class."""
        return tuple(self._lip_columns.values())

    def lip_probabilities(self) -> FloatArray:
        """(F, classes) probability of any sound of each class."""
        return np.stack([self._summed(own) for own in self.lip_columns()], axis=1)

    def _summed(self, columns: NDArray[np.int64]) -> FloatArray:
        """(F,) probability of any of some symbols."""
        summed: FloatArray = np.exp(self.log_probs(_ALL, columns)).sum(axis=1, dtype=np.float32)
        return summed

    def log_probs(self, part: slice, columns: NDArray[np.int64] | int | slice = _ALL) -> FloatArray:
        """(f, S) natural logarithms of probability in some frames; of all symbols, or of some.

        They are kept in half the size, so that a long recording does not lie here twice: not to be changed.
        """
        return self.posteriors.log_probs[part][:, columns].astype(np.float32)

    def heard(self, first: int = 0, end: int | None = None) -> list[HeardSymbol]:
        """The likeliest symbol of every frame, repeats and blanks taken out."""
        end = self.frames if end is None else end
        likeliest = self.posteriors.log_probs[first:end][:, self._sounds].argmax(axis=1)
        best = np.where(self.anything[first:end] > self.blank[first:end], likeliest, -1)
        edges = np.flatnonzero(np.diff(best, prepend=-2, append=-2))
        found = []
        for begin, finish in pairwise(edges):
            if best[begin] < 0:
                continue
            column = int(self._sounds[best[begin]])
            symbol = self.posteriors.symbols[column]
            span = slice(first + int(begin), first + int(finish))
            arpabet = arpabet_of_symbol(symbol)[0]
            found.append(
                HeardSymbol(
                    symbol,
                    span.start,
                    span.stop,
                    float(np.exp(self.log_probs(span, column).max())),
                    float(min(self.lips(arpabet)[span].max(), 1.0)),
                )
            )
        return found

    def surely_closed(self, symbol: HeardSymbol) -> HeardSymbol:
        """The sound itself, or the likeliest other one where it shuts the lips and is not likely enough."""
        closed = self._lip_columns[CLOSED]
        if symbol.lips >= self._least_closed or self.posteriors.symbols.index(symbol.symbol) not in closed:
            return symbol
        span = slice(symbol.first, symbol.last)
        others = np.setdiff1d(self._sounds, closed)
        column = int(others[self.log_probs(span, others).max(axis=0).argmax()])
        other = self.posteriors.symbols[column]
        lips = float(min(self.lips(arpabet_of_symbol(other)[0])[span].max(), 1.0))
        probability = float(np.exp(self.log_probs(span, column).max()))
        return replace(symbol, symbol=other, probability=probability, lips=lips)


@dataclass(frozen=True)
class _Columns:
    silent: NDArray[np.int64]
    sounds: NDArray[np.int64]
    lips: dict[str, NDArray[np.int64]]


@lru_cache(maxsize=4)
def _columns(symbols: tuple[str, ...], blank: int) -> _Columns:
    sounds = [
        column
        for column, symbol in enumerate(symbols)
        if column != blank and is_sound(symbol) and arpabet_of_symbol(symbol)
    ]
    silent = [column for column in range(len(symbols)) if column not in set(sounds)]
    classes: dict[str, list[int]] = {lip_class(label): [] for label in ARPABET}
    for column in sounds:
        classes[lip_class(arpabet_of_symbol(symbols[column])[0])].append(column)
    return _Columns(
        np.array(silent), np.array(sounds), {name: np.array(each, np.int64) for name, each in classes.items()}
    )
