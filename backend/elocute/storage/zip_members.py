"""Members of zip archives of strangers, within bounds: ``.npz`` and ``.pt`` files are such archives.

zipfile believes what an archive says of itself: it asks the file for as many bytes as a directory claims to
have, and unpacks as much as a member declares. Here the sum of all declared sizes is compared with what
a file of this size can hold before a byte is unpacked.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, cast

ALWAYS_ALLOWED: Final = 2**26
"""Bytes that any archive may unpack to."""
MOST_PACKED: Final = 16
"""Times its own size that a larger archive may unpack to. Numbers of motions and networks hardly pack."""
_LARGEST_READ: Final = 2**23
"""Bytes that are asked for at once; a directory of more has more entries than any file of ours."""
_SLICE: Final = 2**20
_ENCRYPTED: Final = 0x1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class TooLarge(ValueError):
    """Members declare more bytes than are allowed.

    Attributes:
        size: what they declare.
        allowed: what is allowed.
    """

    def __init__(self, size: int, allowed: int) -> None:
        super().__init__(
            f"its content has {size / 1e9:.3g} GB, more than the {allowed / 1e9:.3g} GB that are allowed"
        )
        self.size = size
        self.allowed = allowed


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

    def close(self) -> None:
        self._stream.close()


@contextmanager
def opened(source: Path | bytes) -> Iterator[IO[bytes]]:
    """A file, or content, as a stream that never reads more than there is.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is no ordinary file.
    """
    if isinstance(source, bytes):
        yield cast("IO[bytes]", _Bounded(io.BytesIO(source)))
        return
    if source.exists() and not source.is_file() and not source.is_dir():
        raise ValueError("it is not an ordinary file")
    with source.open("rb") as stream:
        yield cast("IO[bytes]", _Bounded(stream))


def allowed_bytes(stream: IO[bytes], largest: int) -> int:
    """Bytes that the members of an archive in ``stream`` may declare in all, at most ``largest``."""
    return min(largest, max(ALWAYS_ALLOWED, MOST_PACKED * cast("_Bounded", stream).size))


def check_sizes(members: Iterable[zipfile.ZipInfo], allowed: int) -> None:
    """Compare what members declare with what is allowed; zipfile never unpacks more than is declared.

    Raises:
        TooLarge: they declare more.
        ValueError: one is encrypted, or packed in a way that we do not read.
    """
    size = 0
    for info in members:
        size += max(info.file_size, 0)
        if info.flag_bits & _ENCRYPTED:
            raise ValueError("it is encrypted")
        if info.compress_type not in _METHODS:
            raise ValueError("it is packed by an unknown method")
    if size > allowed:
        raise TooLarge(size, allowed)


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytearray:
    """All bytes of a member whose size was checked; its checksum is compared.

    Raises:
        ValueError: it ends early. zipfile and zlib raise errors of their own where it is damaged.
    """
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
