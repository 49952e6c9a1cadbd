"""The ``.npy`` format, read without pickles and without evaluating its header.

The format is documented under ``numpy.lib.format``. numpy's own reader evaluates the header as Python and
allocates what it claims; an array here is exactly as large as the data that is there.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MARK: Final = b"\x93NUMPY"

_MARK_BYTES: Final = 8
_LENGTH_BYTES: Final = {(1, 0): 2, (2, 0): 4, (3, 0): 4}
_LARGEST_HEADER: Final = 10_000
_DESCRIPTION: Final = re.compile(r"""['"]descr['"]\s*:\s*(['"])([<>|=]?)([a-zA-Z?])(\d{0,9})\1""")
_ORDER: Final = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE: Final = re.compile(r"""['"]shape['"]\s*:\s*\(([0-9L,\s-]*)\)""")
_KINDS: Final = "biufSU"
_MOST_AXES: Final = 32


def parse_npy(data: bytes | bytearray) -> NDArray[Any]:
    """The array of a ``.npy`` file; it shares the memory of ``data``.

    Raises:
        ValueError: it is damaged, or holds pickled objects, named columns, or neither numbers nor text.
    """
    version = (data[6], data[7]) if len(data) > _MARK_BYTES and data.startswith(MARK) else (0, 0)
    if version not in _LENGTH_BYTES:
        raise ValueError("it holds something that is not a numpy array")
    begin = _MARK_BYTES + _LENGTH_BYTES[version]
    length = int.from_bytes(data[_MARK_BYTES:begin], "little")
    if length > _LARGEST_HEADER or begin + length > len(data):
        raise ValueError("it holds an array with a damaged header")
    dtype, shape, fortran = _parse_header(bytes(data[begin : begin + length]).decode("latin1"))
    content = memoryview(data)[begin + length :]
    if math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError("it holds an array that is cut short or too long")
    flat: NDArray[Any] = np.frombuffer(content, dtype) if len(content) else np.empty(0, dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def _parse_header(text: str) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    kind, order, sizes = _DESCRIPTION.search(text), _ORDER.search(text), _SHAPE.search(text)
    if kind is None or order is None or sizes is None or kind[3] not in _KINDS:
        raise ValueError("it holds something else than arrays of numbers or text")
    try:
        dtype = np.dtype(f"{kind[2]}{kind[3]}{kind[4]}")
        shape = tuple(int(part.strip(" L\t\n")) for part in sizes[1].split(",") if part.strip())
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError("it holds an array with a damaged header") from error
    if len(shape) > _MOST_AXES or any(not 0 <= length < 2**62 for length in shape):
        raise ValueError("it holds an array of an impossible shape")
    return dtype, shape, order[1] == "True"
