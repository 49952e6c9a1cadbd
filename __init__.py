"""Blender extension entry point: everything lives in ``addon``."""

from .addon import glTF2_pre_export_callback, glTF2ExportUserExtension, register, unregister

__all__ = ["glTF2ExportUserExtension", "glTF2_pre_export_callback", "register", "unregister"]


def __getattr__(name: str) -> object:
    """``api``, what scripts and other add-ons use; unlike this package it needs Blender."""
    if name == "api":
        from .addon.blender import api

        return api
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
