"""Lines from a table, with the columns of ``elocute batch``, or from a folder of recordings."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import UserError
from ..sound_part import SoundPart
from .draft import LineDraft

COLUMNS: Final = (
    "id",
    "audio",
    "segment",
    "transcript",
    "transcript_file",
    "language",
    "style",
    "seed",
    "takes",
    "model",
    "character",
    "notes",
    "phones",
    "base",
    "range",
    "channels",
    "pinned",
    "start",
)
"""Those of a batch, and ``start``: seconds from where the lines begin."""
_OF_A_CHANGE: Final = ("phones", "base", "range", "channels", "pinned")
"""Columns of rows that no line of a scene can be: a take of one is changed in the scene."""
SOUNDS: Final = (".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff")
TRANSCRIPTS: Final = (".txt", ".srt", ".vtt", ".lrc")
_LARGEST: Final = 16 * 1024 * 1024
_LARGEST_TRANSCRIPT: Final = 1024 * 1024


@dataclass(frozen=True)
class Table:
    """What a table holds: its lines, and a sentence for each row that cannot be used."""

    lines: tuple[LineDraft, ...]
    refused: tuple[str, ...] = ()


def lines_of_table(path: Path) -> Table:
    """The lines of a CSV table; commas, semicolons or tabs, UTF-8. Files are looked for beside it.

    Raises:
        UserError: it cannot be read, or is no table with these columns.
    """
    text = read_text(path, _LARGEST)
    sample = text[:4096].splitlines()[0] if text.strip() else ""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=sample.count))
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise UserError(
            f"{path.name} is no CSV table: line {reader.line_num}: {error}.",
            "Save it again as CSV with commas and UTF-8.",
        ) from error
    names = [name.strip().lower() for name in rows[0][1]] if rows else []
    while names and not names[-1]:
        del names[-1]
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "audio" not in names or len(set(names)) < len(names):
        what = f"an unknown column {unknown[0][:80]!r}" if unknown else "no column audio, or one twice"
        raise UserError(f"{path.name} has {what}.", f"The columns are {', '.join(COLUMNS)}.")
    if len(rows) == 1:
        raise UserError(f"{path.name} has no rows.", "Add a row for each line.")
    lines, refused = list[LineDraft](), list[str]()
    for number, cells in rows[1:]:
        given = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}
        try:
            if any(cell.strip() for cell in cells[len(names) :]):
                raise UserError(
                    "It has more cells than the table has columns.",
                    'Put a text that contains commas into "quotation marks".',
                )
            lines.append(_line(given, path.parent))
        except UserError as error:
            refused.append(f"Line {number} of {path.name} was left out: {error}")
    return Table(tuple(lines), tuple(refused))


def lines_of_folder(folder: Path) -> Table:
    """A line for each recording of a folder, by name, with ``NAME.txt`` and so on as its transcript.

    Raises:
        UserError: it cannot be read, or holds no recordings.
    """
    try:
        names = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise UserError(f"Cannot read the folder {folder}: {error.strerror}.", "Choose another.") from error
    lines, refused = list[LineDraft](), list[str]()
    for path in (path for path in names if path.suffix.lower() in SOUNDS):
        beside = [path.with_suffix(ending) for ending in TRANSCRIPTS]
        text = next((other for other in beside if other in names), None)
        try:
            lines.append(_line({"audio": path.name, **_named(text)}, folder))
        except UserError as error:
            refused.append(f"{path.name} was left out: {error}")
    if not lines and not refused:
        raise UserError(f"There are no recordings in {folder}.", "Choose a folder with sound files.")
    return Table(tuple(lines), tuple(refused))


def _named(text: Path | None) -> Mapping[str, str]:
    return {} if text is None else {"transcript_file": text.name}


def _line(given: Mapping[str, str], folder: Path) -> LineDraft:
    if "audio" not in given:
        raise UserError("It names no recording.", "Fill in the column audio.")
    try:
        audio = (folder / Path(given["audio"]).expanduser()).absolute()
        there = audio.is_file()
    except (OSError, RuntimeError, ValueError):  # a name longer than any file's, a home that nobody has
        there = False
    if not there:
        raise UserError(f"There is no file {given['audio'][:80]}.", "Correct the column audio.")
    if told := [name for name in _OF_A_CHANGE if name in given]:
        raise UserError(
            f"A line of a scene has no {told[0]}.",
            "Generate it, and change it under Words and Ranges; or run elocute batch.",
        )
    part = SoundPart.parse(given.get("segment"))
    values: dict[str, Any] = {name: given[name] for name in ("language", "style", "model") if name in given}
    for name, lowest in (("seed", 0), ("takes", 1)):
        if name in given:
            values[name] = _number(given, name, _whole, lowest)
    if transcript := _transcript(given, folder):
        values["transcript"] = transcript
    start = _number(given, "start", float, 0) if "start" in given else None
    seconds = None if part.end is None else part.end - part.start
    return LineDraft(
        audio, given.get("id", ""), str(part), start, seconds, given.get("character", ""), values
    )


def _whole(text: str) -> int:
    if float(text) != int(float(text)):
        raise ValueError(text)
    return int(float(text))


def _number(given: Mapping[str, str], name: str, read: Callable[[str], Any], lowest: float) -> Any:
    try:
        number = read(given[name])
        if not lowest <= number < 2**31:
            raise ValueError(number)
    except (ValueError, OverflowError):
        raise UserError(
            f"The {name} {given[name][:80]!r} is no such number.", f"Correct the column {name}."
        ) from None
    return number


def _transcript(given: Mapping[str, str], folder: Path) -> str:
    text, named = given.get("transcript", ""), given.get("transcript_file", "")
    if text and named:
        raise UserError("It has both a transcript and a transcript file.", "Leave one of them out.")
    if text and text.lower().endswith(TRANSCRIPTS):
        text, named = "", text
    return read_text(folder / named, _LARGEST_TRANSCRIPT) if named else text


def read_text(path: Path, largest: int) -> str:
    """The text of a UTF-8 file.

    Raises:
        UserError: it is missing, larger than that or no text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "there is no such file"
        raise UserError(f"Cannot read {path.name}: {why}.", "Choose the file again.") from error
    if len(content) > largest:
        raise UserError(f"{path.name} is larger than {largest // 1024} KiB.", "Split it.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path.name} is no UTF-8 text.", "Save it as UTF-8.") from error
