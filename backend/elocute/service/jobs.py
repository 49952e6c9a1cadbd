"""Jobs: a bounded queue, one worker, and finished results kept for a while."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal

from elocute.errors import Cancelled, UserError
from elocute.pipeline import Pipeline, StageClock
from elocute.progress import Progress
from elocute.service.config import Limits
from elocute.service.messages import ErrorMessage, JobState, JobSummary, PhoneList, WindowMessage
from elocute.service.replies import RequestRefused
from elocute.service.work import JobRequest, JobResult, run_job

_log = logging.getLogger(__name__)

State = Literal["queued", "running", "cancelling", "done", "failed", "cancelled"]
ENDED: Final[frozenset[str]] = frozenset({"done", "failed", "cancelled"})


@dataclass
class _Job:
    """One job. Every field but ``progress`` is guarded by the queue's lock."""

    id: str
    kind: Literal["generate", "phones"]
    request: JobRequest | None
    progress: Progress
    state: State = "queued"
    stage: str = ""
    fraction: float = 0.0
    message: str = ""
    error: ErrorMessage | None = None
    summary: JobSummary | None = None
    result: JobResult = field(default_factory=JobResult)
    windows: list[WindowMessage] = field(default_factory=list)
    ended: float = 0.0
    listeners: set[Callable[[], None]] = field(default_factory=set)

    @property
    def kept_bytes(self) -> int:
        """Size of what it has made, nearly."""
        return self.result.size + sum(len(clip) for window in self.windows for clip in window.clips)


News = tuple[JobState, tuple[WindowMessage, ...]]


@dataclass(frozen=True)
class Following:
    """One job as it goes on, also after the queue has forgotten it: a listener always hears how it ends.

    Attributes:
        news: given how many windows were seen, returns where the job stands and its further windows, both of
            one moment.
        end: stops the calls of the listener.
    """

    news: Callable[[int], News]
    end: Callable[[], None]


