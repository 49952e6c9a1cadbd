"""What is loaded once in a process, whoever asks first, and however many ask at the same time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from threading import Lock
from typing import Final, Generic, TypeVar, TypeVarTuple

_Told = TypeVarTuple("_Told")
_Loaded = TypeVar("_Loaded")
_MOST: Final = 2


class LoadedOnce(Generic[*_Told, _Loaded]):
    """A function that loads something, as a decorator: it is called once for its arguments.

    ``functools.lru_cache`` calls it once more for a second thread that asks while it loads; here that thread
    waits. What could not be loaded is tried again. The two that were used last are kept.
    """

    def __init__(self, load: Callable[[*_Told], _Loaded]) -> None:
        self._lock = Lock()
        self._known = lru_cache(maxsize=_MOST)(load)
        update_wrapper(self, load)

    def __call__(self, *told: *_Told) -> _Loaded:
        with self._lock:
            return self._known(*told)

    def cache_clear(self) -> None:
        """Forget what was loaded."""
        self._known.cache_clear()
