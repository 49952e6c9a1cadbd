"""What the header of a sound file or film promises, and what a file that is no sound is.

Decoders quietly read what there is; only the header tells that there should be more. Programs that write
to a pipe cannot know the length and leave 0, the largest number, or nearly that.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

_ENDLESS: Final = 0x7FFF0000
"""A length of this or more, in 32 bits, means: to the end of the file."""

_MOST_CHUNKS = 20_000
_HEAD = 4096

_OGG_PAGE = 65_307
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0O\x8e\xdb\x8a"
_NOT_SOUND: Final = (
    (b"#EXTM3U", "is a playlist, which holds no sound of its own"),
    (b"[playlist]", "is a playlist, which holds no sound of its own"),
    (b"ffconcat", "is a list of other files, which holds no sound of its own"),
    (b";FFMETADATA", "is a description of a recording, which holds no sound of its own"),
    (b"v=0", "is a session description, which holds no sound of its own"),
    (b"version https://git-lfs", "is a pointer of Git LFS, not the file itself"),
    (b"<!doctype", "is a web page"),
    (b"<html", "is a web page"),
    (b"<?xml", "is a text (XML)"),
    (b"%pdf", "is a PDF document"),
    (b"{\\rtf", "is a text document"),
    (b"PK\x03\x04", "is a zip archive or a document"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
    (b"GIF8", "is a picture"),
    (b"BLENDER", "is a Blender file"),
    (b"\x93NUMPY", "holds numbers, no sound"),
    (b"\x7fELF", "is a program"),
    (b"MZ", "is a program"),
)
_CUT_OFF: Final = (
    (4, b"ftyp"),
    (4, b"moov"),
    (4, b"mdat"),
    (0, b"\x1aE\xdf\xa3"),
    (0, b"OggS"),
    (0, b"fLaC"),
)
"""Beginnings of sound and film that cannot be opened where their end, which holds the index, is missing."""


@dataclass(frozen=True)
class Promise:
    """How much a header says there is.

    Attributes:
        begin: first byte of the part that it speaks of.
        length: bytes of that part; 0 where the header leaves it open.
        size: bytes of the file.
        samples: True where the part is uncompressed sound, so that bytes are time.
    """

    begin: int
    length: int
    size: int
    samples: bool

    @property
    def there(self) -> int:
        """Bytes of the part that the file holds."""
        return max(self.size - self.begin, 0)

    @property
    def broken(self) -> bool:
        """True where the file ends before the part does."""
        return 0 < self.there < self.length


def promise_of(stream: BinaryIO) -> Promise | None:
    """What the header of a file promises, or None where it promises nothing that is known here.

    Args:
        stream: a seekable file: wav (RIFF, RIFX, RF64, W64), aiff, au, caf, NIST; avi, mp4 and its kin,
            Matroska and WebM, asf, ogg.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(_HEAD)
    data = _data_chunk(stream, size, head)
    if data is not None:
        return Promise(*data, size, samples=True)
    part = _film_part(stream, size, head)
    return None if part is None else Promise(*part, size, samples=False)


def what_it_is(stream: BinaryIO) -> str | None:
    """How to go on after a file's name where it is known to be no sound: "is a picture".

    A file that begins like sound, but which no reader can open, was cut off or is damaged.
    """
    stream.seek(0)
    head = stream.read(_HEAD)
    lead = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for begin, meaning in _NOT_SOUND:
        if lead[: len(begin)].lower() == begin.lower():
            return meaning
    if any(head[place : place + len(begin)] == begin for place, begin in _CUT_OFF):
        return "is damaged, or its end is missing"
    return None


def _data_chunk(stream: BinaryIO, size: int, head: bytes) -> tuple[int, int] | None:
    """(first byte, promised bytes) of uncompressed sound; 0 bytes where the length is left open."""
    found = None
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
        found = _wave_data(stream, size, head)
    elif head[:4] == b"riff" and head[24:28] == b"wave":
        found = _w64_data(stream, size)
    elif head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        chunks = _chunks(stream, 12, size, ">4sI", 1)
        found = next(((begin, length) for name, begin, length in chunks if name == b"SSND"), None)
    elif head[:4] in (b".snd", b"dns.") and len(head) >= 12:
        begin, length = struct.unpack_from(">II" if head[:4] == b".snd" else "<II", head, 4)
        found = begin, 0 if length >= _ENDLESS else length
    elif head[:4] == b"caff":
        caf = _chunks(stream, 8, size, ">4sq", 0)
        found = next(((begin, max(length, 0)) for name, begin, length in caf if name == b"data"), None)
    elif head[:8] == b"NIST_1A\n":
        found = _nist_data(head)
    return found


