"""What became of a row, and the table of all rows."""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

from elocute.batch.part import Part
from elocute.storage.atomic_write import write_atomically

Status = Literal["done", "unchanged", "failed", "waiting"]
"""``done`` now; ``unchanged``: done by an earlier run; ``waiting``: the batch was stopped before it."""
TABLE: Final = "results.csv"
_TABLES: Final = re.compile(rf"{Path(TABLE).stem}(-\d+-of-\d+)?{re.escape(Path(TABLE).suffix)}")
_BETWEEN: Final = " | "
LEFT_NOTE: Final = "An earlier run also made, with other settings, what is left as it was: "
"""What :func:`left_note` begins with."""
QUALITY: Final = (
    "lips_closed_on_pbm",
    "teeth_on_lip_fv",
    "opening_follows_phones",
    "lips_closed_in_silence",
    "jaw_max_degrees_per_second",
    "head_max_degrees_per_second",
    "blinks_per_minute",
)
"""Measures of the first take against the phones that were found: to find odd rows, not to rank models."""


_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RowResult:
    """One line of the table.

    Attributes:
        id: of the row.
        status: how it stands.
        audio: the recording.
        character: who speaks.
        segment: the part of the recording that is meant, ``START-END`` in seconds; empty for all.
        model: id of the model.
        style: style of the clips.
        seed: of the first take.
        clips: names of the clips in the batch's folder.
        files: names of everything else that was written for the row.
        seconds: length of the sound.
        work_seconds: time it took.
        attempts: how often it was tried.
        phone_source: how the phones were found.
        transcript: what was said, as given or heard.
        quality: see :data:`QUALITY`; None where the clip has nothing to measure.
        notes: sentences for the user.
        row_notes: what the row's writer noted.
        error: what went wrong and what to do.
    """

    id: str
    status: Status
    audio: str = ""
    character: str = ""
    segment: str = ""
    model: str = ""
    style: str = ""
    seed: int = 0
    clips: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    seconds: float = 0.0
    work_seconds: float = 0.0
    attempts: int = 0
    phone_source: str = ""
    transcript: str = ""
    quality: Mapping[str, float | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    row_notes: str = ""
    error: str = ""

    @property
    def good(self) -> bool:
        """Whether its outputs are there."""
        return self.status in ("done", "unchanged")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else dict(value) if name == "quality" else value
            for name, value in plain.items()
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> RowResult:
        """The reverse of :meth:`to_json`.

        Raises:
            TypeError, ValueError, KeyError: it has another form.
        """
        tuples = {name: tuple(map(str, told[name])) for name in ("clips", "files", "notes")}
        quality = {name: told["quality"].get(name) for name in QUALITY}
        return cls(**{**told, **tuples, "quality": quality})


def left_note(names: Sequence[str]) -> str:
    """The note on outputs of an earlier run that a row no longer has."""
    return f"{LEFT_NOTE}{', '.join(names)}."


def table_path(folder: Path, part: Part) -> Path:
    """Where the table of a part lies; that of the whole batch is ``results.csv``."""
    return folder / f"{Path(TABLE).stem}{part.label}{Path(TABLE).suffix}"


def tables_in(folder: Path) -> tuple[Path, ...]:
    """What in ``folder`` has the name of a table of a batch or a part of one."""
    return tuple(path for path in folder.iterdir() if _TABLES.fullmatch(path.name))


def named_in_tables(folder: Path) -> frozenset[str]:
    """Names of the outputs that the tables in ``folder`` list, as far as they can be read."""
    names: set[str] = set()
    for path in tables_in(folder):
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                delimiter = max((",", ";", "\t"), key=file.readline().count)  # as spreadsheets save it
                file.seek(0)
                for row in csv.DictReader(file, delimiter=delimiter):
                    for column in ("clips", "files"):
                        names.update((row.get(column) or "").split(_BETWEEN))
        except (OSError, ValueError, csv.Error) as error:
            _log.warning("which outputs %s lists cannot be told: %s", path, error)
    return frozenset(names)


def write_table(folder: Path, results: Sequence[RowResult], part: Part | None = None) -> Path:
    """Write the table of all rows, or of those of a part; return its path.

    Raises:
        InputError: it cannot be written.
    """
    path = table_path(folder, part or Part())
    plain = [one.name for one in fields(RowResult) if one.name != "quality"]
    with write_atomically(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*plain, *QUALITY])
        for result in results:
            cells = [_cell(getattr(result, name)) for name in plain]
            writer.writerow([*cells, *(_cell(result.quality.get(name)) for name in QUALITY)])
    return path


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = _BETWEEN.join(value) if isinstance(value, tuple) else str(value)
    # A spreadsheet would compute a text that begins like a formula.
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not _number(text) else text


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
