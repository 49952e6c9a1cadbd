"""The network of a model with a local denoiser, computed by PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elocute.models.diffposetalk.local_denoiser import LocalDenoiser
from elocute.models.diffposetalk.local_network import LocalMemory, LocalStep
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.speech_encoders.phonetic_encoder import with_margins
from elocute.speech_encoders.phonetic_input import PhoneticInput


class TorchLocalNetwork:
    """See :class:`~elocute.models.diffposetalk.local_network.LocalNetwork`.

    Args:
        network: with a local denoiser.
        denoiser: its denoiser, perhaps in another arithmetic.
        denoise: computes a step with it, alone or together with those of other clips.
        device: where they are.
    """

    def __init__(
        self,
        network: DiffPoseTalk,
        denoiser: LocalDenoiser,
        denoise: Callable[[LocalStep], Tensor],
        device: torch.device,
    ) -> None:
        self._network: Final = network
        self._denoiser: Final = denoiser
        self._denoise: Final = denoise
        self._device: Final = device

    @property
    def null_audio(self) -> Tensor | None:
        return self._network.null_audio_feat

    @property
    def batches_takes(self) -> bool:
        return self._device.type != "cpu"

    def hear(self, told: PhoneticInput) -> tuple[Tensor, NDArray[np.float32]]:
        features, logits = self._network.encode_phonetic(*with_margins(told, 0, 0, self._device))
        return features, logits[0].float().softmax(dim=-1).cpu().numpy()

    def remember(self, audio: Tensor, people: Tensor, timesteps: Sequence[int]) -> tuple[LocalMemory, Tensor]:
        embedded = self._denoiser.embed_steps(torch.tensor(timesteps))
        return self._denoiser.remember(audio, people), embedded

    def denoise(self, step: LocalStep) -> Tensor:
        return self._denoise(step)
