"""The add-on's fixed strings in Blender's languages."""

from __future__ import annotations

from typing import Final

import bpy

from ...core.translations import translations
from ..package import ROOT

_CONTEXTS: Final = ("*", "Operator")
"""Where Blender looks for a text: labels and tooltips, and what stands on buttons."""


def table() -> dict[str, dict[tuple[str, str], str]]:
    """Language -> (context, English text) -> translation, as Blender takes it."""
    return {
        language: {(context, text): translated for text, translated in texts.items() for context in _CONTEXTS}
        for language, texts in translations().items()
    }


def register() -> None:
    """Give Blender the translations."""
    bpy.app.translations.register(ROOT, table())  # type: ignore[arg-type]  # the stubs know no languages


def unregister() -> None:
    """Take them back."""
    bpy.app.translations.unregister(ROOT)
