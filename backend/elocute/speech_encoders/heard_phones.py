"""What a phonetic encoder hears itself, as phones with times.

T frames at 25 a second, L labels.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone
from elocute.audio.phone_classes import BILABIALS, LABIODENTALS
from elocute.audio.speech_features import FPS
from elocute.speech_encoders.phonetic_input import LABEL_INDEX, LABELS

_BITE: Final = [LABEL_INDEX[label] for label in sorted(LABIODENTALS)]
_SEAL: Final = [LABEL_INDEX[label] for label in sorted(BILABIALS)]
_POSSIBLE_SEAL: Final = 0.2
"""Of P, B and M together. On half of the development recordings 92 % of those that were said are heard so."""
_LIKELY_BITE: Final = 0.7
"""Of F and V together. On half of the development recordings none is heard that was not said from 0.7 on, 8 a
minute at 0.5; of those that were said 43 % are heard at either."""


def possible_seals(likely: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(T,) true in frames whose sound may be a P, B or M, whatever somebody told.

    Args:
        likely: (T, L) how likely each of :data:`LABELS` is.
    """
    heard: NDArray[np.bool_] = likely[:, _SEAL].sum(axis=1) >= _POSSIBLE_SEAL
    return heard


def heard_phones(likely: NDArray[np.floating]) -> tuple[Phone, ...]:
    """One phone for each run of frames with the same likeliest label.

    F and V, which lips do alike, are one label; it counts from a likelihood of 0.7 on. P, B and M are left
    as they are: there is no likelihood above which most of those that are heard were said.

    Args:
        likely: (T, L) how likely each of :data:`LABELS` is.
    """
    scores = np.array(likely, np.float64)
    bite = scores[:, _BITE].sum(axis=1)
    scores[:, _BITE] = 0.0
    scores[:, _BITE[0]] = np.where(bite >= _LIKELY_BITE, bite, 0.0)
    found: list[Phone] = []
    best = scores.argmax(axis=1)
    for label, run in groupby(range(len(best)), key=lambda frame: int(best[frame])):
        frames = list(run)
        sure = min(float(scores[frames, label].max()), 1.0)
        found.append(Phone(LABELS[label], frames[0] / FPS, (frames[-1] + 1) / FPS, sure))
    return tuple(found)
