"""Parts of sentences that users read."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names as they stand in a sentence."""
    return ", ".join(names[:most]) + (" and others" if len(names) > most else "")
