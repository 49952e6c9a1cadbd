"""Where a service keeps jobs and results: in memory, or in a folder that the next one finds again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from elocute.errors import SettingsError
from elocute.service.contents import Contents, ContentsInFolder, ContentsInMemory
from elocute.service.journal import Journal, NoJournal, SqliteJournal

JOURNAL: Final = "jobs.sqlite3"
CONTENTS: Final = "contents"
LOCK: Final = "lock"


@dataclass(frozen=True)
class Store:
    """Where jobs and results are kept.

    Attributes:
        journal: what is known of them.
        contents: recordings, style files, clips.
        tidy: removes what users said and no job needs any more; what may be worth a look only where it is so
            many seconds old.
        close: takes no more.
    """

    journal: Journal
    contents: Contents
    tidy: Callable[[float], None]
    close: Callable[[], None]


def store_in_memory() -> Store:
    """A store that ends with the process and writes no file."""
    return Store(NoJournal(), ContentsInMemory(), lambda _: None, lambda: None)


def open_data_folder(folder: Path) -> Store:
    """The store in a folder, which is made where it is missing and readable by this user alone.

    Raises:
        SettingsError: it cannot be used, or another service uses it.
    """
    lock = FileLock(folder / LOCK, thread_local=False)  # another thread gives it back
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout as error:
        raise SettingsError(
            f"Another service uses the data folder {folder}.", "Give each a folder of its own.", code="busy"
        ) from error
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        journal = SqliteJournal(folder / JOURNAL)
        contents = ContentsInFolder(folder / CONTENTS)
    except OSError as error:
        lock.release()
        raise _unusable(folder, error) from error
    except BaseException:
        lock.release()
        raise

    def close() -> None:
        journal.close()
        lock.release()

    return Store(journal, contents, journal.tidy, close)


def _unusable(folder: Path, error: OSError) -> SettingsError:
    return SettingsError(
        f"The data folder {folder} cannot be used: {error.strerror or error}.",
        "Give --data a folder that you can write to.",
        code="bad_data_folder",
    )
