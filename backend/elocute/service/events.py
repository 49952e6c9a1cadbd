"""A job's progress and motion as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from starlette.concurrency import run_in_threadpool

from elocute.service.jobs import JobQueue
from elocute.service.messages import Message
from elocute.service.replies import RequestRefused

SMALLEST_PAUSE_SECONDS: Final = 0.05


async def job_events(
    jobs: JobQueue, job_id: str, heartbeat_seconds: float, *, windows: bool = True
) -> AsyncIterator[str]:
    """Yield the job's windows and state now, then what is new after each change, until it has ended.

    What there is of the opening comes first. Windows come in order, each before the first state that was read
    after it was made, so that none follows a final state. State changes that follow each other closely are
    sent as one. A comment line is the sign of life between events. A job that is deleted meanwhile is
    followed to its end all the same; one that is deleted before has no events. Where a service that ends
    keeps its jobs, the stream ends without a final state.
    """
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def notice() -> None:
        # The loop is closed when the service ends at once; no stream is open then.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(changed.set)

    try:
        job = await run_in_threadpool(jobs.follow, job_id, notice, windows=windows)  # it may read a file
    except RequestRefused:
        return
    sent = begun = 0
    try:
        while True:
            changed.clear()
            news = job.news(sent, begun)
            for window in news.opening:
                yield _event("opening", window)
            begun += len(news.opening)
            for window in news.windows:
                yield _event("window", window)
            sent += len(news.windows)
            yield _event("state", news.state)
            if news.over:
                return
            await asyncio.sleep(SMALLEST_PAUSE_SECONDS)
            while not changed.is_set():
                try:
                    await asyncio.wait_for(changed.wait(), heartbeat_seconds)
                except TimeoutError:
                    yield ": alive\n\n"
    finally:
        job.end()


def _event(name: str, message: Message) -> str:
    return f"event: {name}\ndata: {message.model_dump_json()}\n\n"