def _film_part(stream: BinaryIO, size: int, head: bytes) -> tuple[int, int] | None:
    """(first byte, promised bytes) of the part that a cut file lacks the end of."""
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        length = struct.unpack_from("<I", head, 4)[0]
        return 8, 0 if length >= _ENDLESS else length
    if head[4:8] == b"ftyp":
        return _last_box(stream, size)
    if head[:4] == b"\x1aE\xdf\xa3":
        return _matroska_segment(head)
    if head[:16] == _ASF:
        place = head.find(_ASF_FILE)
        if 0 < place and len(head) >= place + 48:
            return 0, struct.unpack_from("<Q", head, place + 40)[0]
    if head[:4] == b"OggS":
        return _last_page(stream, size)
    return None


def _last_box(stream: BinaryIO, size: int) -> tuple[int, int] | None:
    """The last box of the outermost level of an mp4 file."""
    place = 0
    last = None
    for _ in range(_MOST_CHUNKS):
        stream.seek(place)
        head = stream.read(16)
        if len(head) < 8:
            break
        length = struct.unpack_from(">I", head)[0]
        if length == 1 and len(head) == 16:
            length = struct.unpack_from(">Q", head, 8)[0]
        last = (place, length)
        if length < 8 or place + length >= size:
            break
        place += length
    return last


def _matroska_segment(head: bytes) -> tuple[int, int] | None:
    """The segment, which holds everything after the first element."""
    try:
        length, place = _ebml_length(head, 4)
        if length is None or head[place + length : place + length + 4] != b"\x18S\x80g":
            return None
        segment, begin = _ebml_length(head, place + length + 4)
    except IndexError:
        return None
    return begin, segment or 0


def _ebml_length(head: bytes, place: int) -> tuple[int | None, int]:
    """A length in as many bytes as its first bits say, None where it is unknown, and where it ends."""
    first = head[place]
    width = 9 - first.bit_length()
    value = int.from_bytes(head[place : place + width], "big") & ((1 << (7 * width)) - 1)
    return (None if value == (1 << (7 * width)) - 1 else value), place + width


def _last_page(stream: BinaryIO, size: int) -> tuple[int, int] | None:
    """The last page of an ogg file that begins within its last 64 KiB, as long as a page can be."""
    begin = max(size - _OGG_PAGE, 0)
    stream.seek(begin)
    tail = stream.read(_OGG_PAGE)
    place = tail.rfind(b"OggS")
    if place < 0 or len(tail) < place + 27:
        return None
    segments = tail[place + 27 : place + 27 + tail[place + 26]]
    return begin + place, 27 + tail[place + 26] + sum(segments)


def _wave_data(stream: BinaryIO, size: int, head: bytes) -> tuple[int, int] | None:
    order = ">" if head[:4] == b"RIFX" else "<"
    long = 0
    for name, begin, length in _chunks(stream, 12, size, f"{order}4sI", 1):
        if name == b"ds64" and length >= 16:
            stream.seek(begin)
            told = stream.read(16)
            long = struct.unpack("<QQ", told)[1] if len(told) == 16 else 0
        if name == b"data":
            if head[:4] == b"RF64" and length == 0xFFFFFFFF:
                return begin, long
            return begin, 0 if length >= _ENDLESS else length
    return None


def _nist_data(head: bytes) -> tuple[int, int] | None:
    """A header of text: ``sample_count -i 32000``."""
    begin = head[8:16].strip()
    numbers = dict(re.findall(rb"(sample_count|sample_n_bytes|channel_count) -[is]\d* (\d{1,12})\s", head))
    if not begin.isdigit() or b"sample_count" not in numbers:
        return None
    width = int(numbers.get(b"sample_n_bytes", b"2")) * int(numbers.get(b"channel_count", b"1"))
    return int(begin), int(numbers[b"sample_count"]) * width


def _w64_data(stream: BinaryIO, size: int) -> tuple[int, int] | None:
    """Sony's 64-bit wav: names of 16 bytes, lengths that include the 24 bytes of the chunk's head."""
    place = 40
    for _ in range(_MOST_CHUNKS):
        stream.seek(place)
        head = stream.read(24)
        if len(head) < 24:
            return None
        length = struct.unpack_from("<Q", head, 16)[0]
        if head[:16] == _W64_DATA:
            return place + 24, max(length - 24, 0) if length < 1 << 62 else 0
        place += max(-(-length // 8) * 8, 24)
        if place >= size:
            return None
    return None


def _chunks(
    stream: BinaryIO, place: int, size: int, layout: str, padding: int
) -> Iterator[tuple[bytes, int, int]]:
    """(name, first byte, length) of the chunks from ``place`` on."""
    width = struct.calcsize(layout)
    for _ in range(_MOST_CHUNKS):
        stream.seek(place)
        head = stream.read(width)
        if len(head) < width:
            return
        name, length = struct.unpack(layout, head)
        yield name, place + width, length
        if length < 0:
            return
        place += width + length + (length & padding)
        if place >= size:
            return
