"""Whose jobs a request is about: clients take turns."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request

from elocute.service.replies import refused

HEADER: Final = "Elocute-Client"
NAME: Final = r"[A-Za-z0-9._-]{1,64}"


def client_name(request: Request) -> str:
    """The name that a client gives itself, else its address.

    It decides about turns in the queue and nothing else: all clients have the same token, and whoever knows
    the id of a job may ask for it.

    Raises:
        RequestRefused: the name has characters that are not allowed.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return f"address {request.client.host}" if request.client is not None else "address unknown"
    if re.fullmatch(NAME, given) is None:
        raise refused(
            422,
            "bad_request",
            f"The header {HEADER} is not a name.",
            "Use at most 64 letters, digits, dots, hyphens and underscores, or leave it out.",
        )
    return given
