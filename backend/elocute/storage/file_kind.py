"""What a file is that is not what it should be, from its first bytes.

The usual mistakes (a web page saved instead of a download, a pointer of Git LFS, a packed archive) get a
sentence that says so. Own code: libmagic is not there on every system, and knows none of these pointers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

START: Final = 512
"""Bytes of a file that :func:`recognised` looks at."""

ZIP_MARK: Final = b"PK\x03\x04"
NUMPY_MARK: Final = b"\x93NUMPY"
_OLD_TORCH: Final = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
"""The number that torch.save wrote first before its files were zip archives, as a pickle's LONG1."""
_LARGEST_HEADER: Final = 2**27


@dataclass(frozen=True)
class FileKind:
    """A kind of file.

    Attributes:
        words: what a sentence calls it, with its article.
        hint: what to do, or an empty string.
    """

    words: str
    hint: str = ""


EMPTY: Final = FileKind("empty", "Download or copy it again.")
WEB_PAGE: Final = FileKind(
    "a web page, not the file itself", "Log in on the site if need be, and download the file itself."
)
LFS_POINTER: Final = FileKind("a Git LFS pointer, not the file itself", "Run git lfs pull.")
PACKED: Final = FileKind("a packed archive", "Unpack it and give the file inside.")
ZIP: Final = FileKind("a zip archive", "Unpack it and give the file inside.")
SAFETENSORS: Final = FileKind("a safetensors file")
OLD_TORCH: Final = FileKind(
    "a PyTorch file of the format before version 1.6",
    "Load it in PyTorch and save it again with torch.save, which writes today's format.",
)
PICKLE: Final = FileKind("a pickle")
NUMPY: Final = FileKind("a single numpy array")
SOUND: Final = FileKind("a sound or a film")


def recognised(start: bytes) -> FileKind | None:
    """The kind of a file that begins with ``start``, or None where nothing tells it.

    Args:
        start: the first ``START`` bytes, or all of a shorter file.
    """
    if not start:
        return EMPTY
    return next((kind for kind, fits in _KINDS if fits(start)), None)


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda start: start.startswith(marks)


def _is_web_page(start: bytes) -> bool:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body", b"<!--"))


def _is_safetensors(start: bytes) -> bool:
    length = int.from_bytes(start[:8], "little")
    return start[8:9] == b"{" and 2 <= length <= _LARGEST_HEADER


def _is_sound_or_film(start: bytes) -> bool:
    riff = start.startswith(b"RIFF") and start[8:12] in (b"WAVE", b"AVI ")
    return riff or start.startswith((b"fLaC", b"OggS", b"ID3")) or start[4:8] == b"ftyp"


_KINDS: Final[tuple[tuple[FileKind, Callable[[bytes], bool]], ...]] = (
    (WEB_PAGE, _is_web_page),
    (LFS_POINTER, _begins(b"version https://git-lfs")),
    (ZIP, _begins(b"PK\x03\x04", b"PK\x05\x06")),
    (
        PACKED,
        _begins(b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd"),
    ),
    (FileKind("an HDF5 file, which contains another program's model"), _begins(b"\x89HDF")),
    (OLD_TORCH, lambda start: start[2:].startswith(_OLD_TORCH) or start[257:262] == b"ustar"),
    (PICKLE, lambda start: start[0] == 0x80 and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")),
    (NUMPY, _begins(NUMPY_MARK)),
    (SAFETENSORS, _is_safetensors),
    (FileKind("a PDF document"), _begins(b"%PDF")),
    (FileKind("a picture"), _begins(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")),
    (SOUND, _is_sound_or_film),
    (FileKind("a program"), _begins(b"\x7fELF", b"MZ")),
    (FileKind("a Blender file"), _begins(b"BLENDER")),
)
