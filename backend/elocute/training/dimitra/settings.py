"""Settings of Dimitra's training; what the paper leaves open is said in docs/dimitra.md."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from pydantic import ConfigDict

from elocute.diffusion.kinds import ScheduleKind, Target
from elocute.errors import SettingsError
from elocute.models.dimitra.config import PARTS, Division, NetworkConfig
from elocute.speech_encoders.sources import TextKind
from elocute.training.core.settings import RunSettings
from elocute.training.recordings.sources import LineSettings


@dataclass(frozen=True)
class DimitraSettings:
    """Training of the networks of all groups.

    Attributes:
        run: how to optimise; ``statistics`` is not used.
        lines: what to train on.
        network: sizes of each network.
        speech: ``phonetic`` for the encoder of the bundled model, else folder or hub id of a HuBERT or
            Wav2Vec2.
        text: ``none``, ``words`` or ``clip``.
        clip: folder or hub id of CLIP.
        phones: whether each frame's phone is a condition.
        division: ``groups``, or ``one`` network for everything.
        face: FaceModel file of the data's basis, for lip contacts at generation; empty for none.
        head: FaceModel file of another basis that clips are carried onto at generation, by how the landmarks
            of ``face`` move; empty where they stay in the data's basis.
        drop: chance that a sample loses sound, phones and text.
        weight: lambda, of the squared error.
        first: weight of the squared error of the first frame, for the network of the head.
        velocity: weight of the squared error of differences between frames; 0 as published. Only with the
            target ``sample``.
        decay: of the optimiser's weights (AdamW).
        steps: diffusion steps.
        sampling_steps: how many of them are taken at generation unless the user says otherwise.
        overlap: frames that windows share at generation.
        tail: frames at the end of each that the next one makes again; None for 4, or what shorter ones allow.
        schedule, target, lips: see :class:`~elocute.models.dimitra.config.DimitraConfig`.
        head_smoothing: see :class:`~elocute.finishing.needs.FinishingNeeds`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    run: RunSettings = field(
        default_factory=lambda: RunSettings(
            iterations=300_000, batch=64, learning_rate=1e-4, warmup=0, ema=0.9999, validation=""
        )
    )
    lines: LineSettings = field(default_factory=LineSettings)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    speech: str = "facebook/wav2vec2-base-960h"
    text: TextKind = "clip"
    clip: str = "openai/clip-vit-base-patch32"
    phones: bool = True
    division: Division = "groups"
    face: str = ""
    head: str = ""
    drop: float = 0.1
    weight: float = 6.0
    first: float = 1.0
    velocity: float = 0.0
    decay: float = 0.0
    steps: int = 1000
    sampling_steps: int = 50
    overlap: int = 10
    tail: int | None = None
    schedule: ScheduleKind = "cosine"
    target: Target = "sample"
    lips: tuple[int, ...] = ()
    head_smoothing: float = 0.0

    def __post_init__(self) -> None:
        weights = min(self.first, self.velocity, self.decay)
        counts = 1 <= self.sampling_steps <= self.steps
        if not 0 <= self.drop < 1 or not weights >= 0 or not self.weight > 0 or not counts:
            raise SettingsError(
                "A setting is out of range: drop from 0 to below 1, weight above 0, first, velocity and "
                "decay from 0, sampling_steps from 1 to steps."
            )

        if self.velocity and self.target != "sample":
            raise SettingsError(
                "A velocity loss needs the clean motion as target.", "Set target to sample, or velocity to 0."
            )
        if self.head and not self.face:
            raise SettingsError(
                "Clips cannot be carried onto head without a head of the data's basis.", "Set face, too."
            )

    def without(self, parts: tuple[str, ...]) -> DimitraSettings:
        """The settings without some of :data:`~elocute.models.dimitra.config.PARTS`.

        Raises:
            SettingsError: it has no such part.
        """
        if unknown := [part for part in parts if part not in PARTS]:
            raise SettingsError(
                f"Dimitra has no part {', '.join(unknown)} to leave out.", f"It has {', '.join(PARTS)}."
            )
        changed = self
        if "phones" in parts:
            changed = replace(changed, phones=False)
        if "text" in parts:
            changed = replace(changed, text="none")
        if "groups" in parts:
            changed = replace(changed, division="one")
        if "averages" in parts:
            changed = replace(changed, network=replace(changed.network, averages=False))
        if "efficient-attention" in parts:
            changed = replace(changed, network=replace(changed.network, attention="full"))
        return changed
