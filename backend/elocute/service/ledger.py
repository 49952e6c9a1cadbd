"""The jobs and results that a service knows: in memory, and in its journal after each change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from elocute.errors import InputError
from elocute.service.config import Limits
from elocute.service.data_folder import Store
from elocute.service.job import Job
from elocute.service.messages import ErrorMessage, PhoneList, WindowMessage
from elocute.service.records import Ended, Inputs, JobRecord, ResultRecord
from elocute.service.retention import KeepingLimits, Kept, too_many
from elocute.service.work import ATTACHED, JobRequest, JobResult

_log = logging.getLogger(__name__)


@dataclass
class _Changes:
    """What has to be written down."""

    saved: list[JobRecord] = field(default_factory=list)
    used: list[ResultRecord] = field(default_factory=list)
    forgotten_jobs: list[str] = field(default_factory=list)
    forgotten_results: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)


class Ledger:
    """Jobs by their ids and results by their keys.

    What is said to need the lock is called while ``lock`` is held, and is written down by the next
    :meth:`write`, which is called without it: the disk may be slow.

    Args:
        store: where things are kept.
        limits: how much is kept, and for how long.
        lock: the owner's.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        store: Store,
        limits: Limits,
        lock: threading.Condition,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._limits = limits
        self._lock = lock
        self._writing = threading.Lock()  # so that changes are written in the order in which they were made
        self._changes = _Changes()
        self._now = clock
        self.jobs: dict[str, Job] = {}
        self._ended: dict[str, Job] = {}  # the one that ended first comes first
        self.results: dict[str, ResultRecord] = {}  # the one that was of no use for longest comes first
        self.result_bytes = 0

    @property
    def lasting(self) -> bool:
        """Whether another process will know what this one knew."""
        return self._store.journal.lasting

    def load(self) -> list[JobRecord]:
        """Take over what an earlier process left.

        Returns:
            Jobs that have not ended, in the order in which they were accepted; their inputs are held.
            One whose inputs are gone has failed.
        """
        store, unfinished = self._store, []
        for result in sorted(store.journal.results(), key=lambda one: one.used):
            if store.contents.adopt(*result.digests):
                self._put_result(result)
            else:
                self._changes.forgotten_results.append(result.key)
        in_order = sorted(store.journal.jobs(), key=lambda one: (one.end is None, one.ended))
        for record in in_order:  # those that have ended first; the others stay in their order
            if record.end is None:
                if record.inputs is not None and store.contents.adopt(*record.inputs.digests):
                    unfinished.append(record)
                else:
                    self.end(self._add(record.model_copy(update={"inputs": None})), "failed", INPUT_LOST)
            elif record.end == "done" and record.key not in self.results:
                self._changes.forgotten_jobs.append(record.id)
            else:
                self._add(record)
        store.contents.remove_strays()
        return unfinished

    def accept(self, record: JobRecord) -> Job:
        """Know a job that is in the journal; needs the lock."""
        return self._add(record)

    def write_down(self, record: JobRecord) -> None:
        """Put a new job into the journal, before anybody is told that it was accepted.

        Raises:
            InputError: the disk is full, or fails.
        """
        self._store.journal.save_jobs([record])

    def hold_inputs(self, request: JobRequest) -> Inputs:
        """Keep what a job was sent.

        Raises:
            InputError: the disk is full, or fails.
        """
        contents, held = self._store.contents, []
        try:
            for content in (request.audio, *request.styles.values(), *request.attached.values()):
                held.append(contents.hold(content))
        except InputError:
            contents.release(*held)
            raise
        audio, *others = held
        styles = dict(zip(request.styles, others, strict=False))
        attached = dict(zip(request.attached, others[len(styles) :], strict=True))
        return Inputs(
            settings=request.settings, audio=audio, styles=styles, attached=attached, size=request.size
        )

    def release_inputs(self, inputs: Inputs) -> None:
        """Give up the inputs of a job that was not accepted after all."""
        self._store.contents.release(*inputs.digests)

    def request(self, inputs: Inputs, *, with_audio: bool = True) -> JobRequest:
        """The request that was kept; its recording is left out where it is not wanted.

        Raises:
            ContentLostError: a file is gone.
        """
        read = self._store.contents.read
        return JobRequest(
            read(inputs.audio) if with_audio else b"",
            inputs.settings,
            {name: read(digest) for name, digest in inputs.styles.items()},
            **{name: read(digest) for name, digest in inputs.attached.items() if name in ATTACHED},
        )

    def began(self, job: Job) -> None:
        """Note that its work begins; needs the lock."""
        self._save(job, starts=job.record.starts + 1)

    def gave_back(self, job: Job) -> None:
        """Note that its work was stopped in good order, for the next process to begin; needs the lock."""
        self._save(job, starts=max(0, job.record.starts - 1))

    def end(self, job: Job, end: Ended, error: ErrorMessage | None = None) -> None:
        """Note how a job ended; its inputs go. Needs the lock."""
        if job.record.inputs is not None:
            self._changes.released += job.record.inputs.digests
        self._save(job, inputs=None, end=end, ended=self._now(), error=error)
        self._show(job)
        job.tell()

    def forget(self, job: Job) -> None:
        """Forget a job that has ended; what was made stays for others who ask for it. Needs the lock."""
        del self.jobs[job.record.id]
        del self._ended[job.record.id]
        self._changes.forgotten_jobs.append(job.record.id)

    def use(self, key: str) -> ResultRecord | None:
        """The result for a key, which is of use now; None where a new job finds none. Needs the lock."""
        if not self.has_result(key):
            return None
        known = self.results[key]
        self._take_result(key)
        used = self._put_result(known.model_copy(update={"used": self._now()}))
        self._changes.used.append(used)
        return used

    def has_result(self, key: str) -> bool:
        """Whether there is a result for new jobs with a key. Needs the lock."""
        return key in self.results and not self.results[key].makeshift

    def keep_result(
        self,
        key: str,
        result: JobResult,
        windows: Sequence[WindowMessage],
        stage_seconds: Mapping[str, float],
    ) -> None:
        """Keep what was made, also in the journal; takes the lock itself.

        Raises:
            InputError: the disk is full, or fails.
        """
        lines = "\n".join(window.model_dump_json() for window in windows)
        parts = (*result.clips, lines.encode(), result.phones.model_dump_json().encode())
        contents, held = self._store.contents, []
        try:
            for part in parts:
                held.append(contents.hold(part))
            record = ResultRecord(
                key=key,
                summary=result.summary.model_copy(update={"stage_seconds": stage_seconds}),
                clips=tuple(held[:-2]),
                windows=held[-2],
                phones=held[-1],
                size=sum(map(len, parts)),
                used=self._now(),
                makeshift=result.makeshift,
            )
            self._store.journal.save_result(record)
        except InputError:
            contents.release(*held)
            raise
        with self._lock:
            before = self._take_result(key)
            self._put_result(record)
            if before is not None:
                self._changes.released += before.digests

    def clip(self, result: ResultRecord, take: int) -> bytes:
        """A take's file.

        Raises:
            ContentLostError: it is gone.
        """
        return self._store.contents.read(result.clips[take])

    def phones(self, result: ResultRecord) -> PhoneList:
        """The phones.

        Raises:
            ContentLostError: they are gone.
        """
        return PhoneList.model_validate_json(self._store.contents.read(result.phones))

    def windows(self, result: ResultRecord) -> tuple[WindowMessage, ...]:
        """The windows of motion, as they were made.

        Raises:
            ContentLostError: they are gone.
        """
        lines = self._store.contents.read(result.windows).splitlines()
        return tuple(WindowMessage.model_validate_json(line) for line in lines)

    def lose_result(self, key: str) -> None:
        """Forget a result whose files are gone, and the jobs that had it; needs the lock."""
        self._drop_result(key)
        self._forget_without_result()

    def is_old(self, job: Job) -> bool:
        """Whether a job has ended too long ago."""
        return job.ended and self._now() - job.record.ended > self._limits.kept_seconds

    def retire(self) -> None:
        """Forget what is too old or too much; needs the lock."""
        limits, now = self._limits, self._now()
        by_size = KeepingLimits(limits.kept_seconds, limits.kept_bytes, limits.kept_jobs)
        results = (Kept(one.key, one.used, one.size) for one in self.results.values())
        gone = too_many(results, len(self.results), self.result_bytes, by_size, now)
        for key in gone:
            self._drop_result(key)
        if gone:
            self._forget_without_result()
        ended = (Kept(one.record.id, one.record.ended) for one in self._ended.values())
        by_count = KeepingLimits(limits.kept_seconds, 0, limits.kept_jobs)
        for job_id in too_many(ended, len(self._ended), 0, by_count, now):
            self.forget(self.jobs[job_id])

    def write(self) -> None:
        """Write every change down; without the lock. When it returns, earlier changes are written."""
        with self._writing:
            with self._lock:
                changes, self._changes = self._changes, _Changes()
            journal = self._store.journal
            try:
                if changes.saved:
                    journal.save_jobs(changes.saved)
                for record in changes.used:
                    journal.save_result(record)
                if changes.forgotten_jobs or changes.forgotten_results:
                    journal.forget(changes.forgotten_jobs, changes.forgotten_results)
            except InputError as error:  # a job that has ended is done again by the next process
                _log.error("what became of jobs was not written down: %s", error)
            self._store.contents.release(*changes.released)

    def tidy(self) -> None:
        """Forget what is too old, though nothing happens; takes the lock itself."""
        with self._lock:
            self.retire()
        self.write()
        self._store.tidy(self._limits.kept_seconds)

    def _drop_result(self, key: str) -> None:
        """Forget a result, so that it is made again; needs the lock."""
        known = self._take_result(key)
        if known is not None:
            self._changes.forgotten_results.append(key)
            self._changes.released += known.digests

    def _take_result(self, key: str) -> ResultRecord | None:
        known = self.results.pop(key, None)
        if known is not None:
            self.result_bytes -= known.size
        return known

    def _put_result(self, record: ResultRecord) -> ResultRecord:
        self.results[record.key] = record
        self.result_bytes += record.size
        return record

    def _forget_without_result(self) -> None:
        for job in [one for one in self._ended.values() if one.state == "done"]:
            if job.record.key not in self.results:
                self.forget(job)

    def _add(self, record: JobRecord) -> Job:
        job = self.jobs[record.id] = Job(record)
        self._show(job)
        return job

    def _save(self, job: Job, **changed: object) -> None:
        job.record = job.record.model_copy(update=changed)
        self._changes.saved.append(job.record)

    def _show(self, job: Job) -> None:
        """Bring the job's state in line with its record."""
        if job.record.end is None:
            return
        job.state = job.record.end
        self._ended[job.record.id] = job
        if job.state == "done" and job.record.key in self.results:
            job.summary = self.results[job.record.key].summary


INPUT_LOST = ErrorMessage(
    code="internal",
    message="What was sent for this job can no longer be read.",
    hint="Send it again.",
)
