"""The seam between the model families and everything that asks them for motion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from elocute.audio.speech_features import SpeechFeatures
from elocute.motion.clip import MotionClip
from elocute.progress import Progress


@dataclass(frozen=True)
class ModelInfo:
    """What a user needs to choose a model.

    Attributes:
        id: name used on the command line and the wire.
        family: model family, the folder under ``elocute.models``.
        title: one line for menus.
        basis: face basis of the clips it makes.
        fps: frame rate of the clips it makes.
        styles: names of its style presets, the default first.
        style_parameters: name -> (lowest, default, highest) of numbers a user may turn.
    """

    id: str
    family: str
    title: str
    basis: str
    fps: float
    styles: tuple[str, ...]
    style_parameters: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class GenerationSettings:
    """What to generate.

    Attributes:
        style: a preset's name, or None for the model's default.
        style_parameters: overrides of the preset's numbers.
        seed: take k uses seed + k.
        takes: how many clips to make.
        head_motion: False leaves head and neck at rest.
        lip_contacts: make the contacts of P, B, M, F and V certain where the phones say so; a model whose
            contacts are certain anyway need not heed it.
    """

    style: str | None = None
    style_parameters: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    takes: int = 1
    head_motion: bool = True
    lip_contacts: bool = True


class Generator(Protocol):
    """A loaded model that turns speech into motion. Stateless between calls."""

    @property
    def info(self) -> ModelInfo:
        """What this model is."""
        ...

    def generate(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress
    ) -> Sequence[MotionClip]:
        """Return ``settings.takes`` clips of ``speech.frames`` frames each.

        Raises:
            SettingsError: unknown style or parameter, or a value out of range.
            Cancelled: ``progress`` was cancelled.
        """
        ...
