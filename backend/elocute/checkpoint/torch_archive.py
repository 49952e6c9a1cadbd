"""Read a ``torch.save`` file without torch.load: the zip with zipfile, its pickle with an allow-list.

``torch.load(weights_only=True)`` does not serve for files of strangers: published checkpoints hold
``argparse.Namespace`` and paths, which it would have to be told to construct, and it bounds no sizes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from elocute.errors import InputError, missing_file, named
from elocute.storage.file_kind import EMPTY, START, ZIP, recognised
from elocute.storage.guard import guarded
from elocute.storage.safe_pickle import Name, load_pickle, namespace_globals
from elocute.storage.zip_members import TooLarge, allowed_bytes, check_sizes, opened, read_member

LARGEST_ARCHIVE: Final = 8 * 1024**3
"""Unpacked bytes of tensors that we are willing to read from one file."""
_CODE: Final = "bad_checkpoint"
_CHOOSE: Final = "Choose the .pt file that the official training wrote."

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
    with guarded(lambda reason: _unreadable(path, reason)):
        try:
            with opened(path) as stream:
                _refuse_other_kinds(path, stream.read(START))
                stream.seek(0)
                allowed = allowed_bytes(stream, LARGEST_ARCHIVE)
                with zipfile.ZipFile(stream) as archive:
                    return _Reader(archive, str(path), allowed).load()
        except TooLarge as error:
            raise InputError(f"{path} is too large when unpacked: {error}.", code=_CODE) from error
        except FileNotFoundError as error:
            raise missing_file(path) from error
        except IsADirectoryError as error:
            raise InputError(f"{path} is a folder, not a checkpoint file.", code=_CODE) from error


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} is not a PyTorch checkpoint, or it is truncated ({reason}).",
        "Download the file again and compare its size.",
        code=_CODE,
    )


def _refuse_other_kinds(path: Path, start: bytes) -> None:
    found = recognised(start)
    if found not in (None, ZIP, EMPTY):
        raise InputError(
            f"{path} is not a PyTorch checkpoint: it is {found.words}.", found.hint or _CHOOSE, code=_CODE
        )


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, source: str, allowed: int) -> None:
        self._archive = archive
        self._source = source
        self._storages: dict[str, Tensor] = {}
        self._allowed_bytes = allowed
        self._copied = 0

    def load(self) -> Any:
        names = self._archive.namelist()
        pickles = [name for name in names if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            arrays = any(name.endswith(".npy") for name in names)
            what = "it is an .npz of numpy arrays" if arrays else "it contains no data.pkl"
            raise InputError(f"{self._source} is not a PyTorch checkpoint: {what}.", _CHOOSE, code=_CODE)
        self._root = pickles[0].removesuffix("data.pkl")
        check_sizes(self._archive.infolist(), self._allowed_bytes)
        order = self._record("byteorder") if self._root + "byteorder" in names else b"little"
        if order != b"little":
            raise InputError(f"{self._source} was written in another byte order.", code=_CODE)
        return load_pickle(
            bytes(self._record("data.pkl")), self._allowed(), source=self._source, persistent=self._storage
        )

    def _allowed(self) -> dict[Name, Callable[..., Any]]:
        allowed = namespace_globals()
        # Closures made for this load: what the pickle may do to them ends with it.
        for name in _STORAGES:
            allowed["torch", name] = _storage_token(name)

        def rebuild_tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Tensor:
            view = _view(storage, offset, size, stride)
            self._copied += view.nbytes
            if self._copied > self._allowed_bytes:
                raise ValueError("tensors that share their numbers too often")
            return view.clone()

        def rebuild_parameter(data: Any, *_: Any) -> Any:
            return data

        allowed["torch._utils", "_rebuild_tensor_v2"] = rebuild_tensor
        allowed["torch._utils", "_rebuild_parameter"] = rebuild_parameter
        return allowed

    def _storage(self, pid: Any) -> Tensor:
        kind, storage_type, key, _location, count = pid
        named_right = isinstance(kind, str) and kind == "storage" and isinstance(key, str) and key.isalnum()
        if not named_right or not isinstance(count, int) or not callable(storage_type):
            raise ValueError("a storage with an invalid name")
        dtype = _STORAGES[storage_type.storage_name]
        if key not in self._storages:
            raw = self._record(f"data/{key}", count * dtype.itemsize)
            self._storages[key] = torch.frombuffer(raw, dtype=dtype) if raw else torch.empty(0, dtype=dtype)
        elif self._storages[key].dtype != dtype or self._storages[key].numel() != count:
            raise ValueError(f"storage {key} is used with two types")
        return self._storages[key]

    def _record(self, name: str, size: int | None = None) -> bytearray:
        try:
            info = self._archive.getinfo(self._root + name)
        except KeyError:
            raise InputError(f"{self._source} has no entry {named(name)}.", code=_CODE) from None
        if size is not None and info.file_size != size:
            raise ValueError(f"storage {name} holds {info.file_size} bytes, not {size}")
        return read_member(self._archive, info)


def _storage_token(name: str) -> Callable[..., Any]:
    def token(*_: Any) -> None:
        raise ValueError("a storage type is not a function")

    token.storage_name = name  # type: ignore[attr-defined]
    return token


def _view(storage: Any, offset: Any, size: Any, stride: Any) -> Tensor:
    """The part of ``storage`` that offset, size and stride name (checked)."""
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
    return torch.as_strided(storage, tuple(size), tuple(stride), offset)
