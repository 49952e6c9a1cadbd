"""Settings of THMM-DiT's training; what the paper leaves open is said in docs/thmm.md."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from pydantic import ConfigDict

from elocute.diffusion.kinds import SamplerKind, ScheduleKind, Target
from elocute.errors import SettingsError
from elocute.models.thmm.config import PARTS, Motion, NetworkConfig, Sound, Variance
from elocute.training.core.settings import RunSettings
from elocute.training.recordings.sources import LineSettings

_LONGEST_SILENCE: Final = 600.0


@dataclass(frozen=True)
class SilenceSettings:
    """Silent performances of the ``rules`` to train on instead of recordings.

    Attributes:
        count: how many; 0 for recordings.
        seconds: length of each.
        styles: the presets; each performance is in one of them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    count: int = 0
    seconds: float = 30.0
    styles: tuple[str, ...] = ("neutral",)

    def __post_init__(self) -> None:
        if self.count < 0 or not 1.0 <= self.seconds <= _LONGEST_SILENCE:
            raise SettingsError(
                f"A setting of silence is out of range: count from 0, seconds from 1 to {_LONGEST_SILENCE:g}."
            )


@dataclass(frozen=True)
class ThmmSettings:
    """Training of the network.

    Attributes:
        run: how to optimise; ``statistics`` is not used.
        lines: recordings to train on.
        silence: silent performances instead.
        network: its sizes and the pattern of its blocks.
        motion: ``landmarks`` (setting B) or ``coefficients`` (setting A).
        dimensions: of landmarks, 2 or 3.
        sound: ``both``, ``mel``, ``encoder`` or ``none``.
        speech: ``phonetic`` for the encoder of the bundled model, else folder or hub id of a Whisper, HuBERT
            or Wav2Vec2.
        face: FaceModel file of the data's basis: needed for landmarks, and for lip contacts at generation.
        drop_clue: chance that a sample loses its clue.
        drop_speech: chance that it loses its sound.
        beginnings: share of the windows that are the first of their recording, where the clue is the first
            frame alone.
        velocity: weight of the squared error of differences between frames of the clean motion; 0 as
            published. Only with the target ``sample``.
        variance_weight: of the variational bound, for learned variances.
        clip: largest norm of the gradient, 0 for none.
        schedule, steps, target, variance: see :class:`~elocute.models.thmm.config.ThmmConfig`.
        tail: see there; None for 4, or what windows under 16 frames allow.
        sampler, sampling_steps, overlap, head_smoothing, settling: at generation, see there.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    run: RunSettings = field(
        default_factory=lambda: RunSettings(
            iterations=300_000, batch=32, learning_rate=2e-4, warmup=0, ema=0.9999, validation=""
        )
    )
    lines: LineSettings = field(default_factory=LineSettings)
    silence: SilenceSettings = field(default_factory=SilenceSettings)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    motion: Motion = "landmarks"
    dimensions: int = 2
    sound: Sound = "both"
    speech: str = "openai/whisper-base"
    face: str = ""
    drop_clue: float = 0.1
    drop_speech: float = 0.1
    beginnings: float = 0.1
    velocity: float = 0.0
    variance_weight: float = 0.001
    clip: float = 0.5
    schedule: ScheduleKind = "linear"
    steps: int = 1000
    target: Target = "noise"
    variance: Variance = "fixed"
    sampler: SamplerKind = "ddpm"
    sampling_steps: int = 1000
    overlap: int = 8
    tail: int | None = None
    head_smoothing: float = 0.0
    settling: float = 8.0

    def __post_init__(self) -> None:
        shares = all(0 <= share < 1 for share in (self.drop_clue, self.drop_speech, self.beginnings))
        weights = min(self.velocity, self.variance_weight, self.clip) >= 0
        if not shares or not weights or not 1 <= self.sampling_steps <= self.steps:
            raise SettingsError(
                "A setting is out of range: drop_clue, drop_speech and beginnings from 0 to below 1, "
                "velocity, variance_weight and clip from 0, sampling_steps from 1 to steps."
            )
        if self.velocity and self.target != "sample":
            raise SettingsError(
                "A velocity loss needs the clean motion as target.", "Set target to sample, or velocity to 0."
            )
        if self.silence.count and self.sound != "none":
            raise SettingsError("There is nothing to hear in silence.", "Set sound to none.")

    def without(self, parts: tuple[str, ...]) -> ThmmSettings:
        """The settings without some of :data:`~elocute.models.thmm.config.PARTS`.

        Raises:
            SettingsError: it has no such part, or too little would be left.
        """
        if unknown := [part for part in parts if part not in PARTS]:
            raise SettingsError(
                f"THMM-DiT has no part {', '.join(unknown)} to leave out.", f"It has {', '.join(PARTS)}."
            )
        changed = self
        gone = {
            *(("clue", "clue_spatial") if "clue" in parts else ()),
            *(("spatial", "clue_spatial") if "spatial" in parts else ()),
        }
        if gone:
            left = tuple(block for block in self.network.pattern if block not in gone)
            changed = replace(changed, network=replace(changed.network, pattern=left))
        if "averages" in parts:
            changed = replace(changed, network=replace(changed.network, averages=False))
        if "efficient-attention" in parts:
            changed = replace(changed, network=replace(changed.network, temporal="full"))
        others: tuple[tuple[str, Sound], ...] = (("mel", "encoder"), ("encoder", "mel"))
        for part, other in others:
            if part in parts and changed.sound != "both":
                raise SettingsError(f"The sound is {changed.sound}, so {part} cannot be left out.")
            if part in parts:
                changed = replace(changed, sound=other)
        return changed
