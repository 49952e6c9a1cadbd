"""Elocute's Blender side.

Importing this package needs neither bpy nor any installed package, so that ``addon.core`` can be
used and tested in a bare Python; Blender's part is imported when the extension is enabled.
"""

from __future__ import annotations


def register() -> None:
    """Register every class, property and handler with Blender."""
    from .blender import registry

    registry.register()


def unregister() -> None:
    """Undo :func:`register` completely."""
    from .blender import registry

    registry.unregister()
