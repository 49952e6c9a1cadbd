"""The most memory that a service has while something goes on."""

from __future__ import annotations

import threading
from typing import Final

from scripts.bench.own_service import OwnService

_PAUSE_SECONDS: Final = 0.5


class ResidentMemory:
    """Looks at a service's memory for as long as the block runs, also after it was started again.

    Attributes:
        most_mb: the most that was seen.
    """

    def __init__(self, service: OwnService) -> None:
        self._service = service
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.most_mb = 0.0

    def __enter__(self) -> ResidentMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_PAUSE_SECONDS):
            try:
                self.most_mb = max(self.most_mb, self._service.memory_mb())
            except (FileNotFoundError, ProcessLookupError, IndexError):  # it was killed, and starts again
                continue
