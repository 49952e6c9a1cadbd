"""Description of a checkpoint of this family from its configuration alone. Imports no torch."""

from __future__ import annotations

from typing import Final

from elocute.generator import ModelInfo, NumberOption
from elocute.models.atom.config import FAMILY, FPS, SAMPLERS, AtomConfig
from elocute.models.behaviour_options import behaviour_options
from elocute.speech_encoders.names import hears_phones

SCALE: Final = "audio_scale"
_LARGEST_SCALE: Final = 5.0


def describe(config: AtomConfig, name: str) -> ModelInfo:
    """What the model says of itself.

    Args:
        config: its configuration.
        name: its id.
    """
    return ModelInfo(
        id=name,
        family=FAMILY,
        title=f"AToM, landmarks from speech ({name})",
        basis=config.basis,
        fps=FPS,
        styles=(),
        options={
            SCALE: NumberOption(0.0, config.guidance, max(_LARGEST_SCALE, config.guidance)),
            "steps": NumberOption(1.0, float(config.sampling_steps), float(config.steps), whole=True),
            **behaviour_options(config.basis, FPS),
        },
        choices={"sampler": SAMPLERS},
        hears_phones=hears_phones(config.speech_encoder),
        any_device=True,
    )
