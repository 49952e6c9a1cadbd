"""The speech encoder in training: what stays frozen, and its own augmentation."""

from __future__ import annotations

from typing import Any, Final

from torch import Tensor, nn

_FROZEN_LAYERS: Final = 2


def freeze_speech_encoder(encoder: nn.Module, kind: str) -> None:
    """Freeze what the published training freezes.

    HuBERT: the convolutions, the feature projection and the first two transformer layers. Wav2Vec2: the
    convolutions only.
    """
    part: Any = encoder
    part.feature_extractor._freeze_parameters()
    if kind == "hubert":
        part.feature_projection.requires_grad_(False)
        for layer in part.encoder.layers[:_FROZEN_LAYERS]:
            layer.requires_grad_(False)


def mask_speech_in_training(encoder: nn.Module) -> None:
    """Mask stretches of the projected features in training (SpecAugment), as the encoder's options say.

    transformers does so in its own forward pass, which the resampling to motion frames goes round.
    """
    part: Any = encoder

    def mask(_module: nn.Module, _arguments: Any, output: Any) -> Any:
        if not encoder.training:
            return output
        if isinstance(output, tuple):
            return part._mask_hidden_states(output[0]), *output[1:]
        masked: Tensor = part._mask_hidden_states(output)
        return masked

    part.feature_projection.register_forward_hook(mask)
