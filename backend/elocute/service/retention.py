"""What of the things that are kept has to go: oldest first, by age, number and size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """Something that is kept.

    Attributes:
        name: which.
        since: when it was last of use, in seconds.
        size: bytes.
    """

    name: str
    since: float
    size: int = 0


@dataclass(frozen=True)
class KeepingLimits:
    """How much is kept.

    Attributes:
        seconds: age.
        size: bytes, all together.
        count: number.
    """

    seconds: float
    size: int
    count: int


def too_many(kept: Iterable[Kept], limits: KeepingLimits, now: float) -> list[str]:
    """Names of what has to go, oldest first. The newest stays whatever its size, until it is too old."""
    ordered = sorted(kept, key=lambda one: one.since)
    count, size = len(ordered), sum(one.size for one in ordered)
    gone: list[str] = []
    for one in ordered:
        over = count > 1 and (count > limits.count or size > limits.size)
        if not over and now - one.since <= limits.seconds:
            break
        gone.append(one.name)
        count, size = count - 1, size - one.size
    return gone
