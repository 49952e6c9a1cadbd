"""What applies to every row of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from elocute.audio.recording_limits import LONGEST_SECONDS
from elocute.performance import PerformanceRequest

PhoneFormat = Literal["json", "TextGrid"]


@dataclass(frozen=True)
class BatchSettings:
    """What to make of every row.

    Attributes:
        request: what rows do not say themselves.
        phones: format in which the phones are written too, None for not at all.
        exports: names of export formats in which every clip is written too.
        longest_seconds: longest recording accepted.
        face: head of the clips' basis, for formats and measures that need one.
    """

    request: PerformanceRequest = field(default_factory=PerformanceRequest)
    phones: PhoneFormat | None = None
    exports: tuple[str, ...] = ()
    longest_seconds: float = LONGEST_SECONDS
    face: Path | None = None


@dataclass(frozen=True)
class Endurance:
    """How a batch goes on where something fails.

    Attributes:
        workers: processes at once, at least 1.
        together: rows that one of them does at the same time, as one batch of the model.
        retries: how often a row is tried again whose process died or hung, or whose outputs could not be
            written.
        wait: seconds before the first further try; doubled for each one after it.
        row_seconds: seconds that one row may take.
    """

    workers: int = 1
    together: int = 1
    retries: int = 2
    wait: float = 2.0
    row_seconds: float = 3600.0
