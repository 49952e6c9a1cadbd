"""Where the installed add-on is and what Blender calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import bpy

_PACKAGE: Final = __package__ or ""
INSTALLED: Final = _PACKAGE.startswith("bl_ext.")
ROOT: Final = _PACKAGE.rpartition(".addon.")[0] or "elocute"
"""The extension's package, for example ``bl_ext.user_default.elocute``: the id of its preferences."""
FOLDER: Final = Path(__file__).resolve().parents[2]
"""Holds ``backend/``, ``requirements/`` and ``flame_assets/``."""
STAND_IN_HEAD: Final = FOLDER / "flame_assets" / "elocute-head-1.npz"
EXAMPLE: Final = FOLDER / "flame_assets" / "demo" / "line.flac"
"""A recorded line; what is said in it lies beside it as text."""
HEAD_PICTURES: Final = FOLDER / "flame_assets" / "pictures"
"""Small pictures of the stand-in head and its characters."""


def user_folder() -> Path:
    """Where the add-on may keep files; nothing is created."""
    if INSTALLED:
        return Path(bpy.utils.extension_path_user(ROOT, create=False))
    return Path(bpy.utils.user_resource("DATAFILES", path="elocute", create=False))
