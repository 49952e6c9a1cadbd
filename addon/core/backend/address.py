"""The address of a service."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Address:
    """Where a service listens.

    Attributes:
        host: name or IP address.
        port: TCP port.
        secure: whether it is reached by HTTPS.
        base: path before that of a request, without a slash at its end.
    """

    host: str
    port: int
    secure: bool
    base: str

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine for certain."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(url: str) -> Address | None:
    """Return the address in ``url`` (http or https, no query, no user name), or None if it is not one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
        return None
    secure = parts.scheme == "https"
    return Address(parts.hostname, port or (443 if secure else 80), secure, parts.path)
