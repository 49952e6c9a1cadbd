"""Memory that is free again goes back to the system."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache


def give_back_memory() -> None:
    """Have the C library hand back what was freed; some milliseconds.

    glibc keeps what was freed, in a heap for each thread, and a long recording leaves much. Elsewhere nothing
    is done: other C libraries keep less, or cannot be asked.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@lru_cache(maxsize=1)
def _trim() -> Callable[[int], int] | None:
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # Windows names no such library
        return None
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    found: Callable[[int], int] = trim
    return found
