"""What a listener to one job hears."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from elocute.service.messages import JobState, WindowMessage


@dataclass(frozen=True)
class News:
    """What is new of a job.

    Attributes:
        state: where it stands.
        windows: those that follow the ones that were seen.
        opening: what there is of the beginning and was not seen; nothing once a window is final.
        over: whether nothing more will come: it has ended, or the service is ending and keeps the job.
    """

    state: JobState
    windows: tuple[WindowMessage, ...]
    opening: tuple[WindowMessage, ...]
    over: bool


@dataclass(frozen=True)
class Following:
    """One job as it goes on, also after the queue has forgotten it: a listener always hears how it ends.

    Attributes:
        news: given how many windows and how much of the opening was seen, returns what is new, all of one
            moment.
        end: stops the calls of the listener.
    """

    news: Callable[[int, int], News]
    end: Callable[[], None]
