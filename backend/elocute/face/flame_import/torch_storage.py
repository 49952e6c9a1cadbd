"""Torch tensors inside a pickle, as numpy arrays, without torch.

A tensor that is pickled by itself holds its storage in torch's old file format: five pickles one
after the other (magic number, version, system, the storage, its key), then its bytes. Own code, because a
head is converted where torch need not be installed.
"""

from __future__ import annotations

import io
import math
import pickletools
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.storage.safe_pickle import Allowance, Name, load_pickle

_STORAGES: Final = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
}
_PICKLES: Final = 5
_MOST_AXES: Final = 32
_STORAGE_PICKLE: Final = 3


def torch_globals(source: str, allowance: Allowance) -> dict[Name, Callable[..., Any]]:
    """Allow torch tensors; they come back as numpy arrays that share the bytes of their storage.

    Args:
        source: file name for error messages.
        allowance: of the file that the pickle is part of.
    """

    def storage(data: Any) -> NDArray[Any]:
        return _storage(data, source, allowance)

    def tensor(flat: Any, offset: Any, size: Any, stride: Any, *_: Any) -> NDArray[Any]:
        return _strided(flat, offset, size, stride)

    def ordered(*_: Any) -> dict[Any, Any]:
        return {}  # hooks of a tensor, always empty

    return {
        ("torch._utils", "_rebuild_tensor_v2"): tensor,
        ("torch.storage", "_load_from_bytes"): storage,
        ("collections", "OrderedDict"): ordered,
    }


def _storage(data: bytes, source: str, allowance: Allowance) -> NDArray[Any]:
    stream = io.BytesIO(data)
    parts = []
    for _ in range(_PICKLES):
        start = stream.tell()
        for _operation in pickletools.genops(stream):
            allowance.operation()
        allowance.copy(stream.tell() - start)
        parts.append(data[start : stream.tell()])
    found: list[tuple[str, int]] = []

    def persistent(pid: Any) -> None:
        _, type_name, _, _, count = pid[:5]
        if not callable(type_name):
            raise TypeError("a storage without a type")
        found.append((type_name(), int(count)))

    allowed: dict[Name, Callable[..., Any]] = {
        ("torch", name): (lambda name=name: name) for name in _STORAGES
    }
    load_pickle(parts[_STORAGE_PICKLE], allowed, source=source, persistent=persistent, allowance=allowance)
    (kind, count), *_ = found
    # The bytes are preceded by the number of elements.
    flat = np.frombuffer(data, _STORAGES[kind], offset=stream.tell() + 8)
    if len(flat) != count:
        raise ValueError(f"a tensor of {len(flat)} numbers that should have {count}")
    return flat


def _strided(flat: Any, offset: Any, size: Any, stride: Any) -> NDArray[Any]:
    """The numbers of a storage that a tensor shows, checked that all of them are in it."""
    if not isinstance(flat, np.ndarray) or flat.ndim != 1 or len(size) != len(stride):
        raise TypeError("a tensor without a storage")
    begin, lengths, steps = int(offset), [int(n) for n in size], [int(n) for n in stride]
    if min([begin, *lengths, *steps]) < 0 or len(lengths) > _MOST_AXES:
        raise ValueError("a tensor of impossible shape")
    last = begin + sum((n - 1) * step for n, step in zip(lengths, steps, strict=True))
    if math.prod(lengths) > len(flat) or (0 not in lengths and last >= len(flat)):
        raise ValueError("a tensor that reaches past its storage")
    if 0 in lengths:
        return np.zeros(lengths, flat.dtype)
    return np.lib.stride_tricks.as_strided(
        flat[begin:], lengths, [step * flat.itemsize for step in steps], writeable=False
    )
