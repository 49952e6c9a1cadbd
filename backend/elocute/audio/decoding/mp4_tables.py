"""How many samples the tables of an mp4 file speak of, before FFmpeg makes room for all of them.

The tables are run-length coded: a few bytes can stand for thousands of millions of samples.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

import numpy as np

_OUTER: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"})
_RUNS: Final = frozenset({b"stts", b"ctts"})
_COUNT_AT: Final = {b"stsz": 8, b"stz2": 8, b"trun": 4}
_MOST_BOXES = 200_000
_DEEPEST = 8
_LARGEST_TABLE = 16 * 1024 * 1024
_ALWAYS_FINE = 2_000_000
"""Samples for which there is always room: 12 hours of AAC."""


def has_room_for_its_samples(stream: BinaryIO) -> bool:
    """False for an mp4 file whose tables speak of more samples than the file has bytes."""
    size = stream.seek(0, 2)
    stream.seek(4)
    if stream.read(4) not in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp", b"moof"}:
        return True
    most = max(size, _ALWAYS_FINE)
    fragments = 0
    for name, begin, length in _boxes(stream, size):
        count = _samples(stream, name, begin, length)
        fragments += count if name == b"trun" else 0
        if count > most or fragments > most:
            return False
    return True


def _boxes(stream: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, first byte, length) of the content of all boxes, those inside others too."""
    open_until = [size]
    place = 0
    for _ in range(_MOST_BOXES):
        while place + 8 > open_until[-1]:
            place = open_until.pop()
            if not open_until:
                return
        stream.seek(place)
        head = stream.read(16)
        if len(head) < 8:
            return
        length, name = struct.unpack_from(">I4s", head)
        width = 8
        if length == 1 and len(head) == 16:
            length, width = struct.unpack_from(">Q", head, 8)[0], 16
        end = min(place + length, open_until[-1]) if length >= width else open_until[-1]
        yield name, place + width, end - place - width
        if name in _OUTER and len(open_until) < _DEEPEST:
            open_until.append(end)
            place += width
        else:
            place = end


def _samples(stream: BinaryIO, name: bytes, begin: int, length: int) -> int:
    """Samples that one table speaks of."""
    if name in _COUNT_AT:
        stream.seek(begin + _COUNT_AT[name])
        told = stream.read(4)
        return int(struct.unpack(">I", told)[0]) if len(told) == 4 else 0
    if name not in _RUNS:
        return 0
    stream.seek(begin + 8)
    table = stream.read(min(max(length - 8, 0), _LARGEST_TABLE))
    counts = np.frombuffer(table[: len(table) // 8 * 8], ">u4")[::2]
    return int(counts.sum(dtype=np.uint64))
