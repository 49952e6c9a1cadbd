"""Styles that follow each other in a line, as the rows of a list: ``calm@0,angry*0.8@3.2``.

The text is what is kept and sent; here it is taken apart for the panel and put together again. A blend with
weights (``calm:0.5,lively:0.5``) has no times and no rows. Commas in the name of a style file belong to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from .errors import UserError

SUFFIXES: Final = (".npz", ".npy")
"""Of style files."""
RECORDINGS: Final = (".csv", ".json", ".txt", ".vrma")
"""Suffixes of recordings of faces."""
IsFile = Callable[[str], bool]
"""Whether there is a file of that name; asked only where a comma stands in what may be one."""
MOST_STRENGTH: Final = 1.5
MOST_CHANGES: Final = 100
_ROW: Final = re.compile(r"^(?P<name>.+?)(?:\*(?P<strength>[\d.]+))?(?:@(?P<seconds>[\d.]+))?$")
_WEIGHTED: Final = re.compile(r":[\d.]+$")
_SAME_MOMENT: Final = 0.01


@dataclass(frozen=True)
class StyleChange:
    """A style that is reached at a moment.

    Attributes:
        name: a preset, or a style file.
        seconds: from the beginning of the line.
        strength: 0 the model's default, 1 the style; None for that of the line.
    """

    name: str
    seconds: float = 0.0
    strength: float | None = None


def split_row(part: str) -> tuple[str, str]:
    """A style's name, and what says how strong and when it is, as it was written."""
    found = _ROW.match(part)
    if found is None or (found["strength"] is None and found["seconds"] is None):
        return part, ""
    name = found["name"]
    return name.strip(), part[len(name) :].strip()


def _no_file(_: str) -> bool:
    return False


def read_changes(text: str, is_file: IsFile = _no_file) -> tuple[StyleChange, ...]:
    """The rows of a style's text, in the order of time; none where it is empty or a blend."""
    parts = _parts(text, is_file)
    rows = []
    for part in parts:
        found = _ROW.match(part)
        if found is None:
            return ()
        timed = found["seconds"] is not None
        if not timed and len(parts) > 1:
            return ()
        try:
            strength = None if found["strength"] is None else float(found["strength"])
            seconds = float(found["seconds"]) if timed else 0.0
        except ValueError:  # 1.2.3
            return ()
        rows.append(StyleChange(found["name"].strip(), seconds, strength))
    if len(rows) == 1 and _WEIGHTED.search(rows[0].name):
        return ()
    return tuple(sorted(rows, key=lambda row: row.seconds))


def _parts(text: str, is_file: IsFile) -> list[str]:
    """What stands between commas.

    In a list in time every style has a time, so what has none is the beginning of the name of the file behind
    it; else the whole may be one file.
    """
    pieces = text.split(",")
    if len(pieces) == 1 or not any(map(_has_time, pieces)):
        whole = split_row(text.strip())[0]
        joined = len(pieces) > 1 and _names_a_file(whole) and is_file(whole)
        return [text.strip()] if joined else [piece.strip() for piece in pieces if piece.strip()]
    parts, begun = list[str](), list[str]()
    for piece in pieces:
        begun.append(piece)
        if not _has_time(piece):
            continue
        name = ",".join(begun).strip()
        parts += [name] if _is_one_file(begun, is_file) else [own.strip() for own in begun]
        begun = []
    return [part for part in (*parts, *map(str.strip, begun)) if part]


def _is_one_file(pieces: list[str], is_file: IsFile) -> bool:
    """Whether pieces, of which the last has a time, are one file's name rather than styles before a file."""
    whole, last = (split_row(text.strip())[0] for text in (",".join(pieces), pieces[-1]))
    return _names_a_file(whole) and (len(pieces) == 1 or is_file(whole) or not is_file(last))


def _has_time(piece: str) -> bool:
    found = _ROW.match(piece.strip())
    return found is not None and found["seconds"] is not None


def _names_a_file(name: str) -> bool:
    return name.lower().endswith(SUFFIXES + RECORDINGS)


def write_changes(rows: Iterable[StyleChange]) -> str:
    """The text of rows; a single one at the beginning needs no time."""
    ordered = sorted(rows, key=lambda row: row.seconds)
    if len(ordered) == 1 and ordered[0].seconds == 0.0:
        return _written(ordered[0])
    return ",".join(f"{_written(row)}@{row.seconds:.2f}".rstrip("0").rstrip(".") for row in ordered)


def with_change(text: str, row: StyleChange, is_file: IsFile = _no_file) -> str:
    """The text with a further row; one at the same moment is replaced.

    Before the first row the line is in the style that it has now, which gets a row at its beginning.

    Raises:
        UserError: the text is a blend, or there are too many rows.
    """
    rows = list(read_changes(text, is_file))
    if text.strip() and not rows:
        raise UserError(
            "A blend of styles cannot change in time.", "Clear the style first, or write a style file of it."
        )
    if len(rows) >= MOST_CHANGES:
        raise UserError(f"A style can change {MOST_CHANGES} times at most.", "Remove a change first.")
    rows = [one for one in rows if abs(one.seconds - row.seconds) > _SAME_MOMENT]
    return write_changes([*rows, row])


def from_second(text: str, seconds: float, is_file: IsFile = _no_file) -> str:
    """The text for a line that begins so much later: the style that it is in then, and the changes behind.

    A style without times, and a blend, stay as they are.
    """
    rows = read_changes(text, is_file)
    before = [row for row in rows if row.seconds <= seconds]
    after = [replace(row, seconds=row.seconds - seconds) for row in rows if row.seconds > seconds]
    return write_changes([*(replace(row, seconds=0.0) for row in before[-1:]), *after]) if rows else text


def _written(row: StyleChange) -> str:
    return row.name if row.strength is None else f"{row.name}*{row.strength:g}"
