"""Takes of the app Live Link Face: CSV with a timecode, 61 values of every frame, read by their names.

Dropped frames are missing rows; the times of the others tell where. ``FF`` of a timecode counts the frames of
the second at a rate that the file does not tell: it is the smallest usual one that holds every ``FF``.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import counted
from elocute.exchange.angles import turned
from elocute.exchange.arkit_csv import ANGLES, TIMECODE_RATES
from elocute.exchange.control_names import ENOUGH, control_named, known_columns, lacking, placed
from elocute.exchange.gaps import LARGEST_RADIANS, LARGEST_WEIGHT, check_sizes, filled, values_in
from elocute.exchange.import_format import Capture, Document, ImportFormat

Float64Array = NDArray[np.float64]

_APPS_RATE: Final = 60
_TIMECODE: Final = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})[:;](\d{1,3})(?:[.,](\d{1,9}))?", re.ASCII)
_DAY: Final = 86_400.0
_ROWS: Final = 2_000_000
_DELIMITERS: Final = (",", ";", "\t")


def _cells(line: str) -> list[str]:
    delimiter = max(_DELIMITERS, key=line.count)
    return [cell.strip().strip('"').strip() for cell in line.split(delimiter)]


def _recognises(document: Document) -> bool:
    names = _cells(document.first_line)
    return (
        "timecode" in [name.lower() for name in names] and len(list(filter(control_named, names))) >= ENOUGH
    )


def _read(document: Document) -> Capture:
    names = _cells(document.first_line)
    places = known_columns(names)
    lowered = [name.lower() for name in names]
    if lowered.count("timecode") != 1:
        raise ValueError("it has the column Timecode twice")
    angles = [lowered.index(name.lower()) if name.lower() in lowered else None for name in ANGLES]
    used = sorted({*places.values(), *(place for place in angles if place is not None)})
    found = _rows(document, lowered.index("timecode"), used, names)
    if not found.rows:
        raise ValueError(found.reason)
    # The rows before the first with a face tell how much later than the take the clip begins.
    earlier = [found.first] if found.first and found.lines[0] != found.first_line else []
    times, notes = _seconds([*earlier, *found.stamps], document.timecode_rate)
    start = float(times[0]) if earlier else None
    times = times[len(earlier) :]
    table, titles = np.zeros((len(times), len(names))), [names[place] for place in used]
    given = np.array(found.rows)
    largest = [LARGEST_RADIANS if place in angles else LARGEST_WEIGHT for place in used]
    check_sizes(given, titles, [f"line {line}" for line in found.lines], largest)
    table[:, used], told = filled(times, given, titles)
    notes += told
    turns = np.zeros((len(times), len(ANGLES)))
    for column, place in enumerate(angles):
        if place is not None:
            turns[:, column] = table[:, place]
    head, left, right = (_turn(turns[:, first : first + 3]) for first in (0, 3, 6))
    eyes = np.column_stack([left, right])
    notes += found.notes
    values, eyes_told = placed(table, places), eyes if eyes.any() else None
    notes += lacking(places)
    return Capture(times, values, head, eyes_told, notes=notes, left_out=found.between, start=start)


def _turn(angles: Float64Array) -> Float64Array:
    """The app's yaw, pitch and roll to axis-angle: the inverse of ``arkit_csv.yaw_pitch_roll``."""
    yaw, pitch, roll = angles.T
    return turned(pitch, -yaw, -roll)


@dataclass
class _LeftOut:
    """Rows of one kind that are not used.

    Attributes:
        kind: what is wrong with them, in the words of a note.
        says_where: whether a note tells the line of the first.
        rows: the line of each, and how many of the rows that are used stand before it.
    """

    kind: str
    says_where: bool = False
    rows: list[tuple[int, int]] = field(default_factory=list)

    def between(self, used: int) -> list[int]:
        """Lines of those that stand between two of the ``used`` rows, so that their time is filled."""
        return [line for line, before in self.rows if 0 < before < used]

    def notes(self, used: int) -> tuple[str, ...]:
        """What became of them."""
        between = self.between(used)
        outside = [line for line, before in self.rows if not 0 < before < used]
        told = (
            (between, ", filled from the rows before and after."),
            (outside, " at the start or the end of the take, left out."),
        )
        return tuple(f"{self._named(lines)}{became}" for lines, became in told if lines)

    def _named(self, lines: Sequence[int]) -> str:
        where = f" (line {lines[0]})" if self.says_where else ""
        return f"{counted(len(lines), 'row')} {self.kind}{where}"


