"""Write files so that a reader never sees half of one."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from elocute.errors import InputError
from elocute.storage.leftovers import remove_stale, temporary_prefix

_WRITABLE: Final = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it onto ``path`` when the block succeeds.

    The temporary file keeps the suffix of ``path`` (numpy and others choose by it) and is removed
    when the block fails; one that a killed process left in the folder is removed first. A link stays: the
    file that it names is replaced.

    Raises:
        InputError: the folder does not exist, nothing can be written there, or a file that is there is
            write-protected.
    """
    try:
        path = _checked(Path(path))
        remove_stale(path.parent)
        handle, name = tempfile.mkstemp(
            prefix=temporary_prefix(path.stem), suffix=path.suffix, dir=path.parent
        )
    except OSError as error:
        raise InputError(
            f"Cannot write {path}: {error.strerror}.",
            "Choose a folder that exists and that you can write to.",
            code="bad_output",
        ) from error
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
        raise InputError(
            f"Cannot write {path}: {error.strerror or error}.",
            "Free some space or choose another folder.",
            code="bad_output",
        ) from error
    finally:
        with contextlib.suppress(OSError):  # of a drive that is gone; the next write there removes it
            temporary.unlink(missing_ok=True)


def _checked(path: Path) -> Path:
    """The file that a path means; InputError where it cannot be written."""
    path = path.resolve() if path.is_symlink() else path
    if path.is_dir():
        raise InputError(f"{path} is a folder.", "Give the name of a file.", code="bad_output")
    if path.is_file() and not path.stat().st_mode & _WRITABLE:
        raise InputError(
            f"{path} is write-protected.", "Give another name, or allow writing to it.", code="bad_output"
        )
    return path
