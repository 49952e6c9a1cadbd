"""A sound ready for analysis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Audio:
    """A sound ready for analysis.

    Attributes:
        samples: (N,) float32 mono at 16 kHz, N = round(seconds * 16000), at least 1, without offset.
        seconds: exact length: frames decoded / source_rate.
        source_rate: sample rate of the file, Hz.
        channels: channels of the file.
        sha256: hex digest of the file's bytes; of a part of a recording, one of its own.
        notes: sentences for the user about what was repaired.
        sound_begins: seconds of the film before its sound begins, which are silent here; 0 where sound is all
            of it.
        spoken: somebody has found that something is said, so nobody need look again.
    """

    samples: NDArray[np.float32]
    seconds: float
    source_rate: int
    channels: int
    sha256: str
    notes: tuple[str, ...] = ()
    spoken: bool = False
    sound_begins: float = 0.0
