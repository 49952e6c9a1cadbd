"""Description of a checkpoint of this family from its configuration alone. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from elocute.diffusion.kinds import GUIDANCE_MODES, SAMPLER_KINDS
from elocute.generator import ModelInfo, NumberOption
from elocute.models.behaviour_options import behaviour_options
from elocute.models.diffposetalk.config import CONDITIONS, FAMILY, DiffPoseTalkConfig
from elocute.style_curve import INTENSITY, LARGEST_INTENSITY

NULL: Final = "null"
"""Name of the learned null style, for measurements and blends; no style that a user would look for."""
AUTO: Final = "auto"
NOTHING: Final = "none"
DEFAULT_SAMPLER: Final = "dpmpp"
AUDIO_CONTEXTS: Final = ("auto", "clip", "window")
LARGEST_SCALE: Final = {"audio": 5.0, "style": 10.0}


def describe(config: DiffPoseTalkConfig, name: str, presets: Sequence[str], engine: str) -> ModelInfo:
    """What the model says of itself.

    Args:
        config: its configuration.
        name: its id.
        presets: names of the styles in its folder.
        engine: what computes it on the processor.
    """
    own, phonetic = config.sampling, config.audio.hears_phones
    changing = config.local is not None and config.denoiser.style_dim > 0
    scales = {"audio": own.audio_scale, "style": own.style_scale}
    guided = [mode for mode in GUIDANCE_MODES if mode != config.guidance]
    choices = {
        "sampler": (DEFAULT_SAMPLER, *(kind for kind in SAMPLER_KINDS if kind != DEFAULT_SAMPLER)),
        "guidance": (config.guidance, *guided) if config.guidance else tuple(guided),
        "guide": (AUTO, *_guides(config)),
    }
    if not phonetic:
        choices["audio_context"] = AUDIO_CONTEXTS
    return ModelInfo(
        id=name,
        family=FAMILY,
        title=f"DiffPoseTalk, from {'speech and phones' if phonetic else 'speech'} ({name})",
        basis=config.basis,
        fps=config.fps,
        styles=_styles(config, presets),
        unlisted_styles=(NULL,) if config.denoiser.style_dim else (),
        options={
            **{
                f"{condition}_scale": NumberOption(
                    0.0, scales[condition], LARGEST_SCALE[condition], varies=config.local is not None
                )
                for condition in CONDITIONS
            },
            "steps": NumberOption(1.0, float(min(own.steps, config.steps)), float(config.steps), whole=True),
            "threshold": NumberOption(0.0, 0.0, 1.0),
            **({INTENSITY: NumberOption(0.0, 1.0, LARGEST_INTENSITY, varies=True)} if changing else {}),
            **behaviour_options(config.basis, config.fps),
        },
        choices=choices,
        hears_phones=phonetic,
        blends_styles=config.denoiser.style_dim > 0,
        changes_styles=changing,
        identity=config.denoiser.shape_dim,
        repeats_noise=True,
        any_device=True,
        engine=engine,
    )


def conditions_of(guide: str) -> tuple[str, ...] | None:
    """The conditions that a value of the choice ``guide`` names; None leaves them to the model."""
    if guide == AUTO:
        return None
    return () if guide == NOTHING else tuple(guide.split(","))


def _guides(config: DiffPoseTalkConfig) -> tuple[str, ...]:
    """Sets of conditions that may guide, names in alphabetical order."""
    names = sorted(config.guiding)
    together = (",".join(names),) if len(names) > 1 else ()
    return (*together, *names, NOTHING)


def _styles(config: DiffPoseTalkConfig, presets: Sequence[str]) -> tuple[str, ...]:
    """Names of the styles to offer, the default first where it is one of them."""
    if not config.denoiser.style_dim:
        return ()
    default = config.sampling.style
    named = [name for name in presets if name != NULL]
    if default is not None and default in named:
        return (default, *(name for name in named if name != default))
    return tuple(named)
