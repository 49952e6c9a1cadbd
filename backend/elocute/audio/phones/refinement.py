"""Edges of phones that were placed by spikes, made exact by pocketsphinx where it agrees.

pocketsphinx models every 10 ms of a phone and so knows its edges better than a recogniser that only says
that it has heard it; but in noise, and with voices unlike those it knows, it puts whole words elsewhere.
So its edges are taken for the words in which every phone is where the recogniser has heard it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from elocute.audio.phone import SILENCE
from elocute.audio.phones.chunks import MAX_CHUNK_SECONDS, prepare_for_decoder
from elocute.audio.phones.listening import Heard
from elocute.audio.phones.phone_edges import BRIEF, Spike, expected_span
from elocute.audio.phones.pool import PhonePool
from elocute.audio.phones.processes import Request
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.progress import Progress

_AGREE: Final = 0.04
"""Seconds by which the middle of a phone, as expected from its spike, may lie outside the edges."""
_MARGIN: Final = 0.25
_LEAST_GAP: Final = 0.04
_SHORTEST: Final = 0.015

Segment = tuple[int, float, float]


@dataclass(frozen=True)
class _Piece:
    """Consecutive groups that are aligned at once: their numbers, and seconds."""

    groups: range
    start: float
    end: float


def refine(
    heard: Heard,
    spikes: Sequence[Spike],
    groups: Sequence[range],
    segments: Sequence[Segment],
    pool: PhonePool,
    progress: Progress,
    report: Callable[[float], None],
) -> list[Segment]:
    """Segments with better edges.

    Args:
        heard: the recording.
        spikes: its phones.
        groups: which of them are a word, rising, all of them.
        segments: contiguous; index of the spike, or -1 for silence; start and end.
        pool: processes of pocketsphinx.
        progress: may be cancelled.
        report: told the share that is done.

    Raises:
        PhoneProcessDied: the processes died.
        Cancelled: ``progress`` was cancelled.
    """
    spans = {index: (start, end) for index, start, end in segments if index >= 0}
    pieces = _pieces(groups, spans, heard.seconds)
    if not pieces:
        return list(segments)
    samples = prepare_for_decoder(heard.samples)
    requests = [_request(samples, piece, spikes, groups) for piece in pieces]
    better = dict(spans)
    for piece, reply in zip(pieces, pool.map(requests, progress, report), strict=True):
        better |= _agreed(reply, piece, spikes, groups)
    return _contiguous(better, heard.seconds)


def _pieces(groups: Sequence[range], spans: dict[int, tuple[float, float]], seconds: float) -> list[_Piece]:
    """Groups in pieces of at most :data:`MAX_CHUNK_SECONDS`, cut at the widest gap within reach."""
    whole = [group for group in groups if all(index in spans for index in group) and len(group)]
    if len(whole) < len(groups) or not groups:
        return []
    starts = [spans[group[0]][0] for group in groups]
    ends = [spans[group[-1]][1] for group in groups]
    pieces: list[_Piece] = []
    first = 0
    while first < len(groups):
        last = first
        while last + 1 < len(groups) and ends[last + 1] - starts[first] <= MAX_CHUNK_SECONDS - 2 * _MARGIN:
            last += 1
        if last + 1 < len(groups) and last > first:
            middle = (first + last) // 2
            last = max(range(middle, last + 1), key=lambda number: starts[number + 1] - ends[number])
        before = ends[first - 1] if first else 0.0
        after = starts[last + 1] if last + 1 < len(groups) else seconds
        start = max(starts[first] - _MARGIN, min((before + starts[first]) / 2, starts[first]), 0.0)
        end = min(ends[last] + _MARGIN, max((after + ends[last]) / 2, ends[last]), seconds)
        pieces.append(_Piece(range(first, last + 1), start, end))
        first = last + 1
    return pieces


def _request(samples: Any, piece: _Piece, spikes: Sequence[Spike], groups: Sequence[range]) -> Request:
    """Place the phones of a piece; the decoder may hear a pause between groups."""
    cut = samples[round(piece.start * SAMPLE_RATE) : round(piece.end * SAMPLE_RATE)]
    labels = [[spikes[index].label for index in groups[number]] for number in piece.groups]
    return Request("place", cut, {"groups": labels})


def _agreed(
    reply: dict[str, Any], piece: _Piece, spikes: Sequence[Spike], groups: Sequence[range]
) -> dict[int, tuple[float, float]]:
    """Spans of the phones in words that both agree on."""
    indices = [index for number in piece.groups for index in groups[number]]
    spoken = [phone for phone in reply["phones"] or () if phone[0] != SILENCE]
    if [phone[0] for phone in spoken] != [spikes[index].label for index in indices]:
        return {}
    found = {
        index: (piece.start + start, piece.start + end)
        for index, (_, start, end) in zip(indices, spoken, strict=True)
    }
    agreed: dict[int, tuple[float, float]] = {}
    for number in piece.groups:
        if all(_near(found[index], spikes[index]) for index in groups[number]):
            agreed |= {index: _not_too_early(found[index], spikes[index]) for index in groups[number]}
    return agreed


def _near(span: tuple[float, float], spike: Spike) -> bool:
    start, end = expected_span(spike)
    middle = (start + end) / 2
    return span[0] - _AGREE <= middle <= span[1] + _AGREE


def _not_too_early(span: tuple[float, float], spike: Spike) -> tuple[float, float]:
    """A sound that nobody holds begins near its spike: the aligner gives it the breath before it, too."""
    if spike.label not in BRIEF:
        return span
    return max(span[0], min(expected_span(spike)[0] - _AGREE, span[1] - _SHORTEST)), span[1]


def _contiguous(spans: dict[int, tuple[float, float]], seconds: float) -> list[Segment]:
    """Spans in order, without overlaps; gaps are silence, small ones belong to the phone before."""
    segments: list[Segment] = []
    end = 0.0
    for index in sorted(spans):
        start, stop = spans[index]
        if start < end and segments and segments[-1][0] >= 0:
            # the phone before was placed too late: it gives way as far as it can
            start = max(start, segments[-1][1] + _SHORTEST)
            segments[-1] = (segments[-1][0], segments[-1][1], min(start, end))
            end = segments[-1][2]
        start = max(start, end)
        if start - end > _LEAST_GAP:
            segments.append((-1, end, start))
        elif segments and segments[-1][0] >= 0:
            segments[-1] = (segments[-1][0], segments[-1][1], start)
        else:
            start = end
        stop = min(max(stop, start + _SHORTEST), seconds)
        if stop > start:
            segments.append((index, start, stop))
            end = stop
    if seconds - end > 1e-6:
        segments.append((-1, end, seconds))
    return segments
