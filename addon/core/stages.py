"""Stages of long work as one bar: plain words, the share of the whole that is done, the seconds left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

_LEAST_SHARE: Final = 0.03
"""Before so much is done, nothing is said about the time left."""
_LEAST_SECONDS: Final = 2.0
_SILENT_SHARE: Final = 0.95
"""What a stage that reports its begin alone fills of its part of the bar before the next one begins."""


@dataclass(frozen=True)
class Stage:
    """A stage of work.

    Attributes:
        name: what the work calls it when it reports.
        words: what a user reads while it goes on.
        seconds: what it takes, measured; its weight in the bar. 0 for waiting.
        silent: it reports its begin alone, so the bar moves by the clock, ever slower, until the next stage.
        tells: whether the time it takes tells how long the rest will: not where it is the same for a word and
            for an hour.
    """

    name: str
    words: str
    seconds: float
    silent: bool = False
    tells: bool = True


@dataclass(frozen=True)
class Standing:
    """Where the whole work stands.

    Attributes:
        words: what goes on, for a user.
        fraction: share of all stages that is done, 0..1.
        seconds_left: estimate for the rest, or None while too little is known.
    """

    words: str
    fraction: float
    seconds_left: float | None = None


GENERATE_STAGES: Final = (
    Stage("style", "Looking at the manner of a recording", 0.0, tells=False),
    Stage("service", "Starting the service", 4.0, silent=True, tells=False),
    Stage("sound", "Reading the film's sound", 2.0, silent=True, tells=False),
    Stage("upload", "Sending the recording", 0.2, tells=False),
    Stage("queue", "Waiting for other work", 0.0, tells=False),
    Stage("decode", "Reading the recording", 0.3),
    Stage("model", "Loading the model", 3.0, silent=True, tells=False),
    Stage("opening", "Making the beginning", 0.3),
    Stage("mel", "Analysing the voice", 0.3),
    Stage("pitch", "Analysing the voice", 0.5),
    Stage("phones", "Finding speech sounds", 60.0),
    Stage("audio", "Analysing the voice", 1.0),
    Stage("motion", "Generating motion", 8.0),
    Stage("packing", "Finishing the motion", 0.2),
    Stage("download", "Receiving the motion", 0.1),
    Stage("keys", "Writing keyframes", 0.5),
)
"""Generating, in order; seconds for a minute of speech on two processor cores."""

SETUP_STAGES: Final = (
    Stage("clear", "Removing the old packages", 1.0, silent=True),
    Stage("create", "Creating the environment", 7.0, silent=True),
    Stage("pytorch", "Downloading PyTorch, the largest package", 40.0, silent=True),
    Stage("install pytorch", "Installing PyTorch", 16.0, silent=True),
    Stage("packages", "Downloading the other packages", 30.0),
    Stage("install packages", "Installing the other packages", 25.0, silent=True),
    Stage("check", "Checking the installation", 5.0, silent=True),
)
"""Making the service's environment, in order: downloads at 5 MB a second, the rest as measured on Linux."""

SETUP_WITHOUT_PYTORCH: Final = tuple(stage for stage in SETUP_STAGES if "pytorch" not in stage.name)

REMOVE_STAGES: Final = (Stage("remove", "Removing Elocute's packages", 5.0, silent=True),)


class OverallProgress:
    """Turns reports of single stages into one that never runs backwards.

    Args:
        stages: what may be reported, in order. A stage that is left out counts as done once a later one
            begins; one that is not in the list changes nothing.
        clock: seconds that only grow.
    """

    def __init__(self, stages: Sequence[Stage], clock: Callable[[], float] = time.monotonic) -> None:
        self._stages = {stage.name: stage for stage in stages}
        self._begins: dict[str, float] = {}
        self._telling: dict[str, float] = {}  # the same, of the stages that tell about the speed alone
        before = told = 0.0
        for stage in stages:
            self._begins[stage.name], self._telling[stage.name] = before, told
            before += stage.seconds
            told += stage.seconds if stage.tells else 0.0
        self._total, self._all_telling = before or 1.0, told or 1.0
        self._clock = clock
        self._since = clock()
        self._worked = 0.0
        self._counts = False
        self._stage: Stage | None = None
        self._began = self._since
        self._standing = Standing("Starting", 0.0)

    def at(self, name: str, fraction: float) -> Standing:
        """Where the work stands when ``fraction`` (0..1) of the stage ``name`` is done."""
        stage = self._stages.get(name)
        if stage is None:
            return self.now()
        self._pass_time()
        if stage is not self._stage:
            self._stage, self._began = stage, self._since
        self._counts = stage.tells
        within = min(max(fraction, 0.0), 1.0) * stage.seconds
        share = (self._begins[name] + within) / self._total
        if share < self._standing.fraction and stage.words != self._standing.words:
            return self._standing  # an earlier stage that goes on beside a later one
        share = max(share, self._standing.fraction)
        told = (self._telling[name] + (within if stage.tells else 0.0)) / self._all_telling
        self._standing = Standing(stage.words, share, self._seconds_left(told))
        return self._standing

    def now(self) -> Standing:
        """Where the work stands now, some time after the last report."""
        stage = self._stage
        if stage is None or not stage.silent:
            return self._standing
        gone = (self._clock() - self._began) / stage.seconds
        standing = self.at(stage.name, _SILENT_SHARE * (1.0 - math.exp(-gone)))
        return standing if gone < 1.0 else replace(standing, seconds_left=None)

    def _pass_time(self) -> None:
        now = self._clock()
        if self._counts:
            self._worked += now - self._since
        self._since = now

    def _seconds_left(self, told: float) -> float | None:
        if told < _LEAST_SHARE or self._worked < _LEAST_SECONDS:
            return None
        return self._worked * (1.0 - told) / told


def spoken_duration(seconds: float) -> str:
    """Words for a duration that is not known exactly: ``about 40 s``, ``about 3 min``."""
    if seconds < 1.0:
        return "about 1 s"
    if seconds < 10.0:
        return f"about {seconds:.0f} s"
    if seconds < 57.5:
        return f"about {5 * round(seconds / 5)} s"
    return f"about {max(round(seconds / 60), 1)} min"
