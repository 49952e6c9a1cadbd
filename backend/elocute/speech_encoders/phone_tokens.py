"""Phones as one token for each frame of motion. numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone
from elocute.audio.speech_features import FPS
from elocute.speech_encoders.phonetic_input import LABEL_INDEX, LABELS

UNKNOWN: Final = len(LABELS)
"""Token of a frame whose phone is not known; the others are indices into ``LABELS``."""
TOKENS: Final = UNKNOWN + 1
"""How many tokens there are."""


def phone_tokens(phones: Sequence[Phone] | None, frames: int) -> NDArray[np.uint8]:
    """(T,) the phone at the middle of each frame, (n + 0.5) / 25 s; silence behind the last phone.

    Args:
        phones: contiguous from 0, or None where none could be had.
        frames: number of frames T.
    """
    if phones is None:
        return np.full(frames, UNKNOWN, np.uint8)
    labels = np.array([LABEL_INDEX[phone.label] for phone in phones] + [0], np.uint8)
    ends = np.array([phone.end for phone in phones])
    return labels[np.searchsorted(ends, (np.arange(frames) + 0.5) / FPS, side="right")]
