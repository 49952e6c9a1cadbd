"""Settings of the bundled model's training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ConfigDict

from elocute.corpus.lessons import LessonPlan
from elocute.diffusion.kinds import GuidanceMode, ScheduleKind
from elocute.errors import SettingsError
from elocute.models.diffposetalk.config import (
    DenoiserConfig,
    LocalConfig,
    SamplingDefaults,
    StyleEncoderConfig,
)
from elocute.speech_encoders.phonetic_config import PhoneticEncoderConfig
from elocute.training.core.settings import RunSettings
from elocute.training.elocute_lite.objective import PhoneticOptions
from elocute.training.elocute_lite.resident import Withheld


@dataclass(frozen=True)
class CorpusSettings:
    """The synthesized speech.

    Attributes:
        hours: of sound.
        seed: of texts, voices and disturbances.
    """

    hours: float = 4.0
    seed: int = 1


@dataclass(frozen=True)
class PhoneticSettings:
    """Everything that shapes the bundled model.

    Attributes:
        corpus: what is spoken.
        lessons: what is taught.
        style_run: training of the style encoder; ``batch`` counts styles.
        style_encoder: its sizes.
        temperature: of its contrastive loss.
        run: training of the model; ``batch`` counts pairs of windows.
        encoder: sizes of the speech encoder.
        denoiser: widths of audio features and styles; ``motions`` is the length of a crop.
        local: sizes of the denoiser.
        steps: diffusion steps.
        schedule: noise schedule.
        guiding: conditions that are dropped at random.
        guidance: which are dropped together.
        direct: what the phones ask of the mouth also goes to the result directly; False holds that path at
            zero.
        withheld: how often phones or sound are missing in training.
        objective: losses.
        sampling: what the model's folder says about sampling.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    corpus: CorpusSettings = field(default_factory=CorpusSettings)
    lessons: LessonPlan = field(default_factory=LessonPlan)
    style_run: RunSettings = field(
        default_factory=lambda: RunSettings(iterations=1500, batch=64, warmup=100, learning_rate=1e-3)
    )
    style_encoder: StyleEncoderConfig = field(
        default_factory=lambda: StyleEncoderConfig(
            feature_dim=64, heads=4, layers=2, motions=200, velocity=True
        )
    )
    temperature: float = 0.1
    run: RunSettings = field(
        default_factory=lambda: RunSettings(iterations=8000, batch=16, warmup=300, learning_rate=6e-4)
    )
    encoder: PhoneticEncoderConfig = field(
        default_factory=lambda: PhoneticEncoderConfig(width=256, mouth=True)
    )
    denoiser: DenoiserConfig = field(
        default_factory=lambda: DenoiserConfig(
            feature_dim=256, motions=256, shape_dim=0, style_dim=64, dropout=0.0
        )
    )
    local: LocalConfig = field(default_factory=LocalConfig)
    steps: int = 500
    schedule: ScheduleKind = "cosine"
    guiding: tuple[str, ...] = ("audio", "style")
    guidance: GuidanceMode = "incremental"
    direct: bool = True
    withheld: Withheld = field(default_factory=Withheld)
    objective: PhoneticOptions = field(default_factory=PhoneticOptions)
    sampling: SamplingDefaults = field(
        default_factory=lambda: SamplingDefaults(
            4, 1.0, 1.0, "neutral", repeat_noise=False, head_smoothing=1.0
        )
    )

    def __post_init__(self) -> None:
        if self.denoiser.style_dim != self.style_encoder.feature_dim or self.denoiser.shape_dim:
            raise SettingsError(
                "The denoiser's style_dim must be the style encoder's feature_dim, and its shape_dim 0."
            )
