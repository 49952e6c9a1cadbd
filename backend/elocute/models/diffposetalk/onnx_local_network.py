"""The network of a model with a local denoiser, computed by ONNX Runtime on the processor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.models.diffposetalk.graph_session import GraphSession
from elocute.models.diffposetalk.local_network import LocalMemory, LocalStep
from elocute.speech_encoders.phonetic_input import PhoneticInput

FloatArray = NDArray[np.float32]
STEP_WIDTH: Final = 128


class OnnxLocalNetwork:
    """See :class:`~elocute.models.diffposetalk.local_network.LocalNetwork`.

    Args:
        speech: from sound, phones, what they ask of the mouth, their source and whether the sound is heard,
            features and likelihoods.
        memory: from features, people and rows of the sinusoidal table, person, sound, asked, embedded steps.
        denoiser: from motion, an embedded step, person, sound and asked, predictions.
        null_audio: (1, 1, features) "no audio", if audio guides.
    """

    batches_takes: bool = False

    def __init__(
        self,
        speech: GraphSession,
        memory: GraphSession,
        denoiser: GraphSession,
        null_audio: FloatArray | None,
    ) -> None:
        self._speech: Final = speech
        self._memory: Final = memory
        self._denoiser: Final = denoiser
        self._null_audio: Final = null_audio

    @property
    def null_audio(self) -> FloatArray | None:
        return self._null_audio

    def hear(self, told: PhoneticInput) -> tuple[FloatArray, FloatArray]:
        rows = (array[None] for array in (told.sound, told.phones, told.mouth, told.source))
        features, likely = self._speech.run(*rows, np.array([told.heard]))
        return features, likely[0]

    def remember(
        self, audio: FloatArray, people: FloatArray, timesteps: Sequence[int]
    ) -> tuple[LocalMemory, FloatArray]:
        rows = people if people.ndim == 3 else people[:, None]
        person, sound, asked, embedded = self._memory.run(audio, rows, sine_rows(timesteps, STEP_WIDTH))
        return LocalMemory(person, sound, asked), embedded

    def denoise(self, step: LocalStep) -> FloatArray:
        """See :meth:`LocalNetwork.denoise`; of one take."""
        memory = step.memory
        (told,) = self._denoiser.run(step.motion, step.embedding, memory.person, memory.sound, memory.asked)
        return told


def sine_rows(positions: Sequence[int], width: int) -> FloatArray:
    """Rows of :func:`~elocute.models.diffposetalk.positions.sinusoidal_table`: (N, width) float32."""
    frequency = np.exp(np.arange(0, width, 2, dtype=np.float32) * np.float32(-math.log(10000.0) / width))
    angle = np.asarray(positions, np.float32)[:, None] * frequency
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(len(positions), width)
