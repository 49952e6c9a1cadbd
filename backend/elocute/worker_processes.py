"""Processes of multiprocessing that end with the one that started them, however that one ends.

By themselves they go on when it is killed: ``daemon`` and ``terminate`` need it to be alive. Each of them
watches it (every system has something to wait for), and Linux is asked to end it too, which also reaches a
process that computes without letting any thread run. Everything of Elocute that starts processes of
multiprocessing starts them here, or calls :func:`end_with_starter` first in them.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, Final

from elocute.audio.lifeline import end_with_parent

SPAWN: Final = multiprocessing.get_context("spawn")
"""How they are started, on every system: a fork copies threads' locks without the threads."""
_LEFT_ALONE: Final = 1


def worker(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    """A process, not started yet, that does ``work``.

    Linux ends it with the *thread* that starts it, so that has to stay for as long as it is wanted.
    """
    return SPAWN.Process(target=_do, args=(_Later(work, arguments),), daemon=True)


def worker_pool(processes: int) -> ProcessPoolExecutor:
    """A pool of such processes; the thread that gives it its first work has to stay."""
    return ProcessPoolExecutor(processes, mp_context=SPAWN, initializer=end_with_starter)


def end_with_starter() -> None:
    """Have this process end when the one that started it does. The first thing that a worker does."""
    starter = multiprocessing.parent_process()
    if starter is None:
        return
    end_with_parent()

    def wait() -> None:
        starter.join()
        os._exit(_LEFT_ALONE)  # nobody is left who could use what is being computed

    threading.Thread(target=wait, name="starter-watch", daemon=True).start()


class _Later:
    """Work that is unpickled only once it is asked for: that imports what may take long."""

    def __init__(self, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self._content: Any = (work, arguments)

    def __getstate__(self) -> bytes:
        return bytes(ForkingPickler.dumps(self._content))

    def __setstate__(self, pickled: bytes) -> None:
        self._content = pickled

    def do(self) -> None:
        work, arguments = pickle.loads(self._content)  # noqa: S301 - from the process that started this one
        work(*arguments)


def _do(later: _Later) -> None:
    end_with_starter()
    later.do()
