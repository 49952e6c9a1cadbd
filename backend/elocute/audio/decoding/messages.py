"""What the decode process is asked and what it answers: one line of JSON each, some followed by bytes.

To it: a :class:`Request`, followed by the file's bytes where it does not name a path. From it: any number of
``alive`` lines, then a ``sound`` line followed by its samples (32-bit little-endian floats), a ``refused``
line with an error for the user, or a ``fault`` line with an error of ours.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

from elocute.audio.sound import Audio
from elocute.errors import InputError

LONGEST_LINE: Final = 1 << 18
"""Bytes of one answer without the samples: a dozen notes, each no longer than an error's sentence."""

SAMPLE_FORMAT: Final = "<f4"
_MOST_NOTES: Final = 50

Kind = TypeVar("Kind")


class BadAnswer(Exception):
    """This is no answer of the decode process."""


@dataclass(frozen=True)
class Request:
    """A file to be decoded.

    Attributes:
        path: absolute path of the file, empty where its bytes follow.
        size: bytes that follow.
        name: what the sound is called in messages; None for the file's own name.
        max_seconds: longest sound accepted.
        channel: the one to use, counted from 1; None for the mix.
        track: the sound track of a film, counted from 1.
        from_first_sound: begin with the sound, where a film's begins later than its picture.
    """

    path: str
    size: int
    name: str | None
    max_seconds: float
    channel: int | None = None
    track: int = 1
    from_first_sound: bool = False

    def line(self) -> bytes:
        """The request as it is sent."""
        return _line(asdict(self))

    @classmethod
    def of(cls, line: bytes) -> Request:
        """Read back what :meth:`line` gives; it comes from our own side."""
        return cls(**json.loads(line))


def alive(share: float) -> bytes:
    """The line that tells that the work goes on, and what share of it is done, 0..1."""
    return _line({"is": "alive", "share": share})


def refused(error: InputError) -> bytes:
    """The line that tells why a file cannot be used."""
    return _line({"is": "refused", "message": error.message, "hint": error.hint, "code": error.code})


def fault(text: str) -> bytes:
    """The line that tells of an error that should not be."""
    return _line({"is": "fault", "text": text[-4000:]})


def sound(audio: Audio) -> bytes:
    """The line before the samples of a sound."""
    return _line(
        {
            "is": "sound",
            "samples": len(audio.samples),
            "seconds": audio.seconds,
            "source_rate": audio.source_rate,
            "channels": audio.channels,
            "sha256": audio.sha256,
            "notes": list(audio.notes),
            "sound_begins": audio.sound_begins,
        }
    )


def answer(line: bytes) -> dict[str, Any]:
    """The fields of an answer; ``is`` tells which it is.

    Raises:
        BadAnswer: it is none, or it is cut off.
    """
    if not line.endswith(b"\n"):
        raise BadAnswer("cut off")
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise BadAnswer("not JSON") from error
    if not isinstance(fields, dict):
        raise BadAnswer("not an object")
    return fields


def samples_of(fields: dict[str, Any], most: int) -> int:
    """How many samples follow a ``sound`` line.

    Raises:
        BadAnswer: none, or more than ``most``.
    """
    count = _field(fields, "samples", int)
    if not 0 < count <= most:
        raise BadAnswer(f"{count} samples")
    return count


def sound_of(fields: dict[str, Any], samples: Any) -> Audio:
    """The sound that a ``sound`` line and its samples tell of.

    Raises:
        BadAnswer: a field is missing or of another kind.
    """
    notes: list[object] = _field(fields, "notes", list)
    if len(notes) > _MOST_NOTES or not all(isinstance(note, str) for note in notes):
        raise BadAnswer("notes")
    return Audio(
        samples,
        _field(fields, "seconds", float),
        _field(fields, "source_rate", int),
        _field(fields, "channels", int),
        _field(fields, "sha256", str),
        tuple(map(str, notes)),
        sound_begins=_field(fields, "sound_begins", float),
    )


def error_of(fields: dict[str, Any]) -> InputError:
    """The error that a ``refused`` line tells of.

    Raises:
        BadAnswer: a field is missing or of another kind.
    """
    return InputError(
        _field(fields, "message", str), _field(fields, "hint", str), code=_field(fields, "code", str)
    )


def share_of(fields: dict[str, Any]) -> float:
    """The share of the work that is done by an ``alive`` line."""
    return min(max(_field(fields, "share", float), 0.0), 1.0)


def _field(fields: dict[str, Any], name: str, kind: type[Kind]) -> Kind:
    value = fields.get(name)
    if not isinstance(value, kind):
        raise BadAnswer(name)
    return value


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode("ascii") + b"\n"
