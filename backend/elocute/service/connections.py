"""Connections of the service: how many there may be, and how long one may keep it waiting.

uvicorn bounds only the pause between two requests of a connection. Here also one that never sends a whole
header, never reads its reply or never ends is closed, and when there are too many, the one that has waited
longest for a request gives way, so that idle connections cannot keep others out.
"""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import Any, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from elocute.service.config import Limits
from elocute.service.messages import ErrorMessage

_log = logging.getLogger(__name__)

_CHECKS_PER_LIMIT: Final = 10
"""A connection is looked at so many times in the shortest time that it may take."""


def bounded_protocol(limits: Limits) -> type[asyncio.Protocol]:
    """Return what uvicorn makes for each connection, with these limits."""
    return cast("type[asyncio.Protocol]", partial(BoundedConnection, limits))


class BoundedConnection(H11Protocol):
    """One connection, which is closed when it takes too long."""

    def __init__(self, limits: Limits, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._limits = limits
        self._waiting_since: float | None = None
        """Since when a request is expected; None while one is answered."""
        self._received = False
        self._unread_since: float | None = None
        """Since when the peer has been reading too little of what is sent to it; None if it keeps up."""
        self._check: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and begin to look after it."""
        super().connection_made(transport)
        self._waiting_since = time.monotonic()
        self._look_after()
        if len(self.connections) > self._limits.connections and not self._make_room():
            self._refuse(
                503,
                ErrorMessage(
                    code="busy", message="The service has too many connections.", hint="Try again later."
                ),
            )

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._check is not None:
            self._check.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take some bytes of a request."""
        self._received = True
        super().data_received(data)
        if self._busy:
            self._waiting_since = None

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._waiting_since, self._received = time.monotonic(), False
        super().on_response_complete()
        if self._busy:  # the next one had come already
            self._waiting_since = None

    def pause_writing(self) -> None:
        """The peer reads less than it is sent."""
        self._unread_since = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self._unread_since = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, in the form of every other error."""
        self._refuse(
            400,
            ErrorMessage(
                code="bad_request",
                message="The request is not valid HTTP.",
                hint="Use Elocute's own client, or one that follows docs/wire.md.",
            ),
        )

    @property
    def _busy(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _look_after(self) -> None:
        now = time.monotonic()
        limits = self._limits
        if self.transport.is_closing() or _over(self._unread_since, now, limits.stalled_seconds):
            # What the peer does not read would keep a connection open that is only being closed.
            if self._unread_since is None:
                self._unread_since = now
            elif _over(self._unread_since, now, limits.stalled_seconds):
                self.transport.abort()
                return
        elif _over(self._waiting_since, now, limits.header_seconds):
            self._give_up_waiting()
        pause = min(limits.header_seconds, limits.stalled_seconds) / _CHECKS_PER_LIMIT
        self._check = self.loop.call_later(pause, self._look_after)

    def _give_up_waiting(self) -> None:
        if not self._received:
            self.transport.close()
            return
        self._refuse(
            408,
            ErrorMessage(
                code="too_slow",
                message="The request's header did not arrive in time.",
                hint="Send it again.",
            ),
        )

    def _make_room(self) -> bool:
        """Close the connection that has waited longest for a request; False if every other one is busy."""
        waiting = [
            connection
            for connection in self.connections
            if isinstance(connection, BoundedConnection)
            and connection is not self
            and connection._waiting_since is not None
            and not connection.transport.is_closing()
        ]
        if not waiting:
            return False
        oldest = min(waiting, key=lambda connection: connection._waiting_since or 0.0)
        oldest.transport.close()
        return True

    def _refuse(self, status: int, error: ErrorMessage) -> None:
        """Send an error reply if none has begun, and close."""
        if self._busy:  # the route learns that its client is gone
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE} and not self.transport.is_closing():
            body = error.model_dump_json().encode()
            headers = [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
                (b"connection", b"close"),
            ]
            reply = h11.Response(status_code=status, headers=headers, reason=STATUS_PHRASES[status])
            for event in (reply, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _over(since: float | None, now: float, limit: float) -> bool:
    return since is not None and now - since > limit
