"""A job, and the work that it waits for: several jobs that ask for the same share one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from elocute.progress import Progress
from elocute.service.messages import JobState, JobSummary, WindowMessage
from elocute.service.records import Inputs, JobRecord

State = Literal["queued", "running", "cancelling", "done", "failed", "cancelled"]
ENDED: Final[frozenset[str]] = frozenset({"done", "failed", "cancelled"})
Stop = Literal["", "cancelled", "too_long", "closing"]


@dataclass(eq=False)
class Work:
    """What is computed once for all its jobs. Every field but ``progress`` is guarded by the queue's lock.

    Attributes:
        key: digest of what the result follows from.
        inputs: what it is computed from.
        progress: cancels it.
        jobs: those that wait for it.
        running: whether it was begun.
        stop: why it was asked to stop.
        stage, fraction, message: where it stands.
        windows: the motion that is final.
        opening: how the motion begins, until some is final.
    """

    key: str
    inputs: Inputs
    progress: Progress = field(default_factory=Progress)
    jobs: list[Job] = field(default_factory=list)
    running: bool = False
    stop: Stop = ""
    stage: str = ""
    fraction: float = 0.0
    message: str = ""
    windows: list[WindowMessage] = field(default_factory=list)
    opening: list[WindowMessage] = field(default_factory=list)

    def ask_to_stop(self, why: Stop) -> None:
        """Let it end at its next step; the first reason counts."""
        self.stop = self.stop or why
        self.progress.cancel()


@dataclass(eq=False)
class Job:
    """One client's job. Every field is guarded by the queue's lock.

    Attributes:
        record: what is kept of it.
        state: where it stands.
        work: what it waits for; kept after its end for those who still follow it, None for one of an earlier
            process.
        summary: of what was made, once it is done.
        listeners: called after each change.
        since: when this process took it, in seconds of the monotonic clock.
    """

    record: JobRecord
    state: State = "queued"
    work: Work | None = None
    summary: JobSummary | None = None
    listeners: set[Callable[[], None]] = field(default_factory=set)
    since: float = field(default_factory=time.monotonic)

    @property
    def ended(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.state in ENDED

    def tell(self) -> None:
        """Call the listeners."""
        for listener in self.listeners:
            listener()

    def snapshot(self, queue_position: int) -> JobState:
        """Where it stands, as a message."""
        work = self.work
        return JobState(
            id=self.record.id,
            kind=self.record.kind,
            state=self.state,
            queue_position=queue_position,
            stage=work.stage if work is not None else "",
            fraction=1.0 if self.state == "done" else work.fraction if work is not None else 0.0,
            message=work.message if work is not None else "",
            error=self.record.error,
            summary=self.summary,
        )
