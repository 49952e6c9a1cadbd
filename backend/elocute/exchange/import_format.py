"""The interface of formats that are read: all that ``elocute import`` knows of one.

A module of this package that holds an :class:`ImportFormat` named ``READER`` is one; nothing else has to name
it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.vocabulary import CONTROLS
from elocute.number_text import read_number
from elocute.storage.json_text import parse_json

Float64Array = NDArray[np.float64]

_NO_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Document:
    """A file of another program, looked at by several formats and decoded once.

    Attributes:
        data: its bytes.
        timecode_rate: frames a second of its timecodes where the user says so.
    """

    data: bytes
    timecode_rate: int | None = None

    @cached_property
    def text(self) -> str:
        """Its text, in UTF-8, UTF-16 with its mark, or, where it is neither, Latin-1, as older programs write
        (names and numbers are the same in it); lines end in a line feed, zeros at the end are cut off.

        Raises:
            ValueError: it is no text.
        """
        wide = self.data.startswith((b"\xff\xfe", b"\xfe\xff"))
        try:
            text = self.data.decode("utf-16" if wide else "utf-8-sig").rstrip("\0")
        except UnicodeDecodeError as error:
            if wide or _NO_TEXT.search(self.data):
                raise ValueError("it is not text in UTF-8") from error
            text = self.data.decode("latin-1")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    @cached_property
    def first_line(self) -> str:
        """The first line that is not empty; empty for a file that is no text."""
        try:
            return self.text.lstrip()[:100_000].partition("\n")[0].strip()
        except ValueError:
            return ""

    @cached_property
    def json(self) -> Any:
        """Its value as JSON, or None where its first character says that it is none; of an object in every
        line, their list. NaN and Infinity are null.

        Raises:
            ValueError: it begins like JSON and is none.
        """
        if self.first_line[:1] not in ("{", "["):
            return None
        if self.first_line.endswith("}"):
            lines = [line for line in self.text.splitlines() if line.strip()]
            if len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines):
                return [parse_json(line, numberless=True) for line in lines]
        return parse_json(self.text, numberless=True)


def number_in(text: str) -> float:
    """A number with a decimal point or comma.

    Raises:
        ValueError: it is none.
    """
    return read_number(text.replace(",", "."))


@dataclass(frozen=True)
class Capture:
    """What was recorded. T rows, at any times.

    Attributes:
        times: (T,) seconds; need not be evenly spaced.
        values: (T, C) in the order of ``CONTROLS``.
        head: (T, 3) axis-angle in the axes of ``ControlTrack``, or None where the file tells none.
        eyes: (T, 6) axis-angles, or None to take them from ``eyeLook*``.
        fps: frames a second, or None where only the times tell.
        notes: sentences for the user.
        left_out: frames between these that are not among them, as the notes tell.
        start: seconds of the take's first frame in the same count, where it is not among these; None where it
            is, or is not known.

    Raises:
        ValueError: the arrays do not fit each other or hold what is no number.
    """

    times: Float64Array
    values: Float64Array
    head: Float64Array | None = None
    eyes: Float64Array | None = None
    fps: float | None = None
    notes: tuple[str, ...] = ()
    left_out: int = 0
    start: float | None = None

    def __post_init__(self) -> None:
        rows = len(self.times)
        if not rows:
            raise ValueError("it holds no frames")
        parts = (self.times, (rows,)), (self.values, (rows, len(CONTROLS))), (self.head, (rows, 3))
        for array, shape in (*parts, (self.eyes, (rows, 6))):
            if array is not None and (array.shape != shape or not np.isfinite(array).all()):
                raise ValueError("its rows do not fit each other or hold what is no number")


@dataclass(frozen=True)
class ImportFormat:
    """A format that is read.

    Attributes:
        name: one word.
        title: one line.
        recognises: whether a file is of this format, by its content; may raise ValueError where the file is
            damaged.
        read: reads such a file; raises ValueError, in a few words that end a sentence, where it is damaged.
    """

    name: str
    title: str
    recognises: Callable[[Document], bool]
    read: Callable[[Document], Capture]
