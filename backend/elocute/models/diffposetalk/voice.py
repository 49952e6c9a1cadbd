"""What is constant over a clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from elocute.arrays import Array
from elocute.speech_encoders.phonetic_input import PhoneticInput

if TYPE_CHECKING:
    from elocute.models.diffposetalk.mouth import MouthTold
    from elocute.models.diffposetalk.style_mix import StyleMix


@dataclass(frozen=True)
class Voice:
    """A speaker and a line.

    Attributes:
        sound: (n,) float32 mono audio at 16 kHz, or what a phonetic speech encoder is told.
        shape: (S,) identity coefficients, or None for the average of the training data.
        style: (style_dim,) style, a mixture for a local denoiser, or None for the learned null
            style.
        mouth: what a local denoiser's mouth keeps to; None leaves it alone.
    """

    sound: Array | PhoneticInput
    shape: Array | None = None
    style: Array | StyleMix | None = None
    mouth: MouthTold | None = None
