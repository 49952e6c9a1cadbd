"""Features without a network, 50 a second: the sound alone, or sound, phones and what they ask of the mouth.

For models that are trained on little data with an encoder of their own behind: nothing to download.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elocute.audio.speech_features import FPS, SUBFRAMES
from elocute.progress import Progress
from elocute.speech_encoders.encoder import Heard
from elocute.speech_encoders.names import PHONES, PLAIN
from elocute.speech_encoders.phonetic_input import BANDS, LABELS, MOUTH_WIDTH, PROSODY, SOURCES, PhoneticInput

_PER_FRAME: Final = 2
_TOGETHER: Final = SUBFRAMES // _PER_FRAME
_MEL_WIDTH: Final = _TOGETHER * BANDS + PROSODY
_PHONES_WIDTH: Final = len(LABELS) + MOUTH_WIDTH + len(SOURCES)


class PlainSpeech:
    """One of :data:`PLAIN` as a ready :class:`~elocute.speech_encoders.encoder.SpeechEncoder`.

    Raises:
        KeyError: there is no such encoder.
    """

    def __init__(self, name: str) -> None:
        if name not in PLAIN:
            raise KeyError(name)
        self._name = name

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def rate(self) -> float:
        """Features a second."""
        return _PER_FRAME * float(FPS)

    @property
    def width(self) -> int:
        """Numbers of a feature C: a step's bands and prosody, for ``phones`` labels, mouth and source too."""
        return _MEL_WIDTH + (_PHONES_WIDTH if self._name == PHONES else 0)

    def encode(self, heard: Heard, progress: Progress) -> Tensor:
        """(2T, C) features of ``heard.phonetic``, two a frame.

        Raises:
            TypeError: there is none.
        """
        if heard.phonetic is None:
            raise TypeError("this speech encoder needs phones and sound")
        parts = _sound(heard.phonetic)
        if self._name == PHONES:
            parts += _phones(heard.phonetic)
        return torch.from_numpy(np.concatenate(parts, axis=1, dtype=np.float32))


def _sound(told: PhoneticInput) -> list[NDArray[np.float32]]:
    bands = told.sound[:, : SUBFRAMES * BANDS].reshape(_PER_FRAME * told.frames, _TOGETHER * BANDS)
    return [bands, np.repeat(told.sound[:, SUBFRAMES * BANDS :], _PER_FRAME, axis=0)]


def _phones(told: PhoneticInput) -> list[NDArray[np.float32]]:
    steps = _PER_FRAME * told.frames
    labels = told.phones.reshape(steps, _TOGETHER, len(LABELS)).mean(axis=1)
    return [labels, np.repeat(told.mouth, _PER_FRAME, axis=0), np.repeat(told.source[None], steps, axis=0)]
