"""Files that an argument or a table names, as bytes."""

from __future__ import annotations

from pathlib import Path

from elocute.errors import unreadable_file


def file_content(path: Path, most: int = -1) -> bytes:
    """The first ``most`` bytes of a file, or all.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.expanduser().open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise unreadable_file(path, error) from error
