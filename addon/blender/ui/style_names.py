"""Whether what stands in a style's text is a file."""

from __future__ import annotations

from pathlib import Path

import bpy


def is_style_file(name: str) -> bool:
    """Whether there is a file of that name, as names in the panel are meant: relative ones with //."""
    try:
        return Path(bpy.path.abspath(name)).is_file()
    except (OSError, ValueError):  # such as a name that is too long to be one
        return False
