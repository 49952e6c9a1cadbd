"""Does one piece of work: within its time, and with a sentence for whatever goes wrong."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from elocute.errors import Cancelled, InputError, UserError
from elocute.freed_memory import give_back_memory
from elocute.pipeline import Pipeline
from elocute.service.contents import ContentLostError
from elocute.service.job import Work
from elocute.service.ledger import INPUT_LOST, Ledger
from elocute.service.messages import ErrorMessage, WindowMessage
from elocute.service.records import Ended
from elocute.service.work import JobResult, run_job
from elocute.stage_clock import StageClock

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ending:
    """How work ended.

    Attributes:
        end: its jobs' state from now on.
        error: why it failed.
        audio_seconds: speech that was worked on; 0 where it was not done.
    """

    end: Ended
    error: ErrorMessage | None = None
    audio_seconds: float = 0.0


class Runner:
    """Does work, and keeps what comes out. Safe to use from several threads.

    Args:
        pipeline: does it.
        ledger: keeps the results.
        longest_seconds: how long one may take.
        lock: guards the works' fields.
    """

    def __init__(
        self, pipeline: Pipeline, ledger: Ledger, longest_seconds: float, lock: threading.Condition
    ) -> None:
        self._pipeline = pipeline
        self._ledger = ledger
        self._longest_seconds = longest_seconds
        self._lock = lock

    def run(self, work: Work) -> Ending:
        """Do it; its result is kept when this returns ``done``."""
        limit = threading.Timer(self._longest_seconds, self._too_long, (work,))
        limit.daemon = True
        limit.start()
        try:
            return self._done(work)
        except Cancelled:
            return self._stopped(work)
        except ContentLostError:
            return Ending("failed", INPUT_LOST)
        except UserError as error:
            return Ending("failed", ErrorMessage(code=error.code, message=error.message, hint=error.hint))
        except Exception:  # noqa: BLE001 - a bug ends the job, not the worker; the user and the log get it
            _log.exception("jobs %s failed", ", ".join(job.record.id for job in work.jobs))
            return Ending(
                "failed",
                ErrorMessage(
                    code="internal",
                    message="Something went wrong inside Elocute.",
                    hint="The service's log says where; please report it.",
                ),
            )
        finally:
            limit.cancel()
            give_back_memory()

    def _done(self, work: Work) -> Ending:
        def listen(stage: str, fraction: float, message: str) -> None:
            with self._lock:
                work.stage, work.fraction, work.message = stage, fraction, message
                self._tell(work)

        def take(window: WindowMessage) -> None:
            with self._lock:
                work.windows.append(window)
                self._tell(work)

        def begin(window: WindowMessage) -> None:
            with self._lock:
                work.opening.append(window)
                self._tell(work)

        clock = StageClock(listen)
        work.progress.listener = clock
        result = run_job(self._pipeline, self._ledger.request(work.inputs), work.progress, take, begin)
        self._keep(work, result, clock.seconds)
        return Ending("done", audio_seconds=result.summary.seconds)

    def _keep(self, work: Work, result: JobResult, seconds: Callable[[], dict[str, float]]) -> None:
        try:
            self._ledger.keep_result(work.key, result, work.windows, seconds())
        except InputError as error:
            _log.error("a result cannot be stored: %s", error)
            raise InputError(
                "The service cannot store the result: its disk is full or does not work.",
                "Free some space for the service, then generate again.",
                code="no_space",
            ) from error

    def _stopped(self, work: Work) -> Ending:
        if work.stop == "too_long":
            minutes = self._longest_seconds / 60
            return Ending(
                "failed",
                ErrorMessage(
                    code="too_long",
                    message=f"The job took longer than the service allows ({minutes:g} minutes).",
                    hint="Send a shorter recording or ask for fewer takes.",
                ),
            )
        return Ending("cancelled")

    def _too_long(self, work: Work) -> None:
        with self._lock:
            work.ask_to_stop("too_long")

    def _tell(self, work: Work) -> None:
        for job in work.jobs:
            job.tell()
