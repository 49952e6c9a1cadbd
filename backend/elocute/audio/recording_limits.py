"""How long a recording may be; apart, so that it is known without loading any decoder."""

from __future__ import annotations

from typing import Final

LONGEST_SECONDS: Final = 1800.0
"""Longest recording accepted where nothing else is asked for."""

SHORTEST_SECONDS: Final = 0.3
"""Shortest recording accepted: less holds no syllable."""
