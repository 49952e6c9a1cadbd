"""Which containers FFmpeg may open: those of sound and film that hold their data themselves.

FFmpeg also knows formats that name other files or addresses (playlists, session descriptions, lists of
parts, manifests), and opens whatever they name. None of them is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from typing import Final

CONTAINERS: Final = (
    # Phones, cameras, browsers, computers.
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    "ogg",
    "mp3",
    "aac",
    "loas",
    "flac",
    "wav",
    "w64",
    "aiff",
    "au",
    "caf",
    "asf",
    "avi",
    "flv",
    "mpeg",
    "mpegts",
    "dv",
    "mxf",
    "gxf",
    "wtv",
    "rm",
    "nut",
    "ape",
    "wv",
    "tta",
    "tak",
    "mpc",
    "mpc8",
    "dsf",
    "iff",
    "oma",
    "aea",
    "voc",
    "xwma",
    "shn",
    "qoa",
    "ac3",
    "eac3",
    "dts",
    "dtshd",
    "mlp",
    "truehd",
    "dhav",
    "lc3",
    "iamf",
    # Telephones and dictating machines.
    "amr",
    "amrnb",
    "amrwb",
    "qcp",
    "ilbc",
    "g722",
    "g726",
    "g729",
    "g723_1",
    "gsm",
    "dss",
    "sbc",
    "mulaw",
    "alaw",
    "sln",
    # Laboratories.
    "nistsphere",
    "ircam",
    "sds",
    "pvf",
    "paf",
    "sox",
    "avr",
)


@dataclass(frozen=True)
class RawFormat:
    """A format whose files have no header.

    Attributes:
        name: FFmpeg's name of the format.
        options: what FFmpeg must be told to read it.
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)


_TELEPHONE: Final = {"sample_rate": "8000"}
RAW_ENDINGS: Final = {
    ".gsm": RawFormat("gsm"),
    ".g722": RawFormat("g722"),
    ".g723": RawFormat("g723_1"),
    ".g726": RawFormat("g726"),
    ".g729": RawFormat("g729"),
    ".ul": RawFormat("mulaw", _TELEPHONE),
    ".ulaw": RawFormat("mulaw", _TELEPHONE),
    ".al": RawFormat("alaw", _TELEPHONE),
    ".alaw": RawFormat("alaw", _TELEPHONE),
    ".sbc": RawFormat("sbc"),
    ".sln": RawFormat("sln", _TELEPHONE),
    ".sln16": RawFormat("sln", {"sample_rate": "16000"}),
}
"""Telephone codecs whose files have no header: only the ending of a file's name tells what they are."""

DECLARES_LENGTH: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "ogg",
    "wav",
    "w64",
    "aiff",
    "au",
    "caf",
    "flac",
    "ape",
    "wv",
    "tta",
    "mp3",
    "nistsphere",
)
"""Containers whose header can tell the length of the sound itself. Others tell that of the whole film, or
FFmpeg guesses it from the bit rate."""

DECLARES_LENGTH_OF_FILM: Final = ("matroska,webm", "asf", "flv", "avi")
"""Containers whose header tells the length of the whole film, and that FFmpeg leaves without a word where the
rest of them is damaged."""

DECLARES_LENGTH_OF_PICTURES: Final = ("matroska,webm",)
"""Those of them that tell how long a picture stays. In the others the last picture of a whole film may stay
much longer than its packet says: their packets tell nothing of a film's end."""

DECLARES_LENGTH_OF_TRACKS: Final = ("avi",)
"""Those of them whose header can tell the length of the sound beside the film's."""


def ffmpeg_is_there() -> bool:
    """Whether its package is installed; nothing is imported."""
    return find_spec("av") is not None


@cache
def audio_decoders() -> str:
    """Names of all decoders of sound, as FFmpeg's option ``codec_whitelist`` takes them.

    With it FFmpeg decodes no picture while it looks at a film.
    """
    import av
    from av.codec import codecs_available

    names = []
    for name in sorted(codecs_available):
        try:
            codec = av.Codec(name, "r")
        except ValueError:
            continue  # only an encoder
        if codec.type == "audio":
            names.append(name)
    return ",".join(names)
