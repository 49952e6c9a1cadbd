"""Queues with a data folder, and what tests ask of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from elocute.service.config import Limits
from elocute.service.data_folder import CONTENTS, open_data_folder
from elocute.service.jobs import JobQueue
from elocute.service.messages import JobSettings as ServiceJobSettings
from elocute.service.work import JobRequest
from tests.backend.service.fakes import GatedPipeline, tone

KEEP = Limits(kept_seconds=3600.0, kept_jobs=1000)


def contents(data: Path) -> list[bytes]:
    return [path.read_bytes() for path in (data / CONTENTS).rglob("*") if path.is_file()]


def ask(queue: JobQueue, seed: int = 0, client: str = "ann", audio: bytes | None = None) -> str:
    request = JobRequest(tone() if audio is None else audio, ServiceJobSettings(seed=seed))
    return queue.submit(request, client).id


def until(queue: JobQueue, job: str, *states: str) -> str:
    for _ in range(1000):
        if (state := queue.state(job).state) in states:
            return state
        time.sleep(0.01)
    raise AssertionError(f"the job stays {state}")


@contextmanager
def queue_in(data: Path, pipeline: GatedPipeline, limits: Limits = KEEP) -> Iterator[JobQueue]:
    """A queue that is ended in good order."""
    store = open_data_folder(data)
    queue = JobQueue(pipeline, limits, store)
    try:
        yield queue
    finally:
        assert queue.close(20)
        store.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"
