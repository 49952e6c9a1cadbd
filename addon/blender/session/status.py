"""The status of the running job, as the panel shows it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ...core.heard_words import HeardWords


class Phase(enum.Enum):
    """Where the work stands."""

    IDLE = "idle"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Status:
    """What the panel shows.

    Attributes:
        phase: where the work stands.
        title: what the work is.
        stage: name of its present stage, as the work reports it.
        words: what goes on, for a user.
        fraction: share of the whole work that is done, 0..1.
        seconds_left: estimate for the rest, or None while too little is known.
        message: one sentence on what became of the work.
        hint: what to do about a failure.
        notes: further sentences about a result.
        heard: the words that were recognised for want of a transcript.
    """

    phase: Phase = Phase.IDLE
    title: str = ""
    stage: str = ""
    words: str = ""
    fraction: float = 0.0
    seconds_left: float | None = None
    message: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()
    heard: HeardWords | None = None

    @property
    def busy(self) -> bool:
        """Whether work is going on."""
        return self.phase in (Phase.RUNNING, Phase.CANCELLING)
