"""Which recordings are films, or sound in such a file, told by their first bytes.

They need FFmpeg, which the small installation's service lacks. The list is also what may be given to a
decoder that opens whatever a file names: no playlists and no lists of parts are in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HEAD_BYTES: Final = 400
_ISO_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
"""What an ISO file (m4a, mp4, mov, 3gp) begins with, after four bytes of the box' length."""
_BEGINNINGS: Final = (
    b"\x1a\x45\xdf\xa3",  # Matroska and WebM
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF: wma, wmv
    b"\x00\x00\x01\xba",  # MPEG programme stream
    b"FLV\x01",
    b"#!AMR",
)
_PACKETS: Final = ((0, 188), (4, 192))
"""MPEG transport streams: where the first packet's sync byte is, and how long packets are."""
_SYNC: Final = 0x47


def is_film(path: Path) -> bool:
    """Whether a file is a film or sound in a film's container; False where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return begins_like_a_film(stream.read(_HEAD_BYTES))
    except (OSError, ValueError):
        return False


def begins_like_a_film(head: bytes) -> bool:
    """The same of a file's first bytes."""
    if head[4:8] in _ISO_BOXES or head.startswith(_BEGINNINGS):
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return True
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:  # ADTS; MP3 has another layer
        return True
    return any(
        len(head) > first + length and head[first] == head[first + length] == _SYNC
        for first, length in _PACKETS
    )
