"""Checks of every request before its route runs: host, token, size.

Written against ASGI directly so that nothing of a request's body is read before it passed.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response

from elocute.service.config import ServiceConfig, is_loopback, parse_address
from elocute.service.messages import ErrorMessage
from elocute.service.replies import error_reply

Scope = MutableMapping[str, Any]
AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS: Final = frozenset({"/v1/health", "/health", "/ready"})
"""What tells nothing of any job: probes of a machine need no secret."""
DRAIN_SECONDS: Final = 2.0


class _BodyTooLarge(Exception):
    """The body goes on beyond the limit."""


class _BodyTooSlow(Exception):
    """The body does not arrive in time."""


def too_large(limit: int) -> ErrorMessage:
    """Return the error for a body over ``limit`` bytes."""
    return ErrorMessage(
        code="too_large",
        message=f"The request is larger than the service accepts ({limit // (1024 * 1024)} MB).",
        hint="Send a shorter recording, or one with fewer channels.",
    )


class Guard:
    """ASGI middleware that refuses what should not come in."""

    def __init__(self, app: AsgiApp, config: ServiceConfig) -> None:
        self._app = app
        self._config = config
        self._expected = f"Bearer {config.token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the refusal, or pass the request on with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = (
            self._refuse_host(headers) or self._refuse_token(scope, headers) or self._refuse_size(headers)
        )
        if refusal is not None:
            await _refuse(refusal, receive, send)
            return
        try:
            await self._app(scope, self._counted(receive), send)
        except _BodyTooLarge:
            reply = error_reply(413, too_large(self._config.limits.upload_bytes), close=True)
            await _refuse(reply, receive, send)
        except _BodyTooSlow:
            reply = error_reply(
                408,
                ErrorMessage(
                    code="too_slow",
                    message="The request did not arrive in time.",
                    hint="Check the connection, and send it again.",
                ),
                close=True,
            )
            await _refuse(reply, receive, send)

    def _refuse_host(self, headers: Headers) -> Response | None:
        # A page in the user's browser can reach a loopback port through a name it controls (DNS
        # rebinding), but cannot forge an address in the Host header.
        try:
            host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        except ValueError:
            host = ""
        if self._config.loopback_only:
            known = is_loopback(host)
        else:
            known = is_loopback(host) or parse_address(host) is not None or host in self._config.allowed_hosts
        # Browsers send the page's origin with cross-site requests; clients of the service send none.
        if known and "origin" not in headers:
            return None
        return error_reply(
            403,
            ErrorMessage(
                code="bad_host",
                message="The service does not answer to this host name.",
                hint="Use its address, for example http://127.0.0.1.",
            ),
            close=True,
        )

    def _refuse_token(self, scope: Scope, headers: Headers) -> Response | None:
        if scope["path"] in OPEN_PATHS:
            return None
        given = headers.get("authorization", "").encode("latin-1")
        if secrets.compare_digest(given, self._expected):
            return None
        return error_reply(
            401,
            ErrorMessage(
                code="unauthorized",
                message="The service refused the token.",
                hint="Restart the service, or enter the token it was started with.",
            ),
            close=True,
        )

    def _refuse_size(self, headers: Headers) -> Response | None:
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) <= self._config.limits.upload_bytes:
            return None
        return error_reply(413, too_large(self._config.limits.upload_bytes), close=True)

    def _counted(self, receive: Receive) -> Receive:
        limits, received, whole = self._config.limits, 0, False
        loop = asyncio.get_running_loop()
        end = loop.time() + limits.body_seconds

        async def counted() -> AsgiMessage:
            nonlocal received, whole
            if whole:  # what comes now is the client's farewell, for which routes wait as long as they answer
                return await receive()
            try:
                async with asyncio.timeout_at(min(end, loop.time() + limits.stalled_seconds)):
                    message = await receive()
            except TimeoutError:
                raise _BodyTooSlow from None
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limits.upload_bytes:
                    raise _BodyTooLarge
                whole = not message.get("more_body", False)
            return message

        return counted


async def _refuse(reply: Response, receive: Receive, send: Send) -> None:
    """Send ``reply`` at once and close a little later.

    Closing while the peer still sends makes its system throw the reply away, so what comes is read
    and dropped for a moment.
    """
    await send({"type": "http.response.start", "status": reply.status_code, "headers": reply.raw_headers})
    await send({"type": "http.response.body", "body": reply.body, "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    break
    await send({"type": "http.response.body", "body": b"", "more_body": False})
