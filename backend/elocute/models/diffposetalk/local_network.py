"""What sampling with a local denoiser asks of its network, whatever computes it.

N batch, T frames, D numbers a frame, C width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array
from elocute.speech_encoders.phonetic_input import PhoneticInput


@dataclass(frozen=True)
class LocalMemory:
    """What does not depend on the diffusion step.

    Attributes:
        person: (N, T, condition) embedded identity and style of each frame, or (N, 1, condition).
        sound: (N, T, C) embedded audio features.
        asked: (N, T, D) what the phones ask for, in motion numbers.
    """

    person: Array
    sound: Array
    asked: Array

    def part(self, first: int, last: int) -> LocalMemory:
        """The frames ``first`` .. ``last`` - 1."""
        person = self.person if self.person.shape[1] == 1 else self.person[:, first:last]
        return LocalMemory(person, self.sound[:, first:last], self.asked[:, first:last])


@dataclass(frozen=True)
class LocalStep:
    """One step of one clip's takes.

    Attributes:
        motion: (K, T, D) noisy motion.
        embedding: (condition,) the embedded step.
        memory: of B * K rows, branch by branch.
    """

    motion: Array
    embedding: Array
    memory: LocalMemory


class LocalNetwork(Protocol):
    """Speech encoder and local denoiser of a loaded model."""

    @property
    def null_audio(self) -> Array | None:
        """(1, 1, features) "no audio", if audio guides."""
        ...

    @property
    def batches_takes(self) -> bool:
        """Whether takes are computed together.

        Matrix products of other sizes round differently. On a processor every take is computed alone, so that
        it is the same to the last bit however many are made; four at once would be a fifth quicker there.
        """
        ...

    def hear(self, told: PhoneticInput) -> tuple[Array, NDArray[np.float32]]:
        """(1, T, features) of a clip, and (T, L) how likely each phone is by the sound."""
        ...

    def remember(self, audio: Array, people: Array, timesteps: Sequence[int]) -> tuple[LocalMemory, Array]:
        """Do what does not depend on x_t.

        Args:
            audio: (N, T, features).
            people: (N, person) shape and style, or (N, T, person) where the style changes.
            timesteps: the S diffusion steps that will be taken.

        Returns:
            The memory, and the embedded steps (S, condition).
        """
        ...

    def denoise(self, step: LocalStep) -> Array:
        """(B * K, T, D) predictions, branch by branch."""
        ...
