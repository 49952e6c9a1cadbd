"""Blender extension entry point: everything lives in ``addon``."""

from .addon import glTF2ExportUserExtension, register, unregister

__all__ = ["glTF2ExportUserExtension", "register", "unregister"]
