"""The journal of jobs and results: what a service knows again after it was ended, however that was."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, TypeVar

from pydantic import ValidationError

from elocute.errors import InputError, SettingsError
from elocute.service.messages import Message
from elocute.service.records import JobRecord, ResultRecord

_log = logging.getLogger(__name__)

SCHEMA_VERSION: Final = 1
_SCHEMA: Final = f"""
BEGIN;
CREATE TABLE job (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which they were accepted
    id TEXT NOT NULL UNIQUE,
    ended INTEGER NOT NULL,
    record TEXT NOT NULL
);
CREATE TABLE result (key TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""
_DAMAGED: Final = ".damaged"
_SIDE_FILES: Final = ("", "-wal", "-shm")
_UNUSABLE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_WAIT_SECONDS: Final = 30.0

R = TypeVar("R", bound=Message)


class Journal(Protocol):
    """Remembers jobs and results. What was saved is remembered when a method returns."""

    @property
    def lasting(self) -> bool:
        """Whether another process finds it again."""
        ...

    def save_jobs(self, records: Iterable[JobRecord]) -> None:
        """Remember jobs, or how they stand now.

        Raises:
            InputError: the disk is full, or fails.
        """
        ...

    def save_result(self, record: ResultRecord) -> None:
        """Remember a result, or when it was used.

        Raises:
            InputError: the disk is full, or fails.
        """
        ...

    def forget(self, jobs: Iterable[str], results: Iterable[str]) -> None:
        """Forget jobs by their ids and results by their keys.

        Raises:
            InputError: the disk is full, or fails.
        """
        ...

    def jobs(self) -> list[JobRecord]:
        """Every job, in the order in which they were accepted."""
        ...

    def results(self) -> list[ResultRecord]:
        """Every result."""
        ...

    def close(self) -> None:
        """Take no more."""
        ...


class NoJournal:
    """Remembers nothing: for a service whose jobs end with it."""

    lasting: Final = False

    def save_jobs(self, records: Iterable[JobRecord]) -> None:
        """Do nothing."""

    def save_result(self, record: ResultRecord) -> None:
        """Do nothing."""

    def forget(self, jobs: Iterable[str], results: Iterable[str]) -> None:
        """Do nothing."""

    def jobs(self) -> list[JobRecord]:
        """None."""
        return []

    def results(self) -> list[ResultRecord]:
        """None."""
        return []

    def close(self) -> None:
        """Do nothing."""


class SqliteJournal:
    """A journal in an SQLite database, which is written ahead and synchronised with every change.

    A database that is damaged is put aside, and a new one begun. Safe to use from several threads; only one
    process may have it open.

    Args:
        path: the database; made where it is missing.

    Raises:
        SettingsError: it cannot be opened or written, or is of a newer Elocute.
    """

    lasting: Final = True

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._path = path
        try:
            self._connection = _open(path)
        except sqlite3.Error as error:
            raise SettingsError(
                f"The journal of jobs cannot be used: {error}.",
                "Give --data a folder on a local disk that you can write to.",
                code="bad_data_folder",
            ) from error

    def save_jobs(self, records: Iterable[JobRecord]) -> None:
        """Remember jobs, or how they stand now."""
        rows = [(one.id, one.end is not None, one.model_dump_json()) for one in records]
        with self._change() as connection:
            connection.executemany(
                "INSERT INTO job (id, ended, record) VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, record = excluded.record",
                rows,
            )

    def save_result(self, record: ResultRecord) -> None:
        """Remember a result, or when it was used."""
        with self._change() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO result (key, record) VALUES (?, ?)",
                (record.key, record.model_dump_json()),
            )

    def forget(self, jobs: Iterable[str], results: Iterable[str]) -> None:
        """Forget jobs by their ids and results by their keys."""
        with self._change() as connection:
            connection.executemany("DELETE FROM job WHERE id = ?", [(one,) for one in jobs])
            connection.executemany("DELETE FROM result WHERE key = ?", [(one,) for one in results])

    def jobs(self) -> list[JobRecord]:
        """Every job, in the order in which they were accepted."""
        return list(self._read("SELECT record FROM job ORDER BY number", JobRecord))

    def results(self) -> list[ResultRecord]:
        """Every result."""
        return list(self._read("SELECT record FROM result", ResultRecord))

    def close(self) -> None:
        """Take no more."""
        with self._lock:
            self._connection.close()

    def tidy(self, older_than: float) -> None:
        """Remove what users said and nobody needs any more.

        That is a database that was put aside, once it is so many seconds old, and the older states of entries
        in the write-ahead log.
        """
        with self._lock:
            try:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                _log.warning("the journal of jobs cannot be tidied: %s", error)
        for side in _SIDE_FILES:
            path = _beside(self._path, _DAMAGED + side)
            try:
                if time.time() - path.stat().st_mtime > older_than:
                    path.unlink()
            except FileNotFoundError:
                continue
            except OSError as error:
                _log.warning("a damaged journal cannot be removed: %s", error)

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                with self._connection:  # commits, or rolls back
                    self._connection.execute("BEGIN IMMEDIATE")
                    yield self._connection
            except sqlite3.Error as error:
                raise InputError(
                    f"The journal of jobs cannot be written: {error}.",
                    "Free some space on the disk of the data folder.",
                    code="bad_output",
                ) from error

    def _read(self, query: str, kind: type[R]) -> Iterator[R]:
        with self._lock:
            rows = self._connection.execute(query).fetchall()
        for (text,) in rows:
            try:
                yield kind.model_validate_json(text, strict=True)
            except ValidationError as error:
                _log.warning(
                    "an entry of the journal is of another version of Elocute, or damaged, and is left out; "
                    "a job that had not ended must be sent again: %s",
                    error.errors()[:1],
                )


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _checked(path)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _UNUSABLE:
            raise
        aside = _put_aside(path)
        _log.warning(
            "the journal of jobs was damaged (%s); it is now %s, and a new one is begun", error, aside
        )
        return _checked(path)


def _checked(path: Path) -> sqlite3.Connection:
    """Open the database, whose form and tables are as they should be.

    Raises:
        sqlite3.Error: it cannot be opened, or is damaged.
        SettingsError: it is of a newer Elocute.
    """
    path.touch(mode=0o600)
    connection = sqlite3.connect(
        path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=32
    )
    try:
        connection.execute("PRAGMA secure_delete = ON")  # what a user said does not stay in free pages
        connection.execute("PRAGMA synchronous = FULL")
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise SettingsError(
                "The journal of jobs was written by a newer version of Elocute.",
                "Update Elocute, or give another data folder.",
                code="bad_data_folder",
            )
        if version == 0:
            connection.executescript(_SCHEMA)
        connection.execute("PRAGMA journal_mode = WAL")
        told = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if told != "ok":
            raise _damaged(told)
        try:
            connection.execute("SELECT number, id, ended, record FROM job LIMIT 1").fetchone()
            connection.execute("SELECT key, record FROM result LIMIT 1").fetchone()
        except sqlite3.OperationalError as error:
            raise _damaged(str(error)) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _damaged(what: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(what)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _put_aside(path: Path) -> Path:
    for side in _SIDE_FILES:
        source = _beside(path, side)
        if source.exists():
            source.replace(_beside(path, _DAMAGED + side))
    return _beside(path, _DAMAGED)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
