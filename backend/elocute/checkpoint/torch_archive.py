"""Read a ``torch.save`` file without torch.load: the zip with zipfile, its pickle with an allow-list.

``torch.load(weights_only=True)`` does not serve for files of strangers: published checkpoints hold
``argparse.Namespace`` and paths, which it would have to be told to construct, and it bounds no sizes.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from elocute.errors import InputError, missing_file
from elocute.storage.safe_pickle import Name, load_pickle, namespace_globals

LARGEST_ARCHIVE: Final = 8 * 1024**3
"""Unpacked bytes of tensors that we are willing to read from one file."""

_STORAGES: Final[dict[str, torch.dtype]] = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


def read_torch_archive(path: Path) -> Any:
    """Return what ``torch.save`` wrote to ``path``, tensors as tensors, nothing executed.

    ``argparse.Namespace`` objects come back as :class:`~elocute.storage.safe_pickle.Shell`, paths
    as strings. Stored and deflated archives are read.

    Raises:
        InputError: the file is missing, truncated, not such an archive, or its pickle asks for
            anything but tensors, dictionaries, options and paths.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _Reader(archive, str(path)).load()
    except FileNotFoundError as error:
        raise missing_file(path) from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder, not a checkpoint file.", code="bad_checkpoint") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, OSError) as error:
        raise InputError(
            f"{path} is not a PyTorch checkpoint, or it is truncated ({error}).",
            "Download the file again and compare its size.",
            code="bad_checkpoint",
        ) from error


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, source: str) -> None:
        self._archive = archive
        self._source = source
        self._storages: dict[str, Tensor] = {}
        self._bytes_left = LARGEST_ARCHIVE

    def load(self) -> Any:
        pickles = [name for name in self._archive.namelist() if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise InputError(
                f"{self._source} is not a PyTorch checkpoint: it contains no data.pkl.",
                "Choose the .pt file that the official training wrote.",
                code="bad_checkpoint",
            )
        self._root = pickles[0].removesuffix("data.pkl")
        if (order := self._optional("byteorder")) not in (None, b"little"):
            raise InputError(f"{self._source} was written in {order!r} byte order.", code="bad_checkpoint")
        return load_pickle(
            self._record("data.pkl"), self._allowed(), source=self._source, persistent=self._storage
        )

    def _allowed(self) -> dict[Name, Callable[..., Any]]:
        allowed = namespace_globals()
        # Closures made for this load: what the pickle may do to them ends with it.
        for name in _STORAGES:
            allowed["torch", name] = _storage_token(name)

        def rebuild_tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Tensor:
            return _view(storage, offset, size, stride)

        def rebuild_parameter(data: Any, *_: Any) -> Any:
            return data

        allowed["torch._utils", "_rebuild_tensor_v2"] = rebuild_tensor
        allowed["torch._utils", "_rebuild_parameter"] = rebuild_parameter
        return allowed

    def _storage(self, pid: Any) -> Tensor:
        kind, storage_type, key, _location, count = pid
        dtype = _STORAGES[storage_type.storage_name]
        if kind != "storage" or not isinstance(key, str) or not key.isalnum() or not isinstance(count, int):
            raise ValueError("a storage with an invalid name")
        if key not in self._storages:
            raw = self._record(f"data/{key}")
            if len(raw) != count * dtype.itemsize:
                raise ValueError(f"storage {key} holds {len(raw)} bytes, not {count * dtype.itemsize}")
            self._storages[key] = (
                torch.frombuffer(bytearray(raw), dtype=dtype) if raw else torch.empty(0, dtype=dtype)
            )
        elif self._storages[key].dtype != dtype or self._storages[key].numel() != count:
            raise ValueError(f"storage {key} is used with two types")
        return self._storages[key]

    def _record(self, name: str) -> bytes:
        try:
            info = self._archive.getinfo(self._root + name)
        except KeyError:
            raise InputError(f"{self._source} has no entry {name}.", code="bad_checkpoint") from None
        self._bytes_left -= info.file_size
        if self._bytes_left < 0:
            raise InputError(f"{self._source} is too large when unpacked.", code="bad_checkpoint")
        return self._archive.read(info)

    def _optional(self, name: str) -> bytes | None:
        return self._record(name) if self._root + name in self._archive.namelist() else None


def _storage_token(name: str) -> Callable[..., Any]:
    def token(*_: Any) -> None:
        raise ValueError("a storage type is not a function")

    token.storage_name = name  # type: ignore[attr-defined]
    return token


def _view(storage: Any, offset: Any, size: Any, stride: Any) -> Tensor:
    """A contiguous copy of the part of ``storage`` that offset, size and stride name (checked)."""
    if not isinstance(storage, Tensor):
        raise TypeError("a tensor without a storage")
    numbers = (offset, *size, *stride)
    if any(not isinstance(n, int) or isinstance(n, bool) or n < 0 for n in numbers) or len(size) != len(
        stride
    ):
        raise ValueError("a tensor of impossible shape")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if 0 not in size and last >= storage.numel():
        raise ValueError("a tensor that reaches past its storage")
    elements = 1
    for n in size:
        elements *= n
    if elements > storage.numel():
        raise ValueError("a tensor larger than its storage")  # stride 0 would blow it up
    return torch.as_strided(storage, tuple(size), tuple(stride), offset).clone()
