"""A clip through a pipe, in parts as they are made: each with its length in four bytes before it, then 0.

The points of the clip's head may come before them, as a part like the others.
The pipe stays open while the clip plays; whoever closes it wants silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from elocute.errors import Cancelled, InputError
from elocute.exchange.head_points import HeadPoints, read_head_points
from elocute.motion.clip import MotionClip

_LENGTH: Final = 4
_LARGEST: Final = 2**28


def read_parts(stream: BinaryIO) -> Iterator[MotionClip]:
    """Yield clips until the length 0.

    Raises:
        InputError: a part is no clip, or larger than one can be.
        Cancelled: the pipe was closed before the clip's end.
    """
    while part := _part(stream):
        yield MotionClip.load(part)


def read_head(stream: BinaryIO) -> HeadPoints:
    """The points of a head, which come before the first part.

    Raises:
        InputError: they are something else.
        Cancelled: the pipe was closed before their end.
    """
    return read_head_points(_part(stream))


def _part(stream: BinaryIO) -> bytes:
    size = int.from_bytes(_exactly(stream, _LENGTH), "big")
    if size > _LARGEST:
        raise InputError("A part is larger than a clip can be.", code="bad_clip")
    return _exactly(stream, size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = stream.read(size - len(data))
        if not piece:
            raise Cancelled
        data += piece
    return data
