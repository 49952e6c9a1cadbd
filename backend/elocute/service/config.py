"""Configuration of a service."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from elocute.errors import SettingsError

MIB: Final = 1024 * 1024
MINIMUM_TOKEN_LENGTH: Final = 16


@dataclass(frozen=True)
class Limits:
    """Bounds on memory and time.

    Attributes:
        upload_bytes: largest request body; ten minutes of 48 kHz, 24 bit, six channels is 518 MB.
        clip_bytes: largest clip to make a style of; an hour of motion has less.
        running_jobs: jobs that are done at the same time.
        waiting_jobs: jobs that may wait behind the running ones.
        waiting_jobs_of_client: those of one client.
        waiting_bytes: audio that may wait or be on its way in, all jobs together.
        job_seconds: time that one job may run.
        starts: how often a job is begun before it counts as what ends the service.
        kept_jobs: finished jobs, and results, that are kept.
        kept_bytes: size of the results kept, windows included, all jobs together (the newest is always kept).
        kept_seconds: age at which jobs and results are dropped.
        heartbeat_seconds: pause between signs of life on an event stream.
        connections: connections at the same time.
        header_seconds: time that a request's header may take, from the connection's start or its last reply.
        body_seconds: time that a request's body may take in all.
        stalled_seconds: time without a byte of an unfinished body, or without the client reading its reply.
    """

    upload_bytes: int = 640 * MIB
    clip_bytes: int = 64 * MIB
    running_jobs: int = 1
    waiting_jobs: int = 64
    waiting_jobs_of_client: int = 16
    waiting_bytes: int = 1024 * MIB
    job_seconds: float = 4 * 3600.0
    starts: int = 5
    kept_jobs: int = 32
    kept_bytes: int = 256 * MIB
    kept_seconds: float = 1800.0
    heartbeat_seconds: float = 0.5
    connections: int = 256
    header_seconds: float = 10.0
    body_seconds: float = 1800.0
    stalled_seconds: float = 30.0


@dataclass(frozen=True)
class ServiceConfig:
    """Where a service listens and what it demands.

    Attributes:
        token: what every request must carry but those that tell whether the service lives and is ready.
        host: address to listen on.
        port: port to listen on, 0 for a free one.
        allow_remote: permit a ``host`` other machines can reach.
        allowed_hosts: names that a remote service accepts in addition to IP addresses and ``localhost``.
        limits: bounds on memory and time.
        data: folder where jobs and results survive the service; None keeps them in memory.

    Raises:
        SettingsError: an open address without permission, a short token, a bad port.
    """

    token: str
    host: str = "127.0.0.1"
    port: int = 0
    allow_remote: bool = False
    allowed_hosts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    data: Path | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"{self.port} is not a port.", "Give a number from 0 to 65535.")
        if len(self.token) < MINIMUM_TOKEN_LENGTH or not self.token.isascii() or not self.token.isprintable():
            raise SettingsError(
                "The token is too short, or has characters that are not plain ASCII.",
                f"Use at least {MINIMUM_TOKEN_LENGTH} printable ASCII characters.",
                code="bad_token",
            )
        if not self.loopback_only and not self.allow_remote:
            raise SettingsError(
                f"Listening on {self.host} would make the service reachable from other computers.",
                "Add --allow-remote to allow this.",
                code="remote_refused",
            )

    @property
    def loopback_only(self) -> bool:
        """True when only this machine can reach the service."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """True for ``localhost`` and loopback addresses."""
    if host.lower() == "localhost":
        return True
    address = parse_address(host)
    return address is not None and address.is_loopback


def parse_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return ``host`` as an IP address, or None when it is a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
