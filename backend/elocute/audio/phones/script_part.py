"""Which part of a very long text can be what is said in a recording, found in linear time.

Placing words takes time in proportion to the recording and to the text, which is too much for the script of a
film with one line of it, or for a hundred thousand characters of nothing. So where a text is many times
longer than what is heard, only its likeliest part is looked through: the one with most of the runs of three
sounds that were heard, rare runs counting more than frequent ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from elocute.audio.text.spoken_word import Pronunciation

_RUN: Final = 3
_TIMES_LONGER: Final = 8
_SPARE: Final = 2000
"""Sounds of a text that are always looked through."""
_WINDOW: Final = 2
"""How much longer than what is heard the part may be, for sounds that were not heard."""
_SHORTEST_WINDOW: Final = 300


def likely_part(heard: Sequence[str], words: Sequence[Pronunciation]) -> range:
    """Numbers of the words that are to be looked through; all of them unless the text is very long.

    Args:
        heard: ARPAbet phones of the sounds heard.
        words: the text.
    """
    ends = np.cumsum([len(word) for word in words])
    count = int(ends[-1]) if len(words) else 0
    if count <= _TIMES_LONGER * len(heard) + _SPARE:
        return range(len(words))
    labels = [phone.arpabet for word in words for phone in word]
    runs = [tuple(labels[place : place + _RUN]) for place in range(count - _RUN + 1)]
    often = Counter(runs)
    wanted = {tuple(heard[place : place + _RUN]) for place in range(len(heard) - _RUN + 1)}
    points = np.array([1.0 / often[run] if run in wanted else 0.0 for run in runs])
    width = max(_WINDOW * len(heard), _SHORTEST_WINDOW)
    total = np.concatenate(([0.0], np.cumsum(points)))
    starts = np.arange(len(total))
    best = int((total[np.minimum(starts + width, len(points))] - total).argmax())
    first = int(np.searchsorted(ends, max(best - width, 0), side="right"))
    last = int(np.searchsorted(ends, min(best + 2 * width, count), side="left"))
    return range(first, min(last + 1, len(words)))
