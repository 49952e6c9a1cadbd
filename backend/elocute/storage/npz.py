"""Read numpy's ``.npz`` and ``.npy`` files within bounds and without pickles. The one place that does so.

numpy's own ``load`` trusts what a file says of itself: an archive of a few kilobytes may unpack to
terabytes, and an array's header may claim a shape that its data does not have, which numpy allocates
first. Here both are compared with what is there before anything is read.
"""

from __future__ import annotations

import io
import math
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError

LARGEST: Final = 2**30
"""Bytes that the arrays of a file may have in all where nothing else is said."""

Arrays = dict[str, NDArray[Any]]

_ARRAY_MARK: Final = b"\x93NUMPY"
_SUFFIX: Final = ".npy"
_UNREADABLE: Final = (
    OSError,
    ValueError,
    EOFError,
    RuntimeError,  # an encrypted member; NotImplementedError: a compression zipfile does not know
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,  # from numpy's parser of array headers
)


@dataclass(frozen=True)
class NpzKind:
    """What a file should be, which words the errors about it.

    Attributes:
        damaged: the sentence where it cannot be read, with ``{path}`` and, if wanted, ``{reason}``.
        code: of that error.
        hint: what to do then.
        missing: the sentence where there is no such file, with ``{path}``.
        missing_hint: what to do then.
        largest: bytes that its arrays may have in all.
    """

    damaged: str
    code: str = "bad_input"
    hint: str = ""
    missing: str = "There is no file {path}."
    missing_hint: str = "Check its name and its folder."
    largest: int = LARGEST


def read_arrays(
    source: Path | bytes,
    kind: NpzKind,
    *,
    names: Collection[str] | None = None,
    bare: str | None = None,
    name: str | None = None,
) -> Arrays:
    """Read the arrays of an ``.npz``, or of a ``.npy``.

    Args:
        source: the file, or its content.
        kind: what it should be.
        names: read only these, where they are there; None reads all.
        bare: name under which the one array of a ``.npy`` comes back; None refuses such a file.
        name: what errors call the file; None for its path.

    Raises:
        InputError: the file is missing, damaged, has more bytes than ``kind.largest``, or holds pickled
            objects.
    """
    called = name or ("The data" if isinstance(source, bytes) else str(source))
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb") as stream:
            if bare is not None and _starts_with(stream, _ARRAY_MARK):
                return {bare: _read_bare(stream, kind.largest)}
            return _read_archive(stream, kind.largest, names)
    except _TooLarge as error:
        raise InputError(
            f"{called} is too large: its arrays have {error.size / 1e9:.3g} GB, "
            f"more than the {kind.largest / 1e9:.3g} GB that are allowed.",
            "Check that this is the right file.",
            code=kind.code,
        ) from error
    except FileNotFoundError as error:
        raise InputError(kind.missing.format(path=called), kind.missing_hint, code="missing_file") from error
    except _UNREADABLE as error:
        raise InputError(kind.damaged.format(path=called, reason=error), kind.hint, code=kind.code) from error


class _TooLarge(Exception):
    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def _starts_with(stream: IO[bytes], mark: bytes) -> bool:
    start = stream.read(len(mark))
    stream.seek(0)
    return start == mark


def _read_bare(stream: IO[bytes], largest: int) -> NDArray[Any]:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size > largest:
        raise _TooLarge(size)
    _check_header(stream, size)
    stream.seek(0)
    return _read_array(stream)


def _read_archive(stream: IO[bytes], largest: int, names: Collection[str] | None) -> Arrays:
    with zipfile.ZipFile(stream) as archive:
        members = {
            info.filename.removesuffix(_SUFFIX): info
            for info in archive.infolist()
            if info.filename.endswith(_SUFFIX)
        }
        wanted = {key: info for key, info in members.items() if names is None or key in names}
        # zipfile never unpacks more of a member than the directory declares.
        size = sum(info.file_size for info in wanted.values())
        if size > largest:
            raise _TooLarge(size)
        arrays: Arrays = {}
        for key, info in wanted.items():
            with archive.open(info) as member:
                _check_header(member, info.file_size)
            with archive.open(info) as member:
                arrays[key] = _read_array(member)
        return arrays


def _check_header(stream: IO[bytes], size: int) -> None:
    """Raise ValueError unless the array's header describes the data that follows it."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError("it holds an array of named columns")
    if dtype.hasobject:
        raise ValueError("it holds pickled objects")
    if any(length < 0 for length in shape) or stream.tell() + math.prod(shape) * dtype.itemsize != size:
        raise ValueError("it holds an array that is cut short or too long")


def _read_array(stream: IO[bytes]) -> NDArray[Any]:
    array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return array
