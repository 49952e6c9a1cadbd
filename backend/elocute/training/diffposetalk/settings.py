"""Settings of the trainings of the denoiser and of the style encoder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from pydantic import ConfigDict

from elocute.diffusion.kinds import GuidanceMode, ScheduleKind, Target
from elocute.errors import SettingsError
from elocute.models.diffposetalk.config import AudioPadding, DenoiserConfig, StyleEncoderConfig
from elocute.training.core.losses import Criterion
from elocute.training.core.settings import RunSettings
from elocute.training.diffposetalk.draws import TRUNCATION
from elocute.training.diffposetalk.losses import LossWeights
from elocute.training.diffposetalk.objective import AudioContext

ABLATIONS: Final = ("geometry", "mask", "guidance", "style")
"""What :func:`ablate` can leave out: the variants of the paper's Table 1."""


@dataclass(frozen=True)
class DenoiserSettings:
    """Training of the denoiser; defaults are the published ones.

    Attributes:
        run: how to optimise.
        denoiser: its sizes.
        head: model head motion.
        jaw: components of the jaw's rotation vector to model.
        steps: diffusion steps.
        schedule: noise schedule.
        target: what the network predicts.
        guiding: conditions that are dropped at random.
        guidance: which are dropped together.
        padding: what follows the end of a cut window.
        audio_encoder: folder or hub id of a HuBERT or Wav2Vec2.
        pretrained: start from its weights; otherwise only its configuration is used.
        freeze_speech_encoder: keep its lower parts as they are, as published; not where they start
            at random.
        style_encoder: folder of a trained style encoder, or empty for a model without styles.
        face: FaceModel file for the losses on vertices.
        every_vertex: 1 for all its vertices, k for every k-th (for heads much larger than FLAME).
        weights: of the losses.
        criterion: squared or absolute differences.
        constrain_previous: see :class:`~elocute.training.diffposetalk.objective.ObjectiveOptions`.
        audio_context: encode each window's sound alone, or both windows' together.
        truncation: chance that the first, the second window is cut short.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    run: RunSettings = field(default_factory=RunSettings)
    denoiser: DenoiserConfig = field(default_factory=DenoiserConfig)
    head: bool = True
    jaw: int = 1
    steps: int = 500
    schedule: ScheduleKind = "cosine"
    target: Target = "sample"
    guiding: tuple[str, ...] = ("audio", "style")
    guidance: GuidanceMode = "incremental"
    padding: AudioPadding = "zero"
    audio_encoder: str = "facebook/hubert-base-ls960"
    pretrained: bool = True
    freeze_speech_encoder: bool = True
    style_encoder: str = ""
    face: str = ""
    every_vertex: int = 1
    weights: LossWeights = field(default_factory=LossWeights)
    criterion: Criterion = "l2"
    constrain_previous: bool = True
    audio_context: AudioContext = "window"
    truncation: tuple[float, float] = TRUNCATION

    def __post_init__(self) -> None:
        if self.every_vertex < 1:
            raise SettingsError(f"The setting every_vertex must be 1 or more, not {self.every_vertex}.")


@dataclass(frozen=True)
class StyleSettings:
    """Contrastive training of the style encoder; defaults are the published ones.

    Attributes:
        run: how to optimise; ``batch`` counts people.
        encoder: its sizes; ``head`` 0 leaves head motion out.
        jaw: components of the jaw's rotation vector to read.
        temperature: of the NT-Xent loss.
        dropout: rate in training.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    run: RunSettings = field(
        default_factory=lambda: RunSettings(iterations=26_000, batch=32, warmup=0, save_every=2000)
    )
    encoder: StyleEncoderConfig = field(default_factory=StyleEncoderConfig)
    jaw: int = 1
    temperature: float = 0.1
    dropout: float = 0.1


def ablate(settings: DenoiserSettings, without: tuple[str, ...]) -> DenoiserSettings:
    """Leave parts out as in the paper's Table 1.

    ``geometry``: all losses but the sample loss; ``mask``: no alignment mask; ``guidance``: no
    condition is ever dropped; ``style``: no style encoder, nor styles.

    Raises:
        SettingsError: an unknown name.
    """
    for name in without:
        if name == "geometry":
            settings = replace(settings, weights=settings.weights.without_geometry(), face="")
        elif name == "mask":
            settings = replace(settings, denoiser=replace(settings.denoiser, alignment_width=0))
        elif name == "guidance":
            settings = replace(settings, guiding=())
        elif name == "style":
            guiding = tuple(condition for condition in settings.guiding if condition != "style")
            settings = replace(
                settings,
                guiding=guiding,
                style_encoder="",
                denoiser=replace(settings.denoiser, style_dim=0),
            )
        else:
            raise SettingsError(f"Cannot leave out {name!r}.", f"Choose from {', '.join(ABLATIONS)}.")
    return settings
