"""Which jobs wait for which work, and which work is begun next. It does nothing itself and keeps nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from elocute.service.fair_queue import FairQueue
from elocute.service.job import Job, Work
from elocute.service.observer import Way


@dataclass(frozen=True)
class Waiting:
    """What waits at a moment.

    Attributes:
        jobs: jobs that wait by client, those that joined running work included.
        bytes: of their recordings.
    """

    jobs: Counter[str]
    bytes: int


class Works:
    """Work and its jobs: equal jobs share one, clients take turns. Its owner's lock guards it."""

    def __init__(self) -> None:
        self._queue: FairQueue[Job] = FairQueue()
        self._open: dict[str, Work] = {}  # by key: what further jobs may join
        self._running: set[Work] = set()

    def __contains__(self, key: str) -> bool:
        """Whether a job with this key would find work to join."""
        return key in self._open

    @property
    def running(self) -> int:
        """Pieces of work that were begun and have not ended."""
        return len(self._running)

    @property
    def queued(self) -> list[Job]:
        """Jobs whose work was not begun, in the order in which it will be."""
        return self._queue.in_order()

    @property
    def clients(self) -> int:
        """Clients that have queued jobs."""
        return len(self._queue.by_client())

    def waiting(self) -> Waiting:
        """What waits: in the queue, or for work of another job that was begun."""
        jobs = Counter(dict(self._queue.by_client()))
        for work in self._running:
            jobs.update(job.record.client for job in work.jobs[1:])
        return Waiting(jobs, sum(work.inputs.size for work in self._open.values() if not work.running))

    def join(self, job: Job) -> Way:
        """Let a job wait for the work that it asks for, which is new where there is none.

        Raises:
            ValueError: nobody knows what it was sent.
        """
        record = job.record
        if record.inputs is None:
            raise ValueError("the job has no inputs")
        work = self._open.get(record.key)
        way: Way = "new" if work is None else "joined"
        if work is None:
            work = self._open[record.key] = Work(record.key, record.inputs)
        work.jobs.append(job)
        job.work = work
        if work.running:
            job.state = "running"
        else:
            self._queue.push(record.client, job)
        return way

    def begin(self) -> Work | None:
        """Begin the work of the job whose turn it is; its other jobs wait in no queue any more."""
        if not len(self._queue):
            return None
        first = self._queue.pop()
        work = _work_of(first)
        work.running = True
        self._running.add(work)
        for job in work.jobs:
            if job is not first:
                self._queue.remove(job.record.client, job)
            job.state = "running"
        return work

    def withdraw(self, job: Job) -> bool:
        """Let a job wait no more; False where it is the last of work that was begun: that has to stop first.

        In both cases no further job joins what nobody waits for.
        """
        work = _work_of(job)
        if job.state == "queued":
            self._queue.remove(job.record.client, job)
        elif len(work.jobs) == 1:
            self._close(work)
            return False
        work.jobs.remove(job)
        if not work.jobs:
            self._close(work)
        return True

    def ended(self, work: Work) -> list[Job]:
        """Forget work; return the jobs that waited for it."""
        self._running.discard(work)
        self._close(work)
        jobs, work.jobs = work.jobs, []
        return jobs

    def position(self, job: Job) -> int:
        """How many pieces of work are begun until this queued job's is, itself counted."""
        earlier: set[Work] = set()
        for other in self._queue.in_order():
            if other.work is job.work:
                break
            earlier.add(_work_of(other))
        return len(earlier) + 1

    def _close(self, work: Work) -> None:
        if self._open.get(work.key) is work:
            del self._open[work.key]


def _work_of(job: Job) -> Work:
    if job.work is None:
        raise AssertionError("a job that has not ended has work")
    return job.work
