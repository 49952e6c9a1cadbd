"""Description of a checkpoint of this family from its configuration alone. Imports no torch."""

from __future__ import annotations

from typing import Final

from elocute.diffusion.kinds import SAMPLER_KINDS
from elocute.generator import ModelInfo, NumberOption
from elocute.models.behaviour_options import behaviour_options
from elocute.models.thmm.config import FAMILY, FPS, ThmmConfig

SCALE: Final = "audio_scale"
CLUE_SCALE: Final = "clue_scale"
_LARGEST_SCALE: Final = 5.0


def describe(config: ThmmConfig, name: str) -> ModelInfo:
    """What the model says of itself.

    Args:
        config: its configuration.
        name: its id.
    """
    options = {"steps": NumberOption(1.0, float(config.sampling_steps), float(config.steps), whole=True)}
    if config.network.sees_clue:
        options[CLUE_SCALE] = NumberOption(0.0, 1.0, _LARGEST_SCALE)
    if config.listens:
        options[SCALE] = NumberOption(0.0, config.guidance, max(_LARGEST_SCALE, config.guidance))
    what = "landmarks from speech" if config.listens else "motion without speech"
    return ModelInfo(
        id=name,
        family=FAMILY,
        title=f"THMM-DiT, {what} ({name})",
        basis=config.basis,
        fps=FPS,
        styles=(),
        options={**options, **behaviour_options(config.basis, FPS)},
        choices={
            "sampler": (config.sampler, *(kind for kind in SAMPLER_KINDS if kind != config.sampler)),
            "join": config.joins,
        },
        hears_phones=False,
        any_device=True,
    )
