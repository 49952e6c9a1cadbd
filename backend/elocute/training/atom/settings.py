"""Settings of AToM's training; defaults are those of the published program, but for the padding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import ConfigDict

from elocute.errors import SettingsError
from elocute.models.atom.config import AtomConfig, NetworkConfig
from elocute.training.core.settings import RunSettings

Padding = Literal["masked", "published"]


@dataclass(frozen=True)
class AtomSettings:
    """Training of the network.

    Attributes:
        run: how to optimise; ``statistics`` and ``warmup`` are not used by the published program.
        network: its sizes; ``audio_width`` follows the speech encoder.
        speech_encoder: what the audio features come from, 50 a second: folder or hub id of a HuBERT or
            Wav2Vec2, or a name in :data:`~elocute.speech_encoders.plain.PLAIN`.
        face: FaceModel file of the dataset's basis, with landmarks.
        teacher: style of the ``rules`` model that acts a corpus, whose folder ``run.dataset`` then is; empty
            for a packed dataset.
        aligned: begin with lips that listen to the sound of their own moment, see
            :func:`~elocute.training.atom.alignment.align_hearing`; not in the published program.
        padding: what becomes of frames behind the end of a recording: ``masked`` leaves them out of the
            losses; ``published`` asks for landmarks of 0 there, with silence as sound.
        drop: chance that a sample loses its conditions.
        reconstruction: weight of the squared error.
        velocity: weight of the squared error of differences between frames.
        weight_decay: of the optimiser.
        steps: diffusion steps.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    run: RunSettings = field(
        default_factory=lambda: RunSettings(
            iterations=300_000, batch=64, learning_rate=4e-4, warmup=0, ema=0.9999, save_every=2000
        )
    )
    network: NetworkConfig = field(default_factory=NetworkConfig)
    speech_encoder: str = AtomConfig.speech_encoder
    face: str = ""
    teacher: str = ""
    aligned: bool = False
    padding: Padding = "masked"
    drop: float = 0.25
    reconstruction: float = 7.5
    velocity: float = 1.5
    weight_decay: float = 0.02
    steps: int = 1000

    def __post_init__(self) -> None:
        weights = min(self.reconstruction, self.velocity, self.weight_decay)
        if not 0 <= self.drop < 1 or not weights >= 0 or not self.reconstruction > 0 or self.steps < 50:
            raise SettingsError(
                "A setting is out of range: drop from 0 to below 1, reconstruction above 0, velocity and "
                "weight_decay from 0, steps from 50."
            )
