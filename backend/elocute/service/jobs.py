"""Jobs: a bounded queue that is fair between clients, workers, and results kept for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from elocute.errors import InputError, counted
from elocute.pipeline import Pipeline
from elocute.service.admission import Admission
from elocute.service.config import Limits
from elocute.service.contents import ContentLostError
from elocute.service.data_folder import Store, store_in_memory
from elocute.service.following import Following, News
from elocute.service.intake import taken_up, written_down
from elocute.service.job import Job, Work
from elocute.service.job_key import job_key
from elocute.service.ledger import INPUT_LOST, Ledger
from elocute.service.messages import ErrorMessage, JobState, PhoneList, WindowMessage
from elocute.service.observer import Figures, NoObserver, Observer, Way
from elocute.service.records import ResultRecord
from elocute.service.replies import RequestRefused, refused
from elocute.service.runner import Ending, Runner
from elocute.service.work import JobRequest
from elocute.service.works import Works
from elocute.storage.digest import content_digest

LOCAL: Final = "local"
"""The client of jobs that come without one."""
HOUSEKEEPING_SECONDS: Final = 20.0
"""What is too old is removed so often, also when nothing happens."""


class JobQueue:
    """Takes jobs, lets workers do them, keeps what came out. Safe to use from any thread.

    Jobs that ask for the same share one work, and find its result later. What the store's journal knows from
    an earlier process goes on: jobs that had not ended are queued again. :meth:`close` ends the workers.

    Args:
        pipeline: does the work.
        limits: bounds.
        store: where jobs and results are kept, closed by its owner after the queue; None for memory.
        observer: hears what happens.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        limits: Limits,
        store: Store | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._limits = limits
        self._observer: Observer = observer or NoObserver()
        self._lock = threading.Condition()
        self._ledger = Ledger(store or store_in_memory(), limits, self._lock)
        self._works = Works()
        self._admission = Admission(limits, self._observer)
        self._closed = False
        self._tidy_due = time.monotonic()
        self._resume()
        runner = Runner(pipeline, self._ledger, limits.job_seconds, self._lock)
        self._threads = [
            threading.Thread(target=self._work, args=(runner,), name=f"elocute-jobs-{number}", daemon=True)
            for number in range(limits.running_jobs)
        ]
        for thread in self._threads:
            thread.start()

    @contextmanager
    def room_for(self, size: int) -> Iterator[None]:
        """Keep room for a request of so many bytes while it is received.

        Raises:
            RequestRefused: too much waits or is received already, or the service is ending.
        """
        with self._lock:
            if self._closed:
                raise self._admission.ending()
            self._admission.begin_upload(size, self._works.waiting())
        try:
            yield
        finally:
            with self._lock:
                self._admission.end_upload(size)

    def submit(self, request: JobRequest, client: str = LOCAL) -> JobState:
        """Queue a job and return its state; where the result is there already, it is done at once.

        A job that is returned is not forgotten, whatever becomes of the process, if the store lasts.

        Raises:
            SettingsError: the model cannot do what is asked.
            RequestRefused: too much waits already, nothing can be stored, or the service is ending.
        """
        key = job_key(self._pipeline, request, content_digest(request.audio))
        with self._lock:
            if self._closed:
                raise self._admission.ending()
            if self._ledger.use(key) is not None:
                size = None
            else:
                joins = key in self._works
                size = 0 if joins else request.size
                self._admission.begin_job(client, size, self._works.waiting(), joins=joins)
        try:
            record = written_down(self._ledger, request, client, key, with_inputs=size is not None)
        except InputError as error:
            raise self._admission.disk_full() from error
        finally:
            if size is not None:
                with self._lock:
                    self._admission.end_job(client, size)
        with self._lock:
            job = self._ledger.accept(record)
            if self._closed and not self._ledger.lasting:
                self._ledger.end(job, "cancelled")
            else:
                self._observer.accepted(record.kind, self._enter(job))
            self._ledger.retire()
            self._lock.notify_all()
            state = self._snapshot(job)
        self._ledger.write()
        return state

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
        result = self._result(job_id)
        if not 0 <= take < len(result.clips):
            raise refused(
                404,
                "unknown_take",
                f"The job has no take {take}.",
                f"It has {counted(len(result.clips), 'take')}, numbered from 0.",
            )
        with self._files_of(result):
            return self._ledger.clip(result, take)

    def phones(self, job_id: str) -> PhoneList:
        """Return the phones of a job.

        Raises:
            RequestRefused: unknown job, or the job is not done.
        """
        result = self._result(job_id)
        with self._files_of(result):
            return self._ledger.phones(result)

    def cancel(self, job_id: str) -> JobState:
        """Stop a waiting or running job; forget one that has ended.

        Raises:
            RequestRefused: there is no such job (any more).
        """
        with self._lock:
            job = self._find(job_id)
            if job.ended:
                self._ledger.forget(job)
            else:
                self._cancel(job)
            state = self._snapshot(job)
        self._ledger.write()
        return state

    def follow(self, job_id: str, listener: Callable[[], None], *, windows: bool = True) -> Following:
        """Call ``listener`` after each change of a job, from any thread, until the following is ended.

        Args:
            job_id: which job.
            listener: called without arguments.
            windows: whether its windows are wanted.

        Raises:
            RequestRefused: there is no such job (any more), or its windows are gone.
        """
        with self._lock:
            job = self._find(job_id)
            work = job.work
            result = self._ledger.results.get(job.record.key) if job.state == "done" else None
            job.listeners.add(listener)
            inputs = job.record.inputs
            begun = windows and inputs is not None and inputs.settings.opening
        made: tuple[WindowMessage, ...] = ()
        if result is not None and windows:
            with self._files_of(result):
                made = self._ledger.windows(result)

        def news(seen: int, seen_of_opening: int) -> News:
            with self._lock:
                source = made if result is not None or work is None else work.windows
                new = tuple(source[seen:]) if windows else ()
                opening: tuple[WindowMessage, ...] = ()
                if begun and work is not None and not work.windows:
                    opening = tuple(work.opening[seen_of_opening:])
                over = job.ended or (self._closed and self._ledger.lasting)
                return News(self._snapshot(job), new, opening, over)

        def end() -> None:
            with self._lock:
                job.listeners.discard(listener)

        return Following(news, end)

    def figures(self) -> Figures:
        """How much there is."""
        with self._lock:
            return Figures(
                waiting=len(self._works.queued),
                clients=self._works.clients,
                running=self._works.running,
                waiting_bytes=self._works.waiting().bytes + self._admission.uploading_bytes,
                results=len(self._ledger.results),
                result_bytes=self._ledger.result_bytes,
            )

    def close(self, timeout: float = 0.0) -> bool:
        """Take no more and stop all work; True when the workers ended within ``timeout`` seconds.

        Where the journal lasts, jobs that have not ended stay in it for the next process; else they are
        cancelled.
        """
        with self._lock:
            self._closed = True
            for job in list(self._ledger.jobs.values()):
                if job.ended:
                    continue
                if not self._ledger.lasting:
                    self._cancel(job)
                elif job.work is not None and job.work.running:
                    job.work.ask_to_stop("closing")
                job.tell()
            self._lock.notify_all()
        self._ledger.write()
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    @property
    def working(self) -> bool:
        """Whether jobs are taken and every worker lives."""
        return not self._closed and all(thread.is_alive() for thread in self._threads)

    def _resume(self) -> None:
        """Go on with what an earlier process left."""
        for record in self._ledger.load():
            taken = taken_up(record, self._pipeline, self._ledger, self._limits.starts)
            with self._lock:
                job = self._ledger.accept(record)
                if isinstance(taken, ErrorMessage):
                    self._ledger.end(job, "failed", taken)
                else:
                    job.record = taken
                    self._enter(job)
        with self._lock:
            self._ledger.retire()
        self._ledger.write()

    def _enter(self, job: Job) -> Way:
        """Let a job wait for its work, or end it where its result is there."""
        record = job.record
        if self._ledger.has_result(record.key):
            self._ledger.end(job, "done")
            return "cached"
        if record.inputs is None:  # the result was there a moment ago, and had to go
            self._ledger.end(job, "failed", INPUT_LOST)
            return "cached"
        way = self._works.join(job)
        if job.state == "running":
            self._ledger.began(job)
        return way

    def _work(self, runner: Runner) -> None:
        while (work := self._next()) is not None:
            began = time.monotonic()
            self._ledger.write()  # that it was begun
            ending = runner.run(work)
            self._ended(work, ending, time.monotonic() - began)
            self._ledger.write()
            self._tidy_when_due()

    def _next(self) -> Work | None:
        while True:
            with self._lock:
                if self._closed:
                    return None
                if (work := self._works.begin()) is not None:
                    self._begun(work)
                    return work
                self._lock.wait(HOUSEKEEPING_SECONDS)
            self._tidy_when_due()

    def _tidy_when_due(self) -> None:
        with self._lock:
            now = time.monotonic()
            if now < self._tidy_due:
                return
            self._tidy_due = now + HOUSEKEEPING_SECONDS
        self._ledger.tidy()

    def _begun(self, work: Work) -> None:
        for job in work.jobs:
            self._ledger.began(job)
        self._observer.waited(time.monotonic() - min(job.since for job in work.jobs))
        self._tell(*work.jobs, *self._works.queued)

    def _ended(self, work: Work, ending: Ending, seconds: float) -> None:
        with self._lock:
            kind = work.inputs.settings.kind
            back = ending.end != "done" and self._closed and self._ledger.lasting and work.stop != "cancelled"
            self._observer.worked(kind, "returned" if back else ending.end, seconds, ending.audio_seconds)
            if not back:
                self._admission.rate.job_took(seconds)
            work.opening.clear()
            if ending.end != "done":
                work.windows.clear()
            for job in self._works.ended(work):
                if back:
                    self._ledger.gave_back(job)
                    job.state = "queued"
                    job.tell()
                else:
                    self._ledger.end(job, ending.end, ending.error)
            self._ledger.retire()

    def _cancel(self, job: Job) -> None:
        if self._works.withdraw(job):
            self._ledger.end(job, "cancelled")
            self._tell(*self._works.queued)
        elif job.work is not None:
            job.work.ask_to_stop("cancelled")
            job.state = "cancelling"
            job.tell()

    def _tell(self, *jobs: Job) -> None:
        for job in jobs:
            job.tell()

    def _find(self, job_id: str) -> Job:
        job = self._ledger.jobs.get(job_id)
        if job is None or self._ledger.is_old(job):
            raise refused(
                404, "unknown_job", "The service has no such job.", "It may be too old; generate again."
            )
        return job

    def _result(self, job_id: str) -> ResultRecord:
        with self._lock:
            job = self._find(job_id)
            if job.state != "done":
                raise refused(
                    409,
                    "not_done",
                    f"The job is {job.state}, so there is no result.",
                    "Wait until it is done.",
                )
            result = self._ledger.results.get(job.record.key)
        if result is None:
            raise _gone()
        return result

    @contextmanager
    def _files_of(self, result: ResultRecord) -> Iterator[None]:
        try:
            yield
        except ContentLostError as error:
            with self._lock:
                self._ledger.lose_result(result.key)
            self._ledger.write()
            raise _gone() from error

    def _snapshot(self, job: Job) -> JobState:
        return job.snapshot(self._works.position(job) if job.state == "queued" else 0)


def _gone() -> RequestRefused:
    return refused(404, "result_gone", "The result of this job can no longer be read.", "Generate it again.")
