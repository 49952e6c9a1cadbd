"""Read a job's server-sent events: states and windows of motion, every line bounded."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from .messages import BadMessageError, JobState, WindowMessage, from_json

LONGEST_LINE: Final = 8 * 1024 * 1024


@dataclass(frozen=True)
class Window:
    """Frames of a job's clips that are final.

    Attributes:
        first: index of the first of them in the whole clip.
        frames: how many they are.
        clips: per take the bytes of an npz file that holds these frames alone.
    """

    first: int
    frames: int
    clips: tuple[bytes, ...]


@dataclass(frozen=True)
class Opening(Window):
    """How the first take begins, made before the rest is known: none of it is final."""


def read_events(read_line: Callable[[int], bytes]) -> Iterator[JobState | Window | None]:
    """Yield the events of a stream until it ends; None is a sign of life.

    An event that is cut off by the end of the stream is left out, and so are kinds that are not known.

    Args:
        read_line: returns the next line with its end, at most so many bytes of it; nothing at the end.

    Raises:
        BadMessageError: a line is too long, or an event does not hold the expected message.
    """
    name, data = b"", b""
    while line := read_line(LONGEST_LINE):
        if len(line) >= LONGEST_LINE and not line.endswith(b"\n"):
            raise _bad(f"an event is larger than {LONGEST_LINE // 1024**2} MB")
        text = line.rstrip(b"\r\n")
        if text.startswith(b":"):
            yield None
        elif text.startswith(b"event:"):
            name = text[6:].strip()
        elif text.startswith(b"data:"):
            data = text[5:].strip()
        elif not text:
            if data and name == b"state":
                yield from_json(JobState, data)
            elif data and name == b"window":
                yield _window(from_json(WindowMessage, data), Window)
            elif data and name == b"opening":
                yield _window(from_json(WindowMessage, data), Opening)
            name, data = b"", b""


def _window(message: WindowMessage, kind: type[Window]) -> Window:
    try:
        clips = tuple(base64.b64decode(clip, validate=True) for clip in message.clips)
    except (binascii.Error, ValueError) as error:
        raise _bad("a window is not valid base64") from error
    if message.first < 0 or message.frames < 1 or not clips:
        raise _bad("a window is empty")
    return kind(message.first, message.frames, clips)


def _bad(reason: str) -> BadMessageError:
    return BadMessageError(
        f"The Elocute service sent a reply that cannot be read: {reason}.",
        "Make sure that the add-on and the service have the same version.",
    )
