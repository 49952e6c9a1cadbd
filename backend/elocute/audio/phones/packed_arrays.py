"""Arrays in one file, as the package hama keeps its weights.

``HAMAPK``, a version, a kind and a count; for each array its name, type, shape, and where its bytes stand,
counted from the multiple of 16 behind the list.
"""

from __future__ import annotations

import math
import struct
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_MAGIC: Final = b"HAMAPK"
_VERSION: Final = 1
_HEADER: Final = struct.Struct("<6sBBI")
_LENGTH: Final = struct.Struct("<H")
_KIND: Final = struct.Struct("<BB")
_PLACE: Final = struct.Struct("<QQ")
_ALIGNED: Final = 16
_TYPES: Final = MappingProxyType({0: "<f4", 1: "<f2", 2: "<i8", 3: "<i4", 4: "u1"})


def read_packed_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """Each array by its name; they share the memory of ``data``.

    Raises:
        OSError: this is no such file, or it is damaged.
    """
    try:
        return _read(data)
    except (struct.error, UnicodeDecodeError, KeyError, ValueError) as error:
        raise OSError("the weights are damaged") from error


def _read(data: bytes) -> dict[str, NDArray[Any]]:
    magic, version, _, count = _HEADER.unpack_from(data)
    if magic != _MAGIC or version != _VERSION:
        raise ValueError("another format")
    place = _HEADER.size
    listed: list[tuple[str, np.dtype[Any], tuple[int, ...], int, int]] = []
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(data, place)
        place += _LENGTH.size
        name = data[place : place + length].decode("utf-8")
        code, dimensions = _KIND.unpack_from(data, place + length)
        place += length + _KIND.size
        shape = struct.unpack_from(f"<{dimensions}I", data, place)
        place += 4 * dimensions
        offset, size = _PLACE.unpack_from(data, place)
        place += _PLACE.size
        listed.append((name, np.dtype(_TYPES[code]), shape, offset, size))
    begin = -(-place // _ALIGNED) * _ALIGNED
    arrays: dict[str, NDArray[Any]] = {}
    for name, kind, shape, offset, size in listed:
        if math.prod(shape) * kind.itemsize != size or begin + offset + size > len(data):
            raise ValueError("cut short")
        arrays[name] = np.frombuffer(data, kind, math.prod(shape), begin + offset).reshape(shape)
    return arrays
