"""Read what a batch is to do: a CSV table, a file of JSON lines, or a folder of recordings.

A row that cannot be used becomes a :class:`RefusedRow`; the others are not harmed.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from elocute.audio.segment import Segment
from elocute.batch.folder import TRANSCRIPT_ENDINGS, is_recording, recordings_of
from elocute.batch.row import RefusedRow, Row
from elocute.errors import InputError, UserError, unreadable_file
from elocute.number_text import read_number
from elocute.revision_text import RangeText, divided, read_pin

ENDINGS: Final = (".csv", ".jsonl")
COLUMNS: Final = (*(field.name for field in fields(Row)), "transcript_file")
LARGEST_MANIFEST: Final = 256 * 1024 * 1024
LARGEST_TRANSCRIPT: Final = 1024 * 1024
_ID: Final = re.compile(r"[^\W_][^<>:\"/\\|?*\x00-\x1f\x7f]{0,119}|_[^<>:\"/\\|?*\x00-\x1f\x7f]{0,119}")
_NOT_IN_IDS: Final = re.compile(r"^[^\w]+|[<>:\"/\\|?*\x00-\x1f\x7f]|[ .]+$")
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_SHOWN: Final = 80
_OF_A_BASE: Final = ("range", "channels", "pinned")
_OTHER_ID: Final = "Give another id."
_GOOD_ID: Final = (
    'Give an id that begins with a letter or a digit, at most 120 characters, none of <>:"/\\|?*.'
)
_OWN_ID: Final = "Give every row an id of its own in the column id."
_AUDIO: Final = "Correct the column audio."
_TRANSCRIPT: Final = "Correct the column transcript."
_IN_A_FOLDER: Final = {
    _GOOD_ID: "Rename the recording: its name should begin with a letter or a digit.",
    _OTHER_ID: "Rename the recording.",
    _OWN_ID: "Rename one of the recordings.",
    _AUDIO: "Mend it, or take it out of the folder.",
    _TRANSCRIPT: "Correct the text file beside the recording, or take it out of the folder.",
}
"""What to do instead where there is no table."""


class _BadRow(UserError):
    """Why a row is refused."""


def read_manifest(source: Path) -> tuple[Row | RefusedRow, ...]:
    """The rows of ``source``, in its order.

    Files that a manifest names are looked for beside it. A folder gives a row for each sound file in it, by
    name, with ``NAME.txt`` (``.srt``, ``.vtt``, ``.lrc``) as its transcript where there is one.

    Raises:
        InputError: there is no such file or folder, it has no rows, or it is no table with these columns.
    """
    if source.is_dir():
        entries = list(_of_folder(source))
        if not entries:
            below = any(path.is_dir() and not path.name.startswith(".") for path in source.iterdir())
            said = " Sub-folders are not looked into." if below else ""
            raise InputError(
                f"There is no sound file in the folder {source.absolute()}.{said}",
                "Give a folder with recordings, or a manifest (.csv, .jsonl).",
                code="empty_manifest",
            )
    else:
        read = {".csv": _of_csv, ".jsonl": _of_json_lines}.get(source.suffix.lower())
        if read is None and source.exists():
            problem, hint = (
                "neither a folder nor a manifest",
                "Give a folder, or a file that ends in .csv or .jsonl.",
            )
            if is_recording(source):
                problem, hint = (
                    "one recording",
                    "Give its folder, or a manifest (.csv, .jsonl) that names it.",
                )
            raise InputError(f"{source} is {problem}.", hint, code="bad_manifest")
        text = _text(source, LARGEST_MANIFEST)
        entries = list(read(text, source)) if read is not None else []
        if not entries:
            raise InputError(f"{source} has no rows.", "Add a row for each recording.", code="empty_manifest")
    return tuple(_without_repeated_ids(entries, of_folder=source.is_dir()))


def _of_folder(folder: Path) -> Iterator[Row | RefusedRow]:
    taken: set[str] = set()
    for path, transcript in recordings_of(folder):
        named = {"audio": path.name, "transcript_file": transcript}
        if path.stem.casefold() in taken:  # NAME.wav beside NAME.flac
            named["id"] = _name_of(f"{path.stem}_{path.suffix[1:]}.x")
        taken.add(path.stem.casefold())
        yield _row(named, folder, 0)


def _of_csv(text: str, source: Path) -> Iterator[Row | RefusedRow]:
    sample = text[:4096].splitlines()[0] if text.strip() else ""
    delimiter = max((",", ";", "\t"), key=sample.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        while names and not names[-1]:  # commas that spreadsheets leave at the end
            del names[-1]
        _check_columns(names, source)
        reader.fieldnames = names
        for values in reader:
            surplus = values.pop(None, None) or []
            if any(cell.strip() for cell in surplus):
                shown = (values.get("id") or values.get("audio") or "")[:_SHOWN]
                yield RefusedRow(
                    shown or f"line {reader.line_num}",
                    (values.get("audio") or "")[:_SHOWN],
                    f"Line {reader.line_num} has more cells than the table has columns.",
                    'Put a text that contains commas into "quotation marks".',
                    {name: value or "" for name, value in values.items()},
                )
            elif any((value or "").strip() for value in values.values()):
                yield _row(
                    {key: value or "" for key, value in values.items()}, source.parent, reader.line_num
                )
    except csv.Error as error:
        raise InputError(
            f"{source} is no CSV table: line {reader.line_num}: {error}.",
            "Save it again as CSV with commas and UTF-8.",
            code="bad_manifest",
        ) from error


def _of_json_lines(text: str, source: Path) -> Iterator[Row | RefusedRow]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            yield RefusedRow(f"line {number}", "", f"Line {number} is no JSON.", "Write one object a line.")
            continue
        if not isinstance(values, dict):
            yield RefusedRow(f"line {number}", "", f"Line {number} is no JSON object.", "Write {...}.")
            continue
        unknown = [name for name in values if name not in COLUMNS]
        plain = all(value is None or isinstance(value, str | int | float) for value in values.values())
        if unknown or not plain:
            problem = f"has an unknown entry {unknown[0][:_SHOWN]!r}" if unknown else "has a nested value"
            cells = {key: str(value) for key, value in values.items() if isinstance(value, str | int | float)}
            name, audio = cells.get("id") or f"line {number}", cells.get("audio", "")
            known = f"Known are {', '.join(COLUMNS)}."
            yield RefusedRow(name[:_SHOWN], audio[:_SHOWN], f"Line {number} {problem}.", known, cells)
            continue
        texts = {name: "" if value is None else str(value) for name, value in values.items()}
        yield _row(texts, source.parent, number)


def _check_columns(names: list[str], source: Path) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    repeated = {name for name in names if names.count(name) > 1}
    if unknown or repeated or "audio" not in names:
        if unknown:
            problem = f"has an unknown column {unknown[0][:_SHOWN]!r}"
        elif repeated:
            problem = f"has the column {min(repeated)!r} twice"
        else:
            problem = "has no column 'audio'"
        raise InputError(
            f"{source} {problem}.", f"The columns are {', '.join(COLUMNS)}.", code="bad_manifest"
        )


def _row(values: Mapping[str, str], folder: Path, number: int) -> Row | RefusedRow:
    """The row that ``values`` describe; ``number`` is its line, 0 where there is none."""
    given = {name: value.strip() for name, value in values.items() if value.strip()}
    if number == 0:  # of a folder: its files may begin with blanks
        given["audio"] = values["audio"]
    audio = given.get("audio", "")
    name = given.get("id") or _name_of(audio) or f"line {number}"
    try:
        return _checked_row(given, folder, name)
    except UserError as error:
        hint = error.hint if number else _IN_A_FOLDER.get(error.hint, error.hint)
        return RefusedRow(name[:_SHOWN], audio[:_SHOWN], error.message, hint, given)
    except (OSError, RuntimeError, ValueError):  # a name longer than any file's, a home that nobody has
        problem = "The row names a file that cannot exist."
        return RefusedRow(name[:_SHOWN], audio[:_SHOWN], problem, "Correct the names of files.", given)


def _checked_row(given: Mapping[str, str], folder: Path, name: str) -> Row:
    if "audio" not in given:
        raise _BadRow("The row names no recording.", "Fill in the column audio.")
    if _DEVICES.fullmatch(name):
        raise _BadRow(
            f"The id {name[:_SHOWN]!r} cannot name files: Windows keeps it for a device.", _OTHER_ID
        )
    if not _ID.fullmatch(name) or name.endswith((" ", ".")):
        raise _BadRow(f"The id {name[:_SHOWN]!r} cannot name files.", _GOOD_ID)
    audio = (folder / Path(given["audio"]).expanduser()).absolute()
    if not audio.is_file():
        shown = given["audio"][:_SHOWN]
        if audio.is_symlink():
            raise _BadRow(f"{shown} is a link that leads to no file.", _AUDIO)
        raise _BadRow(f"{shown} is no file." if audio.exists() else f"There is no file {shown}.", _AUDIO)
    return Row(
        id=name,
        audio=audio,
        segment=Segment.parse(given["segment"]) if "segment" in given else None,
        transcript=_transcript(given, folder),
        language=given.get("language"),
        style=given.get("style"),
        seed=_whole(given, "seed"),
        takes=_whole(given, "takes"),
        model=given.get("model"),
        character=given.get("character", ""),
        notes=given.get("notes", ""),
        phones=_beside(given, "phones", folder),
        **_revision(given, folder),
    )


def _beside(given: Mapping[str, str], name: str, folder: Path) -> Path | None:
    """The file that a column names, beside the table; another row may make it, so it need not be there."""
    if name not in given:
        return None
    path = (folder / Path(given[name]).expanduser()).absolute()
    if path.is_dir():  # also the one place where a name that no file can have is found
        raise _BadRow(f"{given[name][:_SHOWN]} is a folder.", f"Correct the column {name}.")
    return path


def _revision(given: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """What is made anew of which clip."""
    base, told = _beside(given, "base", folder), [name for name in _OF_A_BASE if name in given]
    if base is None and told:
        raise _BadRow(
            f"The column {told[0]} is for a clip that is changed.", "Name the clip in the column base."
        )
    if base is not None and "range" not in given:
        raise _BadRow(
            "The row names a clip, but not what is to be made anew of it.", "Fill in the column range."
        )
    try:
        pinned = tuple(read_pin(one) for one in divided(given.get("pinned", "")))
    except ValueError as error:
        raise _BadRow(f"{error}.", "Correct the column pinned.") from None
    return {
        "base": base,
        "range": tuple(RangeText(one) for one in divided(given.get("range", ""))),
        "channels": divided(given.get("channels", ""), ","),
        "pinned": pinned,
    }


def _name_of(audio: str) -> str:
    """The id of a row that gives none: the recording's name, without what no id may hold."""
    stem = unicodedata.normalize("NFC", Path(audio).stem)
    name = _NOT_IN_IDS.sub("_", stem).strip(" .")[:120].rstrip(" .")
    return f"_{name}" if _DEVICES.fullmatch(name) else name


