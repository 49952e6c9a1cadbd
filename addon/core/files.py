"""Whether there is a file: a drive that does not answer is like one that does not have it."""

from __future__ import annotations

from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether there is a file of that name that can be looked at now.

    ``Path.is_file`` raises where the drive fails, a network drive is gone, a folder on the way may not be
    looked into, or the name is longer than any file's.
    """
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
