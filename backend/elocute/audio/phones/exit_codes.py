"""What the phone process ends with; names and numbers of sysexits.h."""

from __future__ import annotations

from typing import Final

FAILED: Final = 70
"""An exception on a request, which would end it again."""
NO_ROOM: Final = 75
"""The machine had no memory, files or disk left for it: the same request may go well later."""
