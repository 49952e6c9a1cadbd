"""Blender extension entry point: everything lives in ``addon``."""

from .addon import register, unregister

__all__ = ["register", "unregister"]
