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


def too_many(
    oldest_first: Iterable[Kept], count: int, size: int, limits: KeepingLimits, now: float
) -> list[str]:
    """Names of what has to go, oldest first. The newest stays whatever its size, until it is too old.

    Args:
        oldest_first: what is kept; no more of it is looked at than what goes, and one.
        count: number of all that is kept.
        size: bytes of it all.
        limits: how much may be kept.
        now: the time, in seconds.
    """
    gone: list[str] = []
    for one in oldest_first:
        over = count > 1 and (count > limits.count or size > limits.size)
        if not over and now - one.since <= limits.seconds:
            break
        gone.append(one.name)
        count, size = count - 1, size - one.size
    return gone
