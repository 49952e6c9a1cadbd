"""This Blender as one that decodes films for the service; see ``core/backend/film_sound.py``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import bpy

from ..core.backend.film_sound import FilmDecoder
from .version_compat import has_decoder

_SCRIPT: Final = Path(__file__).with_name("decode_film.py")
_IN_BACKGROUND: Final = ("--background", "--factory-startup", "--offline-mode", "-noaudio", "--python")


def film_decoder() -> FilmDecoder | None:
    """How a Blender is started that decodes; None where this one's Python cannot."""
    if not has_decoder():
        return None
    binary = bpy.app.binary_path
    start = (binary, *_IN_BACKGROUND) if binary else (sys.executable, "-P")
    return FilmDecoder((*start, str(_SCRIPT), "--"), Path(bpy.app.tempdir) if bpy.app.tempdir else None)
