"""Write files so that a reader never sees half of one.

The backend has a writer of its own: the add-on runs in Blender's Python and cannot import it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .errors import UserError
from .leftovers import remove_stale, temporary_prefix

_WRITABLE: Final = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Yield an absolute temporary path beside ``path``; rename it onto ``path`` when the block succeeds.

    The temporary file exists and is empty. It keeps the suffix of ``path``, by which Blender and numpy choose
    a format, and is removed when the block fails; one that a killed process left there is removed first. A
    link stays: the file that it names is replaced.

    Raises:
        UserError: the folder does not exist, nothing can be written there, or a file that is there is
            write-protected.
    """
    try:
        path = _checked(path)
        remove_stale(path.parent)
        handle, name = tempfile.mkstemp(
            prefix=temporary_prefix(path.stem), suffix=path.suffix, dir=path.parent.absolute()
        )
    except (OSError, RuntimeError) as error:  # the latter of links that go round
        why = getattr(error, "strerror", None) or error
        raise UserError(f"Cannot write {path}: {why}.", "Choose a folder that you can write to.") from error
    os.close(handle)
    temporary = Path(name)
    try:
        # mkstemp makes the file private; give it the mode a plain open() would have given.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise UserError(
            f"Cannot write {path}: {error.strerror or error}.", "Free some space or choose another folder."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # of a drive that is gone; the next write there removes it
            temporary.unlink(missing_ok=True)


def _checked(path: Path) -> Path:
    """The file that a path means; UserError where it cannot be written."""
    if path.is_symlink():
        path = path.resolve()
    if path.is_dir():
        raise UserError(f"{path} is a folder.", "Enter the name of a file.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent}.", "Choose an existing folder.")
    if path.is_file() and not path.stat().st_mode & _WRITABLE:
        raise UserError(f"{path} is write-protected.", "Enter another name, or allow writing to it.")
    return path
