"""Blender's folder of temporary files, which stays when Blender is killed: the next batch removes it.

Blender makes one for each of its processes, another whenever a file is opened, and removes it at its end. A
file beside it tells whose it is.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..leftovers import host_label, is_running

_RECORD: Final = re.compile(r"\.elocute-blender-(?P<host>[0-9a-f]{8})-(?P<pid>\d{1,10})")
_FOLDER: Final = re.compile(r"blender_\w{6}")


@contextmanager
def known_folder(folder: Path) -> Iterator[Callable[[Path], None]]:
    """Say for the time of the block whose ``folder`` is; remove those of killed processes first.

    Where nothing can be written beside it, nothing is said.

    Returns:
        What is to be called with the folder whenever Blender may have made another.
    """
    _remove_left(folder.parent)
    record = folder.parent / f".elocute-blender-{host_label()}-{os.getpid()}"

    def note(now: Path) -> None:
        with contextlib.suppress(OSError):
            record.write_text(now.name, encoding="utf-8")

    note(folder)
    try:
        yield note
    finally:
        with contextlib.suppress(OSError):
            record.unlink()


def _remove_left(place: Path) -> None:
    """Remove the folders in ``place`` of processes of this computer that have ended."""
    with contextlib.suppress(OSError):
        for record in list(place.glob(".elocute-blender-*")):
            told = _RECORD.fullmatch(record.name)
            if told is None or told["host"] != host_label() or is_running(int(told["pid"])):
                continue
            name = record.read_text(encoding="utf-8")
            if _FOLDER.fullmatch(name) and not (place / name).is_symlink():
                shutil.rmtree(place / name, ignore_errors=True)
            record.unlink()
