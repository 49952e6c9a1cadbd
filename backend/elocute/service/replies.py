"""Error replies: every one is ``{code, message, hint}``."""

from __future__ import annotations

from starlette.responses import Response

from elocute.service.messages import ErrorMessage


class RequestRefused(Exception):
    """A request that is answered with an error.

    Attributes:
        status: HTTP status.
        error: what the reply says.
    """

    def __init__(self, status: int, error: ErrorMessage) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error


def error_reply(status: int, error: ErrorMessage, *, close: bool = False) -> Response:
    """Return the reply for ``error``; ``close`` ends the connection after it."""
    headers = {"connection": "close"} if close else {}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(error.model_dump_json(), status, headers, media_type="application/json")
