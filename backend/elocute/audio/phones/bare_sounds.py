"""The sounds that are heard without any words, by the lips that they have.

A recogniser that is not sure which sound it hears, P, B or M, may still be sure of the lips: it shares its
probability among them, and each alone is less likely than that nothing new is said. So lips are decided
first, by the probability of all sounds that have them, and then which of these sounds it was. In languages
and voices that it knows little the recogniser also says too often that nothing new is said.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phones.heard_symbols import HeardSymbol, Hearing
from elocute.audio.phones.lips_of_symbols import CLOSED

FloatArray = NDArray[np.float32]

_SOUND_BEFORE_NOTHING: Final = 1.5
"""How much likelier nothing new must be than some lips: lips of a few more frames in a hundred are right."""
_AROUND: Final = 1
"""Frames before and after a sound in which its lips are heard, too."""


def bare_sounds(hearing: Hearing, first: int, end: int) -> list[HeardSymbol]:
    """The sounds of some frames, in order; in place of a closure that is too unlikely the likeliest other."""
    part = slice(first, end)
    likely = hearing.lip_probabilities()[part]
    silent = np.exp(hearing.blank[part])
    lips = np.where(_SOUND_BEFORE_NOTHING * likely.max(axis=1) > silent, likely.argmax(axis=1), -1)
    columns = np.full(len(lips), -1)
    for number, own in enumerate(hearing.lip_columns()):
        at = np.flatnonzero(lips == number)
        columns[at] = own[hearing.log_probs(part, own)[at].argmax(axis=1)] if len(at) else -1
    # one closure, whichever of its sounds each of its frames is likest to
    closed = hearing.lip_names().index(CLOSED)
    kinds = np.where(lips == closed, -2, columns)
    found = []
    for begin, stop in pairwise(np.flatnonzero(np.diff(kinds, prepend=-3, append=-3))):
        if columns[begin] >= 0:
            span = slice(int(begin), int(stop))
            probable = _at_all(likely[max(span.start - _AROUND, 0) : span.stop + _AROUND, lips[begin]])
            here = slice(first + span.start, first + span.stop)
            best = hearing.log_probs(here, columns[span]).diagonal()
            column = int(columns[span][best.argmax()])
            symbol = HeardSymbol(
                hearing.posteriors.symbols[column],
                first + span.start,
                first + span.stop,
                float(np.exp(best.max())),
                probable,
            )
            found.append(hearing.surely_closed(symbol))
    return found


def _at_all(probabilities: FloatArray) -> float:
    """Probability that something is heard in any of some frames."""
    return float(1.0 - np.prod(1.0 - np.minimum(probabilities.astype(np.float64), 1.0)))
