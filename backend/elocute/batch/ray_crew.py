"""Rows done by the machines of a Ray cluster, as Ray tasks that say what they need.

What is sent is small: recordings and the batch's folder go by their paths, which every machine reaches. A
task that a machine took with it is started again elsewhere by :func:`elocute.batch.crew.run_tasks`, as a row
of a process that died is; Ray itself does not repeat it.
"""

from __future__ import annotations

import os
import pickle
import re
import socket
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from threading import Timer
from types import TracebackType
from typing import Any, Final, Self

from elocute.batch.crew import Lost
from elocute.batch.records import FOLDER
from elocute.batch.settings import Endurance
from elocute.batch.work import RowOutcome, Task, do_rows, failed
from elocute.errors import InputError, SettingsError
from elocute.optional_packages import missing_packages_as_sentence

LARGEST_TASK: Final = 32 * 1024 * 1024
"""Bytes of what a task is told: rows, settings, style files and recorded noise."""
_MEMORY: Final = 1536 * 1024 * 1024
_MOST_AT_ONCE: Final = 4096
_KNOCK_SECONDS: Final = 10.0
_HUNG: Final = 75
"""Exit code of a process that a row took too long in."""


@dataclass(frozen=True)
class RayNeeds:
    """Where the cluster is, and what a group of rows needs of a machine.

    Attributes:
        address: as ``ray.init`` takes it: ``HOST:PORT``, ``auto``, ``ray://HOST:PORT``.
        processors: processors of a task.
        accelerators: GPUs of a task.
    """

    address: str
    processors: int = 1
    accelerators: int = 0


class RayCrew:
    """The machines of a cluster.

    Args:
        needs: where it is, and what rows need.
        endurance: how long a row may take.
        work: what the machines do, for tests.

    Raises:
        SettingsError: Ray is not installed.
    """

    def __init__(
        self,
        needs: RayNeeds,
        endurance: Endurance,
        work: Callable[[bytes, float], tuple[RowOutcome, ...]] | None = None,
    ) -> None:
        with missing_packages_as_sentence():
            import ray
        self._ray: Any = ray
        self._needs = needs
        self._endurance = endurance
        self._work = work or do_told_rows
        self._task: Any = None
        self._in_work: set[Any] = set()
        self._connected = False

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            InputError: no cluster answers.
        """
        needs = self._needs
        if not self._ray.is_initialized():
            try:
                _knock(needs.address)
                self._ray.init(address=needs.address, log_to_driver=False, logging_level="ERROR")
            except (ValueError, RuntimeError, OSError, self._ray.exceptions.RayError) as error:
                raise InputError(
                    f"No Ray cluster answers at {needs.address}.",
                    "Start one with: ray start --head; and give the address that it names.",
                    code="no_cluster",
                ) from error
            self._connected = True
        self._task = self._ray.remote(
            num_cpus=needs.processors, num_gpus=needs.accelerators, memory=_MEMORY, max_retries=0
        )(self._work)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for work in self._in_work:
            self._ray.cancel(work, force=True)
        if self._connected:
            self._ray.shutdown()

    def room(self) -> int:
        """As many groups as the processors of all machines take, which may come and go, and as many again
        that wait for one."""
        processors = int(self._ray.cluster_resources().get("CPU", 0))
        return min(2 * max(processors // self._needs.processors, 1), _MOST_AT_ONCE)

    def begin(self, tasks: tuple[Task, ...]) -> Hashable:
        """Hand a group of rows to the cluster.

        Raises:
            SettingsError: what must be sent is too large.
        """
        told = pickle.dumps(tasks, protocol=5)
        if len(told) > LARGEST_TASK:
            raise SettingsError(
                f"The style files and the noise of the row take {len(told) // 2**20} MiB.",
                f"At most {LARGEST_TASK // 2**20} MiB are sent to another machine.",
                code="too_large",
            )
        work: Hashable = self._task.remote(told, self._endurance.row_seconds * len(tasks))
        self._in_work.add(work)
        return work

    def finished(self, works: Collection[Any], seconds: float) -> Collection[Hashable]:
        """Those of ``works`` that are finished, waiting at most ``seconds`` for one."""
        done: list[Hashable] = self._ray.wait(list(works), num_returns=1, timeout=seconds)[0]
        return done

    def outcomes(self, work: Any) -> tuple[RowOutcome, ...]:
        """What became of the rows of finished work.

        Raises:
            Lost: the machine or the process that did them is gone.
        """
        self._in_work.discard(work)
        errors = self._ray.exceptions
        try:
            told = self._ray.get(work)
        except errors.RayTaskError as error:
            raise error.cause from error
        except errors.RayError as error:
            kind = type(error).__name__
            raise Lost(
                f"The machine or the process that worked on the row is gone ({kind}). Run the batch again."
            ) from error
        outcomes: tuple[RowOutcome, ...] = told
        return outcomes


def _knock(address: str) -> None:
    """See whether anything listens at ``HOST:PORT``, for which Ray would wait many minutes.

    Raises:
        OSError: nothing does.
    """
    found = re.fullmatch(r"(?:ray://)?\[?([^/\]]+)\]?:(\d{1,5})", address)
    if found is not None:
        socket.create_connection((found[1], min(int(found[2]), 65535)), _KNOCK_SECONDS).close()


def do_told_rows(told: bytes, seconds: float) -> tuple[RowOutcome, ...]:
    """Do rows on a machine of the cluster; the process ends where they take too long.

    Args:
        told: the tasks, pickled by :meth:`RayCrew.begin`.
        seconds: longest time.
    """
    tasks: tuple[Task, ...] = pickle.loads(told)  # noqa: S301 - Ray's own way, from the same driver
    watchdog = Timer(seconds, os._exit, (_HUNG,))
    watchdog.daemon = True
    watchdog.start()
    try:
        unreached = [_unreached(task) for task in tasks]
        if any(unreached):
            return tuple(
                RowOutcome(failed(task, text or "A row beside it was not reached."), transient=True)
                for task, text in zip(tasks, unreached, strict=True)
            )
        return do_rows(tasks)
    finally:
        watchdog.cancel()


def _unreached(task: Task) -> str:
    """What of a row this machine does not reach, as a sentence; empty where it reaches all."""
    for path in (task.out / FOLDER, task.row.audio):
        if not path.exists():
            return (
                f"The machine {socket.gethostname()} does not reach {path}. "
                "Give paths that every machine of the cluster reaches."
            )
    return ""
