"""Where this computer keeps what can be computed again."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

CACHE_VARIABLE: Final = "ELOCUTE_CACHE"
"""Environment variable with another folder, or ``off`` for none."""


def cache_folder() -> Path | None:
    """Return Elocute's cache folder, which may not exist yet, or None where nothing is to be kept.

    It is what :data:`CACHE_VARIABLE` says, else the folder ``elocute`` in the system's place for caches:
    ``~/.cache`` or XDG_CACHE_HOME, ``~/Library/Caches`` on macOS, ``%LOCALAPPDATA%`` on Windows.
    """
    told = os.environ.get(CACHE_VARIABLE, "")
    if told:
        return None if told.lower() == "off" else Path(told).expanduser()
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home
        return None
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
    elif sys.platform == "darwin":
        place = home / "Library" / "Caches"
    else:
        place = os.environ.get("XDG_CACHE_HOME") or home / ".cache"
    return Path(place) / "elocute"
