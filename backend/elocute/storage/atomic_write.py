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

_TRIED: Final = 1 << 16
"""Bytes that are written to find out whether a file can be: a clip of a few seconds."""
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
    path = _checked(Path(path))
    with _in_folder(path.parent, path) as temporary:
        yield temporary
        temporary.replace(path)


def refuse_unwritable(path: Path) -> None:
    """Refuse a file that could not be written, before work is done for it.

    Rights alone do not tell: root has all of them in ``/proc``, and a full disk denies nobody. So it is
    tried: the bytes of a short clip are written beside the file, and removed. What is there stays as it is.

    Raises:
        InputError: as :func:`write_atomically`, or there is no room.
    """
    path = _checked(path)
    _try(path.parent, path)


def refuse_unwritable_folder(path: Path) -> None:
    """As :func:`refuse_unwritable`, for a folder that is there, or will be made with those above it.

    Raises:
        InputError: it is a file, or nothing can be written into it or the nearest folder above that is there.
    """
    with _looking_at(path):
        there = next((one for one in (path, *path.parents) if one.exists()), path)
        if there.exists() and not there.is_dir():
            raise InputError(f"{there} is a file.", "Give a folder to write.", code="bad_output")
    _try(there, path)


def _try(folder: Path, path: Path) -> None:
    with _in_folder(folder, path) as temporary:
        temporary.write_bytes(bytes(_TRIED))


@contextmanager
def _looking_at(path: Path) -> Iterator[None]:
    """What the system says while a place is looked at, of a drive that is gone for example, as a sentence."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # the latter of links that go round
        raise InputError(
            f"Cannot write {path}: {getattr(error, 'strerror', None) or error}.",
            "Choose a folder that exists and that you can write to.",
            code="bad_output",
        ) from error


def _checked(path: Path) -> Path:
    """The file that a path means; InputError where it cannot be written."""
    with _looking_at(path):
        path = path.resolve() if path.is_symlink() else path
        if path.is_dir():
            raise InputError(f"{path} is a folder.", "Give the name of a file.", code="bad_output")
        if path.is_file() and not path.stat().st_mode & _WRITABLE:
            raise InputError(
                f"{path} is write-protected.", "Give another name, or allow writing to it.", code="bad_output"
            )
    return path


@contextmanager
def _in_folder(folder: Path, path: Path) -> Iterator[Path]:
    """A temporary file for ``path``, which is gone afterwards unless it was renamed."""
    with _looking_at(path):
        remove_stale(folder)
        handle, name = tempfile.mkstemp(prefix=temporary_prefix(path.stem), suffix=path.suffix, dir=folder)
    os.close(handle)
    temporary = Path(name)
    try:
        # mkstemp makes the file private; give it the mode a plain open() would have given.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        yield temporary
    except OSError as error:
        raise InputError(
            f"Cannot write {path}: {error.strerror or error}.",
            "Free some space or choose another folder.",
            code="bad_output",
        ) from error
    finally:
        with contextlib.suppress(OSError):  # of a drive that is gone; the next write there removes it
            temporary.unlink(missing_ok=True)
