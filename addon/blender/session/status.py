"""The status of the running job, as the panel shows it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


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
        stage: its present stage.
        fraction: share of that stage, 0..1.
        message: one sentence.
        hint: what to do about a failure.
        notes: further sentences about a result.
    """

    phase: Phase = Phase.IDLE
    title: str = ""
    stage: str = ""
    fraction: float = 0.0
    message: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether work is going on."""
        return self.phase in (Phase.RUNNING, Phase.CANCELLING)
