"""A recording of any length, for measuring how long work takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.decode import load_audio
from elocute.audio.speech_features import SAMPLE_RATE

PAUSE_SECONDS: Final = 0.7


def long_line(paths: Sequence[Path], seconds: float) -> tuple[NDArray[np.float32], str]:
    """Whole lines with pauses between and silence up to ``seconds``, and what is said in them.

    Lines are not cut: words that are missing in the sound would send the phone finder on detours.

    Args:
        paths: sounds with their text beside them as ``.txt``, repeated as often as needed.
        seconds: length of the result at 16 kHz.

    Raises:
        InputError: a sound cannot be used.
    """
    lines = [(load_audio(path).samples, path.with_suffix(".txt").read_text().strip()) for path in paths]
    pause = round(PAUSE_SECONDS * SAMPLE_RATE)
    result = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    words: list[str] = []
    place, turn = 0, 0
    while True:
        sound, text = lines[turn % len(lines)]
        if place + len(sound) > len(result):
            break
        result[place : place + len(sound)] = sound
        words.append(text)
        place, turn = place + len(sound) + pause, turn + 1
    if not words:  # shorter than the first line: the shortest one, cut if it must be
        sound, text = min(lines, key=lambda line: len(line[0]))
        result[: min(len(sound), len(result))] = sound[: len(result)]
        words.append(text)
    return result, " ".join(words)
