"""Description of a checkpoint of this family from its configuration alone. Imports no torch."""

from __future__ import annotations

from typing import Final

from elocute.diffusion.kinds import SAMPLER_KINDS
from elocute.generator import ModelInfo, NumberOption
from elocute.models.behaviour_options import behaviour_options
from elocute.models.dimitra.config import FAMILY, FPS, JOINS, DimitraConfig

SCALE: Final = "audio_scale"
DEFAULT_SAMPLER: Final = "ddim"
_LARGEST_SCALE: Final = 5.0


def describe(config: DimitraConfig, name: str) -> ModelInfo:
    """What the model says of itself.

    Args:
        config: its configuration.
        name: its id.
    """
    samplers = (DEFAULT_SAMPLER, *(kind for kind in SAMPLER_KINDS if kind != DEFAULT_SAMPLER))
    return ModelInfo(
        id=name,
        family=FAMILY,
        title=f"Dimitra, lips, face and head apart ({name})",
        basis=config.carried or config.basis,
        fps=FPS,
        styles=(),
        options={
            SCALE: NumberOption(0.0, config.guidance, max(_LARGEST_SCALE, config.guidance)),
            "steps": NumberOption(1.0, float(config.sampling_steps), float(config.steps), whole=True),
            **behaviour_options(config.carried or config.basis, FPS),
        },
        choices={"sampler": samplers, "join": JOINS},
        # The words come with the phones.
        hears_phones=config.phones or config.text.kind != "none",
        any_device=True,
    )
