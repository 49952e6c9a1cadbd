"""Work on a thread, polled; or on the spot."""

from __future__ import annotations

import threading

import pytest

from addon.core.errors import Cancelled, UserError
from addon.core.job import Job, JobCancelled, JobControl, JobDone, JobFailed, JobPart, JobProgress


def events_of(work) -> list:
    job = Job(work)
    job.start()
    assert job.wait(20)
    return job.drain()


def test_progress_then_the_result() -> None:
    def work(control: JobControl) -> int:
        control.report("count", 0.5, "half")
        control.report("count", 2.0)
        return 42

    assert events_of(work) == [
        JobProgress("count", 0.5, "half"),
        JobProgress("count", 1.0),
        JobDone(42),
    ]


def test_parts_come_in_order_before_the_result_and_none_after_it_was_cancelled() -> None:
    def work(control: JobControl) -> int:
        control.hand_over("a part")
        control.report("count", 1.0)
        control.cancelled.set()
        control.hand_over("another")
        return 42

    assert events_of(work) == [JobPart("a part"), JobProgress("count", 1.0), JobCancelled()]
    JobControl().hand_over("nobody listens")


def test_drain_never_waits_and_gives_each_event_once() -> None:
    gate = threading.Event()
    job = Job(lambda control: gate.wait(20))
    assert job.drain() == []
    job.start()
    assert job.drain() == []
    assert not job.wait(0)
    gate.set()
    assert job.wait(20)
    assert job.drain() == [JobDone(True)]
    assert job.drain() == []


def test_cancel_is_seen_at_the_next_report() -> None:
    started = threading.Event()

    def work(control: JobControl) -> None:
        while True:
            control.report("endless", 0.0)
            started.set()

    job = Job(work)
    job.start()
    assert started.wait(20)
    job.cancel()
    assert job.wait(20)
    assert job.drain()[-1] == JobCancelled()


def test_failures_become_sentences() -> None:
    def known(control: JobControl) -> None:
        raise UserError("It is broken.", "Mend it.")

    def bug(control: JobControl) -> None:
        raise KeyError("x")

    assert events_of(known) == [JobFailed("It is broken.", "Mend it.")]
    (failed,) = events_of(bug)
    assert "KeyError" in failed.message
    assert "in bug" in failed.details


def test_on_the_spot_the_result_is_returned_and_errors_are_raised() -> None:
    seen: list[JobProgress] = []

    def work(control: JobControl) -> str:
        control.report("one", 1.0)
        return "done"

    assert Job(work).run(seen.append) == "done"
    assert seen == [JobProgress("one", 1.0)]
    job = Job(work)
    job.cancel()
    with pytest.raises(Cancelled):
        job.run()
