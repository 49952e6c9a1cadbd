"""Error replies: every one is ``{code, message, hint}``."""

from __future__ import annotations

from starlette.responses import Response

from elocute.service.messages import ErrorMessage


class RequestRefused(Exception):
    """A request that is answered with an error.

    Attributes:
        status: HTTP status.
        error: what the reply says.
        retry_after: seconds after which the same request may be accepted, where that can be told.
    """

    def __init__(self, status: int, error: ErrorMessage, retry_after: int | None = None) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.retry_after = retry_after


def refused(
    status: int, code: str, message: str, hint: str = "", *, retry_after: int | None = None
) -> RequestRefused:
    """Return the refusal that says so."""
    return RequestRefused(status, ErrorMessage(code=code, message=message, hint=hint), retry_after)


def error_reply(
    status: int, error: ErrorMessage, *, close: bool = False, retry_after: int | None = None
) -> Response:
    """Return the reply for ``error``; ``close`` ends the connection after it."""
    headers = {"connection": "close"} if close else {}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(error.model_dump_json(), status, headers, media_type="application/json")
