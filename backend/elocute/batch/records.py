"""What of a batch is done: one record a row, written after its outputs.

They lie in :data:`FOLDER` in the batch's output folder, with the half-made outputs of rows in work.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from filelock import FileLock, Timeout

from elocute.batch.part import Part
from elocute.batch.result import RowResult, named_in_tables
from elocute.errors import InputError
from elocute.storage.atomic_write import refuse_unwritable_folder, write_atomically
from elocute.storage.digest import file_digest
from elocute.storage.leftovers import remove_stale_of_system

_log = logging.getLogger(__name__)

FOLDER: Final = ".elocute-batch"
_LARGEST_RECORD: Final = 16 * 1024 * 1024


@dataclass(frozen=True)
class Record:
    """A row that is done.

    Attributes:
        key: digest of what its outputs follow from.
        digests: name of each output -> digest of its content.
        result: its line in the table.
    """

    key: str
    digests: dict[str, str]
    result: RowResult


class Records:
    """The records of an output folder; a context manager that keeps other batches out of the folder.

    Args:
        out: the batch's output folder; made where it is missing.
        part: the part of the batch that is done here; other parts may be done in the same folder.

    Raises:
        InputError: it cannot be made or written to, or another batch works in it.
    """

    def __init__(self, out: Path, part: Part | None = None) -> None:
        self.out = out
        self._part = part or Part()
        self._tabled: frozenset[str] = frozenset()
        self._outputs: dict[str, dict[str, str]] | None = None
        self._folder = out / FOLDER
        made = [folder for folder in (self._folder, *self._folder.parents) if not os.path.lexists(folder)]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                refuse_unwritable_folder(out)
            except InputError:
                with suppress(OSError):  # another part may have begun in it meanwhile
                    for folder in made:  # nothing is left of what could not begin
                        folder.rmdir()
                raise
            self._lock = FileLock(self._folder / f"lock{self._part.label}")
            self._lock.acquire(blocking=False)
        except Timeout as error:
            raise InputError(
                f"Another batch is working in {out}.", "Wait for it, or give another folder.", code="busy"
            ) from error
        except OSError as error:
            raise InputError(
                f"Cannot write to the folder {out}: {error.strerror or error}.",
                "Choose a folder that you can write to.",
                code="bad_output",
            ) from error

    def __enter__(self) -> Self:
        self._remove_half_made()  # of a batch that was killed
        remove_stale_of_system()
        self._tabled = named_in_tables(self.out)  # now, for this batch writes the table anew
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove_half_made()
        self._lock.release()

    def _remove_half_made(self) -> None:
        for left in self._folder.glob(f"{work_prefix(self._part)}*"):
            shutil.rmtree(left, ignore_errors=True)

    def done(self, row_id: str, key: str) -> RowResult | None:
        """The row's result, where its outputs were made from the same things and still are what they were."""
        record = self.read(row_id)
        if record is None or record.key != key:
            return None
        try:
            same = all(file_digest(self.out / name) == digest for name, digest in record.digests.items())
        except InputError:  # an output is gone
            return None
        return record.result if same else None

    def made(self, row_id: str, name: str) -> bool:
        """Whether the file ``name`` of the output folder is a batch's own: made of the row, or of another.

        The records tell, and the tables that lay there at the beginning: a record may have been taken away,
        so that its row is made again.
        What an earlier run made with other settings is while it is as it was made: somebody may have taken it
        away since, and put something else in its place.
        """
        path = record_path(self.out, row_id)
        if path.exists() and self.read(row_id) is None:
            return True  # damaged; but the row was done here
        if name in self._tabled or name in _recorded(path, "digests"):
            return True
        if self._outputs is None:
            self._outputs = recorded_outputs(self.out)
        digests = {made[name] for made in self._outputs.values() if name in made}
        try:
            return bool(digests) and file_digest(self.out / name) in digests
        except InputError:  # it cannot be read, so nobody knows whose it is
            return False

    def read(self, row_id: str) -> Record | None:
        """The row's record, or None where there is none that can be used."""
        path = record_path(self.out, row_id)
        try:
            if path.stat().st_size > _LARGEST_RECORD:
                raise ValueError("it is too large")
            told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            digests = {_own_name(name): str(digest) for name, digest in told["digests"].items()}
            return Record(str(told["key"]), digests, RowResult.from_json(told["result"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            _log.warning("the record of row %s cannot be used, so it is made again: %s", row_id, error)
            return None


def recorded_outputs(out: Path) -> dict[str, dict[str, str]]:
    """Id of each row that was ever done in ``out`` -> names of what was ever made of it -> digests."""
    return {path.stem: _ever_made(path) for path in sorted((out / FOLDER).glob("*.json"))}


def work_prefix(part: Part) -> str:
    """How the names of folders with half-made outputs begin."""
    return f"work{part.label}."


def record_path(out: Path, row_id: str) -> Path:
    """Where the record of a row lies."""
    return out / FOLDER / f"{row_id}.json"


def put_in_place(made: Path, out: Path, row_id: str, key: str, result: RowResult) -> tuple[str, ...]:
    """Move a row's outputs from the folder ``made`` to ``out``, each whole, and record them last.

    Returns:
        Names of outputs of the run before that the row no longer has and that are still there: somebody may
        need them, and another row may have made them its own.

    Raises:
        InputError: something cannot be written.
    """
    names = [*result.clips, *result.files]
    digests = {name: file_digest(made / name) for name in names}
    path = record_path(out, row_id)
    before, ever = _recorded(path, "digests"), _ever_made(path)
    earlier = {name: digest for name, digest in ever.items() if (out / name).is_file()}
    # From here on the row counts as not done, and what lies there already as made of it.
    _write_record(path, "", {**before, **digests}, earlier, result)
    try:
        for name in names:
            (made / name).replace(out / name)
    except OSError as error:
        raise InputError(
            f"Cannot write to {out}: {error.strerror}.",
            "Free some space, and see that nothing else has the names of the outputs.",
            code="bad_output",
        ) from error
    earlier = {name: digest for name, digest in earlier.items() if name not in digests}
    _write_record(path, key, digests, earlier, result)
    return tuple(sorted(name for name in before if name in earlier))


def _write_record(
    path: Path, key: str, digests: dict[str, str], earlier: dict[str, str], result: RowResult
) -> None:
    """Write a row's record; ``earlier`` is what runs with other settings made and is still there."""
    told = {"key": key, "digests": digests, "earlier": earlier, "result": result.to_json()}
    with write_atomically(path) as temporary:
        temporary.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def _ever_made(path: Path) -> dict[str, str]:
    """Name of each output that a record tells of, those of earlier runs too -> digest of its content."""
    return {**_recorded(path, "earlier"), **_recorded(path, "digests")}


def _recorded(path: Path, entry: str) -> dict[str, str]:
    """Names and digests of outputs under an entry of a record; none where they cannot be told."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return {_own_name(name): str(digest) for name, digest in told.get(entry, {}).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        _log.warning("which outputs an earlier run made cannot be told: %s", error)
        return {}


def _own_name(name: Any) -> str:
    """A name of a file in the output folder itself.

    Raises:
        ValueError: it is not one.
    """
    if not isinstance(name, str) or Path(name).name != name or name in ("", ".", ".."):
        raise ValueError(f"{str(name)[:80]!r} is no name of an output")
    return name
