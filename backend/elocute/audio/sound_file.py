"""Whether there is a file to be read at all: known without reading it."""

from __future__ import annotations

from pathlib import Path

from elocute.errors import InputError, missing_file, unreadable_file


def check_file(path: Path, label: str) -> None:
    """Refuse what is no file.

    Raises:
        InputError: ``is_folder``, ``missing_file`` or ``unreadable_file`` as its code.
    """
    try:
        is_folder = path.is_dir()
    except OSError as error:  # a name that no file can have
        raise unreadable_file(path, error, code="unreadable_file") from error
    if is_folder:
        raise InputError(f"{label} is a folder.", "Choose a sound file.", code="is_folder")
    if not path.exists():
        raise missing_file(path)
    if not path.is_file():
        raise InputError(f"{path} is not a regular file.", "Choose a sound file.", code="unreadable_file")
