"""The padding of samples before HuBERT and Wav2Vec2."""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn import functional

HOP = 320
"""Samples between two frames of the speech encoders (50 a second)."""

FIELD = 400
"""Samples that one frame of the speech encoders sees."""


def pad_for_encoder(samples: Tensor) -> Tensor:
    """(N, n) -> (N, n') so that the encoder gives one frame per ``HOP`` samples.

    Half of the missing samples on each side are mirrored in two goes, the second mirroring the result
    of the first; an odd one is filled by repeating the edge. That is how the models were trained.
    """
    missing = HOP * (samples.shape[-1] // HOP) + FIELD - HOP - samples.shape[-1]
    side = math.ceil(missing / 2)
    if side < 0:
        return samples
    half = side // 2
    if half:
        for _ in range(2):
            samples = functional.pad(samples, (half, half), mode="reflect")
    if side % 2:
        samples = functional.pad(samples, (1, 1), mode="replicate")
    return samples