class JobQueue:
    """Takes jobs, runs them one after the other in its own thread, keeps what came out.

    Safe to use from any thread. :meth:`close` ends the thread.
    """

    def __init__(self, pipeline: Pipeline, limits: Limits) -> None:
        self._pipeline = pipeline
        self._limits = limits
        self._lock = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._jobs: OrderedDict[str, _Job] = OrderedDict()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="elocute-jobs", daemon=True)
        self._thread.start()

    def submit(self, request: JobRequest) -> JobState:
        """Queue a job and return its state.

        Raises:
            SettingsError: the model cannot do what is asked.
            RequestRefused: too much waits already, or the service is ending.
        """
        kind, settings = request.settings.kind, request.settings
        wanted = request.performance()
        if kind == "generate":
            self._pipeline.check(wanted)
        else:
            self._pipeline.check_speech(settings.transcript, settings.language)
        with self._lock:
            if self._closed:
                raise RequestRefused(503, _error("ending", "The service is shutting down."))
            waiting_bytes = sum(job.request.size for job in self._waiting if job.request is not None)
            if (
                len(self._waiting) >= self._limits.waiting_jobs
                or waiting_bytes + request.size > self._limits.waiting_bytes
            ):
                raise RequestRefused(
                    429,
                    _error("busy", "The service has too many jobs waiting.", "Try again when some are done."),
                )
            job = _Job(uuid.uuid4().hex, kind, request, Progress())
            job.progress.listener = lambda *report: self._report(job, *report)
            self._jobs[job.id] = job
            self._waiting.append(job)
            self._forget_old()
            self._lock.notify_all()
            return self._snapshot(job)

    def state(self, job_id: str) -> JobState:
        """Return where a job stands.

        Raises:
            RequestRefused: there is no such job (any more).
        """
        with self._lock:
            return self._snapshot(self._find(job_id))

    def clip(self, job_id: str, take: int) -> bytes:
        """Return the npz of take ``take`` (from 0).

        Raises:
            RequestRefused: unknown job or take, or the job is not done.
        """
        with self._lock:
            job = self._done(job_id)
            if not 0 <= take < len(job.result.clips):
                raise RequestRefused(
                    404,
                    _error(
                        "unknown_take",
                        f"The job has no take {take}.",
                        f"It has {len(job.result.clips)} takes, numbered from 0.",
                    ),
                )
            return job.result.clips[take]

    def phones(self, job_id: str) -> PhoneList:
        """Return the phones of a job.

        Raises:
            RequestRefused: unknown job, or the job is not done.
        """
        with self._lock:
            phones = self._done(job_id).result.phones
        if phones is None:
            raise RequestRefused(404, _error("no_phones", "The job has no phones."))
        return phones

    def cancel(self, job_id: str) -> JobState:
        """Stop a waiting or running job; forget one that has ended.

        Raises:
            RequestRefused: there is no such job (any more).
        """
        with self._lock:
            job = self._find(job_id)
            if job.state in ENDED:
                del self._jobs[job_id]
            else:
                self._cancel(job)
            return self._snapshot(job)

    def follow(self, job_id: str, listener: Callable[[], None]) -> Following:
        """Call ``listener`` after each change of a job, from any thread, until the following is ended.

        Raises:
            RequestRefused: there is no such job (any more).
        """
        with self._lock:
            job = self._find(job_id)
            job.listeners.add(listener)

        def news(windows_seen: int) -> News:
            with self._lock:
                return self._snapshot(job), tuple(job.windows[windows_seen:])

        def end() -> None:
            with self._lock:
                job.listeners.discard(listener)

        return Following(news, end)

    def close(self, timeout: float = 0.0) -> bool:
        """Cancel everything and take no more; True when the worker ended within ``timeout`` seconds."""
        with self._lock:
            self._closed = True
            for job in list(self._jobs.values()):
                self._cancel(job)
            self._lock.notify_all()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            clock = StageClock(job.progress.listener)
            job.progress.listener = clock
            try:
                if job.request is None:
                    raise AssertionError("a waiting job holds its request")
                result = run_job(self._pipeline, job.request, job.progress, partial(self._take_window, job))
                self._end(job, "done", result=result, stage_seconds=clock.seconds())
            except Cancelled:
                self._end(job, "cancelled")
            except UserError as error:
                self._end(job, "failed", error=_error(error.code, error.message, error.hint))
            except Exception:  # noqa: BLE001 - a bug ends the job, not the worker; the user and the log get it
                _log.exception("job %s failed", job.id)
                self._end(
                    job,
                    "failed",
                    error=_error(
                        "internal",
                        "Something went wrong inside Elocute.",
                        "The service's log says where; please report it.",
                    ),
                )

    def _next(self) -> _Job | None:
        with self._lock:
            while not self._waiting and not self._closed:
                self._lock.wait()
            if self._closed:
                return None
            job = self._waiting.popleft()
            job.state = "running"
            self._tell(job, *self._waiting)
            return job

    def _report(self, job: _Job, stage: str, fraction: float, message: str) -> None:
        with self._lock:
            job.stage, job.fraction, job.message = stage, fraction, message
            self._tell(job)

    def _take_window(self, job: _Job, window: WindowMessage) -> None:
        with self._lock:
            job.windows.append(window)
            self._tell(job)

    def _end(
        self,
        job: _Job,
        state: State,
        *,
        result: JobResult | None = None,
        stage_seconds: Mapping[str, float] | None = None,
        error: ErrorMessage | None = None,
    ) -> None:
        with self._lock:
            job.state, job.error, job.request, job.ended = state, error, None, time.monotonic()
            if result is not None:
                job.result = result
                if result.summary is not None:
                    job.summary = result.summary.model_copy(update={"stage_seconds": stage_seconds or {}})
                job.fraction = 1.0
            else:
                job.windows.clear()
            self._jobs.move_to_end(job.id)  # newest last
            self._forget_old()
            self._tell(job)

    def _cancel(self, job: _Job) -> None:
        job.progress.cancel()
        if job.state == "queued":
            self._waiting.remove(job)
            job.state, job.request, job.ended = "cancelled", None, time.monotonic()
            self._jobs.move_to_end(job.id)  # those that ended are kept in the order of their ends
            self._tell(job, *self._waiting)
        elif job.state == "running":
            job.state = "cancelling"
            self._tell(job)

    def _tell(self, *jobs: _Job) -> None:
        for job in jobs:
            for listener in job.listeners:
                listener()

    def _find(self, job_id: str) -> _Job:
        self._forget_old()
        try:
            return self._jobs[job_id]
        except KeyError:
            raise RequestRefused(
                404,
                _error("unknown_job", "The service has no such job.", "It may be too old; generate again."),
            ) from None

    def _done(self, job_id: str) -> _Job:
        job = self._find(job_id)
        if job.state != "done":
            raise RequestRefused(
                409,
                _error(
                    "not_done", f"The job is {job.state}, so there is no result.", "Wait until it is done."
                ),
            )
        return job

    def _forget_old(self) -> None:
        ended = [job for job in self._jobs.values() if job.state in ENDED]
        size = sum(job.kept_bytes for job in ended)
        count, now = len(ended), time.monotonic()
        for job in ended[:-1]:  # the newest is always kept
            old = now - job.ended > self._limits.kept_seconds
            if not old and count <= self._limits.kept_jobs and size <= self._limits.kept_bytes:
                break
            del self._jobs[job.id]
            count, size = count - 1, size - job.kept_bytes

    def _snapshot(self, job: _Job) -> JobState:
        return JobState(
            id=job.id,
            kind=job.kind,
            state=job.state,
            queue_position=self._waiting.index(job) + 1 if job.state == "queued" else 0,
            stage=job.stage,
            fraction=job.fraction,
            message=job.message,
            error=job.error,
            summary=job.summary,
        )


def _error(code: str, message: str, hint: str = "") -> ErrorMessage:
    return ErrorMessage(code=code, message=message, hint=hint)