@dataclass
class _Found:
    """The rows of a table.

    Attributes:
        stamps: timecodes of the rows with a face.
        rows: their values, what they lack as NaN.
        lines: where they stand.
        first: timecode of the take's first row, whatever is in it; empty where it has none.
        first_line: where that row stands, 0 where there is none.
        faceless: rows that have no values.
        long: rows that have more values than there are names, so that nobody knows whose they are.
    """

    stamps: list[tuple[int, ...]] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    first: tuple[int, ...] = ()
    first_line: int = 0
    faceless: _LeftOut = field(default_factory=lambda: _LeftOut("without a face"))
    long: _LeftOut = field(
        default_factory=lambda: _LeftOut("with more values than the first line has names", says_where=True)
    )

    @property
    def reason(self) -> str:
        """Why there are no rows."""
        if self.long.rows:
            return f"line {self.long.rows[0][0]} has more values than the first line has names"
        return "it has no frame with a face"

    @property
    def between(self) -> int:
        """How many rows of both kinds stand between rows that are here."""
        return sum(len(kind.between(len(self.rows))) for kind in (self.faceless, self.long))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the rows that were left out."""
        return self.faceless.notes(len(self.rows)) + self.long.notes(len(self.rows))


def _rows(document: Document, timecode: int, used: Sequence[int], names: Sequence[str]) -> _Found:
    found = _Found()
    columns, titles = len(names), [names[place] for place in used]
    delimiter = max(_DELIMITERS, key=document.first_line.count)
    table = csv.reader(io.StringIO(document.text.lstrip(), newline=""), delimiter=delimiter)
    next(table)
    for cells in table:
        if not any(cell.strip() for cell in cells):
            continue
        if len(found.stamps) >= _ROWS:
            raise ValueError(f"it has more than {_ROWS} rows")
        if not found.first_line:
            found.first_line = table.line_num
            if timecode < len(cells) and _TIMECODE.fullmatch(cells[timecode].strip()):
                found.first = _parsed(cells[timecode], table.line_num)
        # The last row of a take that was cut off ends anywhere; a row without a face has no values.
        if len(cells) <= used[-1]:
            found.faceless.rows.append((table.line_num, len(found.rows)))
            continue
        if any(cell.strip() for cell in cells[columns:]):
            found.long.rows.append((table.line_num, len(found.rows)))
            continue
        numbers = values_in([cells[place] for place in used], titles, table.line_num)
        if not any(map(math.isfinite, numbers)):
            found.faceless.rows.append((table.line_num, len(found.rows)))
            continue
        found.stamps.append(_parsed(cells[timecode], table.line_num))
        found.rows.append(numbers)
        found.lines.append(table.line_num)
    if len(found.long.rows) > len(found.rows):
        raise ValueError(found.reason)
    return found


def _parsed(text: str, line: int) -> tuple[int, ...]:
    """Whole seconds, frame, and the billionths of a frame."""
    found = _TIMECODE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"line {line} has no timecode such as 12:30:05:21.250")
    hours, minutes, seconds, frame = (int(part) for part in found.groups()[:4])
    return 3600 * hours + 60 * minutes + seconds, frame, int((found[5] or "").ljust(9, "0"))


def _seconds(stamps: Sequence[tuple[int, ...]], given: int | None) -> tuple[Float64Array, tuple[str, ...]]:
    whole, frame, part = np.array(stamps, np.float64).T
    notes: tuple[str, ...] = ()
    rate = given or next((one for one in TIMECODE_RATES if one > frame.max()), 0)
    if not given and len(np.unique(whole)) == 1 and frame.max() < _APPS_RATE:
        rate = _APPS_RATE
        notes = (
            f"The take lies within one second, which does not tell the rate of its timecode: {rate} frames a "
            "second were taken. Give --timecode-rate for another.",
        )
    if rate <= frame.max():
        raise ValueError(f"its timecodes count up to frame {frame.max():.0f} of a second")
    seconds = whole + (frame + part / 1e9) / rate
    # Past midnight the clock begins again.
    seconds += _DAY * np.concatenate([[0.0], np.cumsum(np.diff(seconds) < -_DAY / 2)])
    return seconds - seconds[0], notes


READER: Final = ImportFormat("live-link-csv", "a take of the app Live Link Face (.csv)", _recognises, _read)
