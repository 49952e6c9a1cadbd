"""What a worker process does first.

Nothing heavy is imported here: until it is done, the process would outlive a driver that is killed.
"""

from __future__ import annotations

import signal

from elocute import processor_threads
from elocute.worker_processes import end_with_starter


def prepare_worker(threads: int) -> None:
    """Set up a worker process before anything heavy is loaded.

    Args:
        threads: threads that it may compute with.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to answer
    processor_threads.prepare_worker(threads)
    end_with_starter()
