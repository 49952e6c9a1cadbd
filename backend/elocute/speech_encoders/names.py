"""Names of encoders that need no weights, and what follows from a name. Imports no torch."""

from __future__ import annotations

from typing import Final

MEL: Final = "mel"
PHONES: Final = "phones"
PLAIN: Final[tuple[str, ...]] = (MEL, PHONES)
"""The sound alone, or sound and phones, without a network, where a model's settings name an encoder."""


def hears_phones(source: str) -> bool:
    """Whether the encoder works from phones."""
    return source == PHONES


def packages_of(source: str) -> tuple[str, ...]:
    """Packages that the encoder needs beside torch."""
    return () if source in PLAIN else ("transformers",)
