"""What every reader of sound files hands over: the sound in blocks, and what became known of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class Damage:
    """What a reader met on its way; filled while blocks are read.

    Attributes:
        places: places that could not be decoded and were passed over.
        silent_s: seconds that are missing by the file's timestamps and were made silent.
        ended_early: reading stopped at a place that could not be decoded.
        late_s: seconds from the film's beginning to that of its sound.
    """

    places: int = 0
    silent_s: float = 0.0
    ended_early: bool = False
    late_s: float = 0.0


@dataclass(frozen=True)
class SoundBlocks:
    """An opened sound.

    Attributes:
        rate: sample rate, Hz.
        channels: number of channels, at least 1.
        expected_frames: length by the file's header, 0 if it does not say or cannot be believed.
        blocks: the sound from its start in (frames, channels) float32, to be read once. Decoders'
            complaints never leave it; they are told in ``damage``.
        close: frees the decoder; call it when done.
        damage: what could not be read, complete once ``blocks`` has ended.
        tracks: sound tracks of the file.
        track: which of them this is, counted from 1.
    """

    rate: int
    channels: int
    expected_frames: int
    blocks: Iterator[NDArray[np.float32]]
    close: Callable[[], None]
    damage: Damage = field(default_factory=Damage)
    tracks: int = 1
    track: int = 1
