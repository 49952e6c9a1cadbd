"""Kinds of work on the main thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ...core.stages import GENERATE_STAGES, Stage
from .status import Status

APPLYING: Final = "keys"
"""The last of :data:`~addon.core.stages.GENERATE_STAGES`: the result comes into the scene."""
NOTHING_CHANGED: Final = "Cancelled. Nothing was changed."


@dataclass(frozen=True)
class Manner:
    """What belongs to a kind of work on the main thread.

    Attributes:
        stages: what the work reports.
        cancelled: the sentence on what is left after it was cancelled.
        ended: called on the main thread when it has ended, however that was.
        of_scene: whether it is for the scene that is open: another file cancels it, undo makes its message
            untrue.
        after: called with the status that it ended with; may start further work. Not after a bug.
        patience: seconds after which cancelled work on the thread is left to itself, for it may wait for a
            network that is gone; None where it has to clear up.
    """

    stages: tuple[Stage, ...]
    cancelled: Callable[[], str] = lambda: NOTHING_CHANGED
    ended: Callable[[], None] = lambda: None
    of_scene: bool = True
    after: Callable[[Status], None] = lambda _: None
    patience: float | None = None


GENERATING: Final = Manner(GENERATE_STAGES, patience=3.0)
