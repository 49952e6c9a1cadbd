"""How much memory the decode process may take: a damaged header may ask for any amount."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from elocute.audio.speech_features import SAMPLE_RATE

_SPARE: Final = 1 << 30
"""For FFmpeg's and libsndfile's own buffers, libraries loaded at first use and the heap's reserve."""
_COPIES: Final = 6
"""Of the longest sound: two readers' attempts and a channel alone, each in pieces and joined."""
_COPIES_OF_FILE: Final = 3
"""Of a file that is sent as bytes: the blocks that come in and what they are joined to."""
_LARGEST: Final = 1 << 62


def memory_for(max_seconds: float, size: int) -> int:
    """Bytes that decoding may take.

    Args:
        max_seconds: longest sound accepted.
        size: bytes of the file that are held in memory.
    """
    longest = min(max_seconds * SAMPLE_RATE * 4 * _COPIES, float(_LARGEST // 2))
    return min(_SPARE + int(longest) + _COPIES_OF_FILE * size, _LARGEST)


class MemoryBound:
    """The address space of this process as it is now, and a bound above it. Linux alone has one."""

    def __init__(self) -> None:
        self._used = _address_space()

    def allow(self, more: int) -> None:
        """From now on at most ``more`` bytes above what was in use at first."""
        if sys.platform != "linux":
            return
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        bound = self._used + more
        if most != resource.RLIM_INFINITY:
            bound = min(bound, most)
        resource.setrlimit(resource.RLIMIT_AS, (bound, most))


def _address_space() -> int:
    if sys.platform != "linux":
        return 0
    import resource

    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * resource.getpagesize()
