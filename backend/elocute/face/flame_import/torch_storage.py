"""Torch tensors inside a pickle, as numpy arrays, without torch.

A tensor that is pickled by itself holds its storage in torch's old file format: five pickles one
after the other (magic number, version, system, the storage, its key), then its bytes. Own code, because a
head is converted where torch need not be installed.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.storage.safe_pickle import Name, load_pickle

_STORAGES: Final = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
}
_PICKLES: Final = 5
_STORAGE_PICKLE: Final = 3


def torch_globals(source: str) -> dict[Name, Callable[..., Any]]:
    """Allow torch tensors; they come back as numpy arrays."""

    def storage(data: Any) -> NDArray[Any]:
        return _storage(bytes(data), source)

    def tensor(flat: Any, offset: Any, size: Any, stride: Any, *_: Any) -> NDArray[Any]:
        return _strided(flat, offset, size, stride)

    def ordered(*_: Any) -> dict[Any, Any]:
        return {}  # hooks of a tensor, always empty

    return {
        ("torch._utils", "_rebuild_tensor_v2"): tensor,
        ("torch.storage", "_load_from_bytes"): storage,
        ("collections", "OrderedDict"): ordered,
    }


def _storage(data: bytes, source: str) -> NDArray[Any]:
    stream = io.BytesIO(data)
    parts = []
    for _ in range(_PICKLES):
        start = stream.tell()
        for _operation in pickletools.genops(stream):
            pass  # reads up to the end of one pickle
        parts.append(data[start : stream.tell()])
    found: list[tuple[str, int]] = []

    def persistent(pid: Any) -> None:
        _, type_name, _, _, count = pid[:5]
        found.append((type_name(), int(count)))

    allowed: dict[Name, Callable[..., Any]] = {
        ("torch", name): (lambda name=name: name) for name in _STORAGES
    }
    load_pickle(parts[_STORAGE_PICKLE], allowed, source=source, persistent=persistent)
    (kind, count), *_ = found
    # The bytes are preceded by the number of elements.
    flat = np.frombuffer(data, _STORAGES[kind], offset=stream.tell() + 8)
    if len(flat) != count:
        raise ValueError(f"a tensor of {len(flat)} numbers that should have {count}")
    return flat


def _strided(flat: Any, offset: Any, size: Any, stride: Any) -> NDArray[Any]:
    """The numbers of a storage that a tensor shows, every index checked."""
    if not isinstance(flat, np.ndarray) or len(size) != len(stride):
        raise TypeError("a tensor without a storage")
    if np.prod([int(n) for n in size], dtype=np.float64) > len(flat):
        raise ValueError("a tensor larger than its storage")
    index = np.array(int(offset))
    for length, step in zip(size, stride, strict=True):
        index = index[..., None] + np.arange(int(length)) * int(step)
    if index.size and index.min() < 0:
        raise ValueError("a tensor that reaches before its storage")
    shown: NDArray[Any] = flat[index]
    return shown
