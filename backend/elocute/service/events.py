"""A job's progress as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from elocute.service.jobs import ENDED, JobQueue
from elocute.service.replies import RequestRefused

SMALLEST_PAUSE_SECONDS: Final = 0.05


async def job_events(jobs: JobQueue, job_id: str, heartbeat_seconds: float) -> AsyncIterator[str]:
    """Yield the job's state now, then after each change, until it has ended.

    Changes that follow each other closely are told as one. A comment line is the sign of life
    between them. A job forgotten meanwhile ends the stream.
    """
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def notice() -> None:
        # The loop is closed when the service ends at once; nobody listens any more then.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(changed.set)

    unsubscribe = jobs.subscribe(job_id, notice)
    try:
        while True:
            changed.clear()
            try:
                state = jobs.state(job_id)
            except RequestRefused:
                return
            yield f"event: state\ndata: {state.model_dump_json()}\n\n"
            if state.state in ENDED:
                return
            await asyncio.sleep(SMALLEST_PAUSE_SECONDS)
            while not changed.is_set():
                try:
                    await asyncio.wait_for(changed.wait(), heartbeat_seconds)
                except TimeoutError:
                    yield ": alive\n\n"
    finally:
        unsubscribe()
