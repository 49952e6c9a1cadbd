"""Keep two processes from working on one folder at once.

Own code, because Blender's Python has no locking package (filelock) and the add-on ships none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_file(folder: Path) -> Path:
    """The file beside ``folder`` that :func:`folder_lock` locks."""
    return folder.with_name(f".{folder.name}.lock")


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of ``folder``, a file beside it that the system frees when the process ends.

    Raises:
        UserError: another process holds it.
        OSError: the file cannot be made.
    """
    handle = os.open(lock_file(folder), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(handle)
        except OSError as error:
            raise UserError(
                f"Another Elocute is setting up {folder} right now.", "Wait until it is done."
            ) from error
        yield
    finally:
        os.close(handle)
