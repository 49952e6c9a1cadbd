"""What the queue of jobs tells of itself, for whoever counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Way = Literal["new", "joined", "cached"]
"""How a job is done: by work of its own, by that of an equal job, or by a result that is there already."""
Refusal = Literal["queue", "client", "bytes", "disk", "ending"]


@dataclass(frozen=True)
class Figures:
    """How much there is at a moment.

    Attributes:
        waiting: jobs in the queue.
        clients: clients that wait.
        running: pieces of work that are being done.
        waiting_bytes: of recordings that wait.
        results: results that are kept.
        result_bytes: their size.
    """

    waiting: int
    clients: int
    running: int
    waiting_bytes: int
    results: int
    result_bytes: int


class Observer(Protocol):
    """Hears what happens; called from any thread, and quick."""

    def accepted(self, kind: str, way: Way) -> None:
        """A job was accepted."""
        ...

    def refused(self, why: Refusal) -> None:
        """A job was refused for want of room."""
        ...

    def waited(self, seconds: float) -> None:
        """Work begins after so long in the queue."""
        ...

    def worked(self, kind: str, end: str, seconds: float, audio_seconds: float) -> None:
        """Work ended, after so long, on so much speech (0 where it was not done)."""
        ...


class NoObserver:
    """Does not listen."""

    def accepted(self, kind: str, way: Way) -> None:
        """Do nothing."""

    def refused(self, why: Refusal) -> None:
        """Do nothing."""

    def waited(self, seconds: float) -> None:
        """Do nothing."""

    def worked(self, kind: str, end: str, seconds: float, audio_seconds: float) -> None:
        """Do nothing."""
