"""Models and styles that Elocute comes with, for menus before a service has listed its models.

``tests/contract`` compares them with the backend's.
"""

from __future__ import annotations

from typing import Final

KNOWN_MODELS: Final = ("elocute-lite", "rules")
"""The default first."""

KNOWN_STYLES: Final = (
    "neutral",
    "lively",
    "calm",
    "mumbled",
    "over-articulated",
    "newsreader",
    "cheerful",
    "tired",
    "happy",
    "sad",
    "angry",
    "afraid",
    "surprised",
    "disgusted",
)
"""Those of each of the models, the default first."""
