"""Whether what stands in a style's text is a file."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.files import is_file


def is_style_file(name: str) -> bool:
    """Whether there is a file of that name, as names in the panel are meant: relative ones with //."""
    return is_file(Path(bpy.path.abspath(name)))
