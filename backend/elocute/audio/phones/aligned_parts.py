"""Alignment of a long text in parts that begin and end where recording and text surely meet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from elocute.audio.phones.ctc_alignment import AlignedPath, Emissions, Indices, Liberties, align
from elocute.audio.phones.meeting_points import MeetingPoint


def align_in_parts(
    emissions: Emissions,
    phones: Indices,
    word_starts: Indices,
    liberties: Liberties,
    meetings: Sequence[MeetingPoint],
) -> AlignedPath | None:
    """The best path through all ``meetings``: see :func:`~elocute.audio.phones.ctc_alignment.align`.

    Args:
        emissions: F frames.
        phones: (N,) column of ``emissions.kinds`` for each phone.
        word_starts: (W,) rising indices into ``phones``.
        liberties: what may be left out or put in.
        meetings: rising; ``word`` is an index into ``word_starts``, from 1 to W - 1.

    Returns:
        None where a part has fewer frames than its phones need.
    """
    edges = [(0, 0), *((point.frame, point.word) for point in meetings)]
    first: list[Indices] = []
    last: list[Indices] = []
    score = 0.0
    for (begin, word), (end, next_word) in pairwise([*edges, (len(emissions.blank), len(word_starts))]):
        start = int(word_starts[word])
        stop = int(word_starts[next_word]) if next_word < len(word_starts) else len(phones)
        part = slice(begin, end)
        cut = Emissions(emissions.kinds[part], emissions.blank[part], emissions.anything[part])
        path = align(cut, phones[start:stop], word_starts[word:next_word] - start, liberties)
        if path is None:
            return None
        first.append(np.where(path.kept, path.first + begin, -1))
        last.append(np.where(path.kept, path.last + begin, -1))
        score += path.score
    return AlignedPath(np.concatenate(first), np.concatenate(last), score)
