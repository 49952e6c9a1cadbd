"""Files that an argument names, as bytes."""

from __future__ import annotations

from pathlib import Path

from elocute.errors import InputError, missing_file


def file_content(path: Path, most: int = -1) -> bytes:
    """The first ``most`` bytes of a file, or all.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.expanduser().open("rb") as stream:
            return stream.read(most)
    except FileNotFoundError as error:
        raise missing_file(path) from error
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.", code="missing_file") from error
