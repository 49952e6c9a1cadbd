"""Wait for the add-on's work without a window, where Blender's timers do not run."""

from __future__ import annotations

import time

from addon.blender.session import jobs


def pump_to_the_end(session, seconds=20.0):
    deadline = time.monotonic() + seconds
    while session.status.busy:
        assert time.monotonic() < deadline, session.status
        jobs.pump()
        time.sleep(0.01)
    return session.status
