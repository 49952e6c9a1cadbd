"""Matrices of numbers from a MATLAB file of version 5 to 7, by their names; nothing else of it is read.

The format is MathWorks' published one: after 128 bytes of header follow elements, each with its type and size
in bytes; a compressed element holds another one. Sizes are compared before anything is unpacked.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError, missing_file
from elocute.storage.guard import guarded

_HEADER: Final = 128
_LITTLE: Final = b"IM"
_MATRIX, _COMPRESSED = 14, 15
_HEAD_BYTES: Final = 1024
"""Of an unpacked matrix: its flags, dimensions and name lie within, or it is none that is wanted."""
_COMPLEX: Final = 0x0800
_KINDS: Final[Mapping[int, str]] = {
    1: "<i1", 2: "<u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8",
}  # fmt: skip
_CLASSES: Final = frozenset(range(6, 16))
"""Arrays of numbers, no cells, structures, texts or sparse ones."""


def read_matrices(path: Path, wanted: Mapping[str, int]) -> dict[str, NDArray[Any]]:
    """The matrices that a file holds of those that are wanted.

    Args:
        path: the file.
        wanted: name -> how many numbers it may have at most.

    Raises:
        InputError: the file is missing, damaged, of another kind or version, or a matrix is larger.
    """
    if not path.is_file():
        raise missing_file(path)
    with guarded(lambda reason: _damaged(path, reason)):
        content = memoryview(path.read_bytes())
        if bytes(content[:4]) == b"\x89HDF" or bytes(content[:10]) == b"MATLAB 7.3":
            raise InputError(
                f"{path} is a MATLAB file of version 7.3.", "Save it as version 7.", code="bad_face"
            )
        if len(content) <= _HEADER or bytes(content[126:128]) != _LITTLE:
            raise ValueError("it is no MATLAB file")
        found = {}
        for kind, data in _elements(content[_HEADER:]):
            matrix = _matrix(kind, data, wanted)
            if matrix is not None:
                found[matrix[0]] = matrix[1]
        return found


def _damaged(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} cannot be read as a MATLAB file: {reason}.", "Choose BFM_model_front.mat.", code="bad_face"
    )


def _elements(content: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Type and data of each element that follows another."""
    place = 0
    while place + 8 <= len(content):
        first, size = np.frombuffer(content[place : place + 8], "<u4").tolist()
        if first >> 16:  # a short one, with its data in the place of its size
            yield first & 0xFFFF, content[place + 4 : place + 4 + min(first >> 16, 4)]
            place += 8
            continue
        if size > len(content) - place - 8:
            raise ValueError("it ends too early")
        yield first, content[place + 8 : place + 8 + size]
        place += 8 + (size if first == _COMPRESSED else -(-size // 8) * 8)


def _matrix(kind: int, data: memoryview, wanted: Mapping[str, int]) -> tuple[str, NDArray[Any]] | None:
    """Name and numbers of a matrix that is wanted."""
    if kind == _COMPRESSED:
        head = zlib.decompressobj().decompress(data, _HEAD_BYTES)
        if (described := _described(memoryview(head)[8:], whole=False)) is None:
            return None
        name, shape = described
        if name not in wanted:
            return None
        _check_size(name, shape, wanted)
        most = 8 * math.prod(shape) + _HEAD_BYTES
        unpacked = memoryview(zlib.decompressobj().decompress(data, most))
        (kind, data) = next(_elements(unpacked), (0, memoryview(b"")))
    if kind != _MATRIX or (described := _described(data, whole=True)) is None or described[0] not in wanted:
        return None
    name, shape = described
    _check_size(name, shape, wanted)
    parts = list(_elements(data))
    number, numbers = parts[3]
    if number not in _KINDS:
        raise ValueError(f"{name} holds no numbers")
    values: NDArray[Any] = np.frombuffer(numbers, _KINDS[number])
    return name, values.reshape(shape, order="F")


def _described(data: memoryview, *, whole: bool) -> tuple[str, tuple[int, ...]] | None:
    """Name and shape of a matrix of real numbers; None of anything else."""
    parts: list[memoryview] = []
    try:
        for _, part in _elements(data):
            parts.append(part)
            if len(parts) == 3:
                break
    except ValueError:
        if whole:
            raise
    if len(parts) < 3 or len(parts[0]) < 8:
        return None
    flags = int(np.frombuffer(parts[0][:4], "<u4")[0])
    if flags & 0xFF not in _CLASSES or flags & _COMPLEX:
        return None
    shape = tuple(int(size) for size in np.frombuffer(parts[1], "<i4"))
    return bytes(parts[2]).decode("ascii", "replace"), shape


def _check_size(name: str, shape: tuple[int, ...], wanted: Mapping[str, int]) -> None:
    if min(shape, default=0) < 1 or math.prod(shape) > wanted[name]:
        raise ValueError(f"{name} has the impossible size {' x '.join(map(str, shape))}")
