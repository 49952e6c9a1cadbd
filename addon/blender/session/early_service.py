"""The service, started before it is needed: when the tab is first looked at."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Final

import bpy

from ...core.backend.server_process import ServerProcess
from ...core.errors import Cancelled, UserError

_AFTER_SECONDS: Final = 0.3


class EarlyService:
    """Starts a service once, on a thread; what goes wrong is told when it is needed.

    Args:
        service: gives the service's process on the main thread, or None where none shall be started.
    """

    def __init__(self, service: Callable[[], ServerProcess | None]) -> None:
        self._service = service
        self._asked = False
        self._timer = self.start  # Blender knows a timer by its object, and a method is another at each look

    def ask(self) -> None:
        """Start it soon; only the first call does anything. A Blender without a window needs none."""
        if self._asked or bpy.app.background:
            return
        self._asked = True
        self.soon()

    def soon(self) -> None:
        """Start it in a moment, when Blender has drawn what it draws now."""
        bpy.app.timers.register(self._timer, first_interval=_AFTER_SECONDS)

    def start(self) -> None:
        """Start its process on a thread, and do not wait for it."""
        server = self._service()
        if server is not None:
            threading.Thread(
                target=_connect, args=(server,), name="elocute-early-service", daemon=True
            ).start()

    def close(self) -> None:
        """Start nothing any more."""
        if bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.unregister(self._timer)


def _connect(server: ServerProcess) -> None:
    with contextlib.suppress(UserError, Cancelled):  # Generate tries again, and tells
        server.connect()
