"""Read ``.npz`` and ``.npy`` files within bounds and without pickles, with errors a user understands.

numpy's own ``load`` trusts what a file says of itself. Here the sizes that an archive declares are compared
with what a file of its size can hold before anything is unpacked, and nothing but arrays or one UserError
comes out. The backend has a reader of its own: the add-on runs in Blender's Python and cannot import it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

from numpy.typing import NDArray

from ..errors import UserError
from .npy import MARK, parse_npy

Arrays = dict[str, NDArray[Any]]

LARGEST: Final = 2**28
"""Bytes that the arrays of a file may have in all."""
ALWAYS_ALLOWED: Final = 2**26
"""Bytes that any archive may unpack to."""
MOST_PACKED: Final = 16
"""Times its own size that a larger archive may unpack to. Numbers of a motion hardly pack at all."""

_SUFFIX: Final = ".npy"
_ENCRYPTED: Final = 0x1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LARGEST_READ: Final = 2**23
_SLICE: Final = 2**20
_START: Final = 512
ADVICE: Final = "Choose an .npz that Elocute wrote."


def read_arrays(
    source: Path | str | bytes, what: str, *, bare: str | None = None, advice: str = ADVICE
) -> tuple[Arrays, str]:
    """Read every array of an ``.npz`` given as a path or as its bytes, or the one of a ``.npy``.

    Args:
        source: the file's path, or its content.
        what: what the file should be, for the error's sentence (``a motion clip``).
        bare: name under which the array of a ``.npy`` comes back; None refuses such a file.
        advice: what helps, where it is none.

    Returns:
        The arrays by name, and the name to use for the source in later sentences.

    Raises:
        UserError: the file is missing, unreadable, damaged, too large, or no such archive.
    """
    name = "The received data" if isinstance(source, bytes) else str(source)
    with guarded(f"{name} is not {what}", advice):
        try:
            return _read(source, bare), name
        except FileNotFoundError as error:
            raise UserError(f"There is no file {name}.", "Check the path.") from error
        except IsADirectoryError as error:
            raise UserError(f"{name} is a folder.", "Choose an .npz file.") from error
        except PermissionError as error:
            raise UserError(
                f"{name} cannot be read: permission denied.", "Check the file's permissions."
            ) from error


@contextmanager
def guarded(sentence: str, hint: str) -> Iterator[None]:
    """Turn whatever goes wrong in the block into one UserError.

    Readers check what they read; what no check foresaw must not end as an internal error either.

    Args:
        sentence: what is wrong, without its full stop; the reason is added where there is one.
        hint: what to do.

    Raises:
        UserError: the block failed.
    """
    try:
        yield
    except UserError:
        raise
    except KeyError as error:
        raise UserError(f"{sentence}: it lacks {error.args[0]}.", hint) from error
    except RecursionError as error:
        raise UserError(f"{sentence}: it is nested too deeply.", hint) from error
    except ValueError as error:
        raise UserError(f"{sentence}: {error}.", hint) from error
    except Exception as error:
        raise UserError(f"{sentence}.", hint) from error


def require(arrays: Arrays, names: set[str], name: str, what: str, advice: str = ADVICE) -> None:
    """Raise UserError, with this advice, unless all of ``names`` are in ``arrays``."""
    if missing := sorted(names - arrays.keys()):
        raise UserError(f"{name} is not {what}: it lacks {', '.join(missing)}.", advice)


def require_format(arrays: Arrays, expected: int, name: str) -> None:
    """Raise UserError unless the file's ``format`` number is ``expected``."""
    found = arrays["format"]
    if found.shape != () or found.dtype.kind not in "iu" or int(found) != expected:
        told = f" {int(found)}" if found.shape == () and found.dtype.kind in "iu" else " that is no number"
        raise UserError(
            f"{name} has format{told}; this version of the add-on reads {expected}.",
            "Use the same version of Elocute on both sides.",
        )


class _Bounded:
    """A binary file that never reads more at once than it has, whatever it is asked for."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable
        self.size = stream.seek(0, io.SEEK_END)
        stream.seek(0)

    def read(self, size: int = -1) -> bytes:
        left = max(self.size - self._stream.tell(), 0)
        return self._stream.read(min(left, _LARGEST_READ, left if size < 0 else size))


def _read(source: Path | str | bytes, bare: str | None) -> Arrays:
    if isinstance(source, bytes):
        return _read_stream(io.BytesIO(source), bare)
    path = Path(source)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ValueError("it is not an ordinary file")
    with path.open("rb") as stream:
        return _read_stream(stream, bare)


def _read_stream(stream: IO[bytes], bare: str | None) -> Arrays:
    bounded = _Bounded(stream)
    start = bounded.read(_START)
    stream.seek(0)
    if bare is not None and start.startswith(MARK):
        if bounded.size > LARGEST:
            raise ValueError("it is too large")
        return {bare: parse_npy(stream.read())}
    _refuse_other_kinds(start)
    with zipfile.ZipFile(cast("IO[bytes]", bounded)) as archive:
        members = [info for info in archive.infolist() if info.filename.endswith(_SUFFIX)]
        _check(members, min(LARGEST, max(ALWAYS_ALLOWED, MOST_PACKED * bounded.size)))
        return {info.filename.removesuffix(_SUFFIX): parse_npy(_member(archive, info)) for info in members}


def _refuse_other_kinds(start: bytes) -> None:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise ValueError("it is a web page, not the file itself")
    if text.startswith(b"version https://git-lfs"):
        raise ValueError("it is a Git LFS pointer, not the file itself")
    if start.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        raise ValueError("it is a packed archive")


def _check(members: list[zipfile.ZipInfo], allowed: int) -> None:
    """zipfile never unpacks more of a member than its directory declares."""
    for info in members:
        if info.flag_bits & _ENCRYPTED:
            raise ValueError("it is encrypted")
        if info.compress_type not in _METHODS:
            raise ValueError("it is packed by an unknown method")
    if sum(max(info.file_size, 0) for info in members) > allowed:
        raise ValueError("it unpacks to more than any file of its kind")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytearray:
    content = bytearray(info.file_size)
    view = memoryview(content)
    with archive.open(info) as member:
        at = 0
        while at < len(content):
            part = member.read(min(_SLICE, len(content) - at))
            if not part:
                raise ValueError("it is cut short")
            view[at : at + len(part)] = part
            at += len(part)
        member.read(1)  # the checksum is compared at the end
    return content
