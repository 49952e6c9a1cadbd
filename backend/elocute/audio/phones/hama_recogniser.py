"""The phone recogniser of the package hama: a small network for many languages with symbols of IPA.

Its native library is called directly: it lets other Python threads run meanwhile and needs no process of
its own.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phones.posteriors import Samples
from elocute.audio.speech_features import SAMPLE_RATE

_BLANK: Final = "<blank>"
_SOUNDLESS: Final = frozenset({"<pad>", "<sos>", "<eos>", "<unk>", "<wb>", _BLANK, " ", "%", ",", "~"})
_SHORTEST_SAMPLES: Final = 1600


class HamaRecogniser:
    """hama's recogniser, 50 frames a second.

    Raises:
        ModuleNotFoundError: the package hama is not installed.
        OSError: it has no native library for this system.
    """

    step: float = 0.02
    longest: float = 29.0

    def __init__(self) -> None:
        from hama import asr

        try:
            self._model: Any = asr.ASRModel()
        except RuntimeError as error:
            raise OSError(f"hama cannot run here: {error}") from error
        tokens = [str(token) for token in self._model.decoder_tokens]
        self.blank: int = tokens.index(_BLANK)
        self.symbols: tuple[str, ...] = tuple("" if token in _SOUNDLESS else token for token in tokens)
        self._lock = Lock()

    def hear(self, samples: Samples) -> NDArray[np.float32]:
        """See :class:`~elocute.audio.phones.posteriors.PhoneRecogniser`."""
        wave = np.ascontiguousarray(samples, np.float32)
        if len(wave) < _SHORTEST_SAMPLES:
            wave = np.pad(wave, (0, _SHORTEST_SAMPLES - len(wave)))
        feeds = {"waveform": wave[np.newaxis], "waveform_lengths": np.array([len(wave)])}
        with self._lock:  # the library keeps its working memory with the model
            log_probs, lengths = self._model.session.run(["log_probs", "out_lengths"], feeds)
        frames = min(int(lengths[0]), -(-len(samples) // round(self.step * SAMPLE_RATE)))
        found: NDArray[np.float32] = np.array(log_probs[0, : max(frames, 1)], np.float32)
        return found


def is_installed() -> bool:
    """Whether the package is there; says nothing about its native library."""
    return find_spec("hama") is not None


@lru_cache(maxsize=1)
def hama_recogniser() -> HamaRecogniser:
    """The one of this process.

    Raises:
        ModuleNotFoundError: the package hama is not installed.
        OSError: it has no native library for this system.
    """
    return HamaRecogniser()