def _transcript(given: Mapping[str, str], folder: Path) -> str | None:
    """What is said: a text, or what a file holds that is named in its place."""
    text, named = given.get("transcript"), given.get("transcript_file")
    if text is not None and named is not None:
        raise _BadRow("The row has both a transcript and a transcript file.", "Leave one of them out.")
    if text is not None and "\n" not in text and text.lower().endswith(TRANSCRIPT_ENDINGS):
        named, text = text, None
    if named is None:
        return text
    try:
        return _text(folder / Path(named).expanduser(), LARGEST_TRANSCRIPT)
    except InputError as error:
        raise _BadRow(error.message, _TRANSCRIPT) from error


def _whole(given: Mapping[str, str], name: str) -> int | None:
    if name not in given:
        return None
    try:
        value = read_number(given[name])
        if value != int(value):
            raise ValueError
    except (ValueError, OverflowError):
        raise _BadRow(
            f"The {name} {given[name][:_SHOWN]!r} is no whole number.", f"Correct the column {name}."
        ) from None
    return int(value)


def _without_repeated_ids(
    entries: Iterable[Row | RefusedRow], *, of_folder: bool
) -> Iterator[Row | RefusedRow]:
    """Later rows whose outputs would replace those of an earlier one are refused."""
    taken: dict[str, str] = {}
    for entry in entries:
        key = entry.id.casefold()  # the file systems of Windows and macOS do not tell cases apart
        if isinstance(entry, Row) and key in taken:
            yield RefusedRow(
                f"{entry.id} ({entry.audio.name})",  # the other row's outputs have the id itself
                str(entry.audio),
                f"The id {entry.id} is used twice, and the row that has it first keeps it."
                if taken[key] == entry.id
                else f"The id {entry.id} differs from {taken[key]} in nothing but upper and lower case, "
                "which not every disk tells apart.",
                _IN_A_FOLDER[_OWN_ID] if of_folder else _OWN_ID,
                entry.cells,
            )
            continue
        if isinstance(entry, Row):
            taken[key] = entry.id
        yield entry


def _text(path: Path, largest: int) -> str:
    """The text of a UTF-8 file.

    Raises:
        InputError: it is missing, too large or no text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise unreadable_file(path, error) from error
    if len(content) > largest:
        raise InputError(f"{path} is larger than {largest // 1024} KiB.", "Split it.", code="too_large")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text.", "Save it as UTF-8.", code="bad_text") from error
