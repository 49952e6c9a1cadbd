"""Settings of MToV's three trainings; defaults are those of the published program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ConfigDict

from elocute.errors import SettingsError
from elocute.renderers.mtov.config import MtovConfig
from elocute.training.core.settings import RunSettings


@dataclass(frozen=True)
class MtovSettings:
    """A stage of the training of a renderer; all three can share one file.

    Attributes:
        run: how to optimise. ``run.dataset`` is a folder of films with their landmarks, see
            :mod:`~elocute.training.mtov.data`.
        renderer: sizes and settings of the renderer, the same in all stages.
        film: checkpoint folder of the autoencoder of films, for the second and third stage.
        landmarks: checkpoint folder of the autoencoder of drawn landmarks, for the third stage.
        reconstruction: weight of the mean absolute error.
        perceptual: weight of LPIPS with VGG; 0 does without its package.
        whole_clip: compare all frames of a clip instead of a random one.
        kept_encodings: where above 0, clips of the third stage begin at each so-many-th frame and are encoded
            once, which is quicker for small datasets; 0 lets them begin anywhere and encodes them in every
            update, as published.
        weight_decay: of AdamW.
        averaged_every: updates between updates of the average of the third stage's weights, whose decay
            grows with their number n: min(``run.ema``, (1 + n) / (10 + n)).
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    run: RunSettings = field(
        default_factory=lambda: RunSettings(
            iterations=600_000,
            batch=10,
            warmup=0,
            learning_rate=1e-4,
            ema=0.9999,
            validation="",
            save_every=1000,
        )
    )
    renderer: MtovConfig = field(default_factory=MtovConfig)
    film: str = ""
    landmarks: str = ""
    reconstruction: float = 4.0
    perceptual: float = 4.0
    whole_clip: bool = False
    kept_encodings: int = 0
    weight_decay: float = 0.01
    averaged_every: int = 25

    def __post_init__(self) -> None:
        weights = min(self.perceptual, self.weight_decay, self.kept_encodings)
        if not self.reconstruction > 0 or not weights >= 0 or self.averaged_every < 1:
            raise SettingsError(
                "A setting is out of range: reconstruction above 0, perceptual, weight_decay and "
                "kept_encodings from 0, averaged_every from 1."
            )
