"""Progress: reports reach the listener, cancelling stops the work."""

from __future__ import annotations

import threading

import pytest

from elocute.errors import Cancelled
from elocute.progress import Progress


def test_reports_are_clamped_and_forwarded():
    heard = []
    progress = Progress(lambda *report: heard.append(report))
    progress.report("phones", -0.5)
    progress.report("phones", 7.0, "done")
    assert heard == [("phones", 0.0, ""), ("phones", 1.0, "done")]


def test_cancel_from_another_thread_stops_the_next_report():
    progress = Progress()
    thread = threading.Thread(target=progress.cancel)
    thread.start()
    thread.join()
    assert progress.cancelled
    with pytest.raises(Cancelled):
        progress.report("sampling", 0.5)
