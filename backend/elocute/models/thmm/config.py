"""Sizes and settings of a model of this family, as frozen dataclasses that become config.json."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from elocute.checkpoint.config_fields import LATER, built, fields_of
from elocute.diffusion.kinds import SAMPLER_KINDS, SCHEDULE_KINDS, SamplerKind, ScheduleKind, Target
from elocute.diffusion.windows import usual_tail
from elocute.errors import InputError, named
from elocute.motion.basis import ELOCUTE_HEAD_1
from elocute.motion.channels import MotionChannels
from elocute.motion.head1_basis import EXPRESSION_NAMES
from elocute.motion.landmark_sets import LANDMARKS
from elocute.networks.kinds import ATTENTION_KINDS, AttentionKind
from elocute.speech_encoders.phonetic_input import SOUND_WIDTH
from elocute.speech_encoders.sources import SpeechConfig

FAMILY: Final = "thmm"
FORMAT: Final = 1
FPS: Final = 25.0
SPEECH: Final = "speech"
CLUE: Final = "clue"
"""Names of what guides; each is dropped by itself."""

Block = Literal["temporal", "spatial", "speech", "clue", "clue_spatial"]
BLOCKS: Final[tuple[str, ...]] = get_args(Block)
SPOKEN: Final[tuple[Block, ...]] = ("temporal", "spatial", "speech", "clue", "clue_spatial")
"""The blocks of a layer of setting B."""
UNSPOKEN: Final[tuple[Block, ...]] = ("temporal",)
"""Those of setting A as published."""
Motion = Literal["coefficients", "landmarks"]
Sound = Literal["none", "mel", "encoder", "both"]
Variance = Literal["fixed", "learned"]
Join = Literal["held", "clue"]
JOINS: Final[tuple[str, ...]] = get_args(Join)
PARTS: Final = ("clue", "spatial", "mel", "encoder", "averages", "efficient-attention")
"""What a training can leave out."""
_OF_THE_CLUE: Final = ("clue", "clue_spatial")
_OF_POINTS: Final = ("spatial", "clue_spatial")
_WIDEST: Final = 16_384
_MOST_LAYERS: Final = 128
_MOST_FRAMES: Final = 2_000
_MOST_STEPS: Final = 100_000
_STRONGEST: Final = 100.0
_MOST_SMOOTHING: Final = 25.0
_FASTEST_SETTLING: Final = 1.0
_SLOWEST_SETTLING: Final = 3600.0


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network.

    Attributes:
        width: channels D, even.
        heads: attention heads, a divisor of the width.
        hidden: width of the hidden layers.
        layers: layers of the denoiser.
        encoder_layers: layers of the encoder of the sound.
        frames: frames F that a window makes.
        clue: frames F_c before them that it is shown; 0 for none.
        pattern: the blocks of every layer in their order, of :data:`BLOCKS`; a feed-forward part ends it.
        temporal: attention over frames: ``efficient`` as in MotionDiffuse, or ``full``.
        spatial: attention over points.
        aligned: add the features of a frame's sound to the frame's tokens, which the paper does not say;
            efficient attention over a memory cannot point at one frame.
        kernel: frames that a convolution at the beginning of each layer spans, odd; 1 for none, as published.
        dropout: rate in training.
        averages: tell the stylization blocks the means of sound and clue beside the time, as published.

    Raises:
        InputError: sizes that contradict each other or are beyond reason.
    """

    width: int = 256
    heads: int = 8
    hidden: int = 512
    layers: int = 8
    encoder_layers: int = 2
    frames: int = 64
    clue: int = 64
    pattern: tuple[Block, ...] = SPOKEN
    temporal: AttentionKind = "efficient"
    spatial: AttentionKind = "full"
    aligned: bool = True
    kernel: int = 1
    dropout: float = 0.1
    averages: bool = field(default=True, metadata={LATER: True})

    def __post_init__(self) -> None:
        within = min(self.width, self.heads, self.hidden) >= 1 and max(self.width, self.hidden) <= _WIDEST
        deep = 1 <= self.layers <= _MOST_LAYERS and 0 <= self.encoder_layers <= _MOST_LAYERS
        spans = 2 <= self.frames <= _MOST_FRAMES and 0 <= self.clue <= _MOST_FRAMES
        taps = 1 <= self.kernel <= self.frames and self.kernel % 2 == 1
        if not (within and deep and spans and taps and 0 <= self.dropout < 1):
            raise InputError("The network's sizes are beyond reason.", code="bad_checkpoint")
        for kind in (self.temporal, self.spatial):
            if kind not in ATTENTION_KINDS:
                raise InputError(
                    f"The network has an unknown attention: {named(kind)}.",
                    f"This version knows {', '.join(ATTENTION_KINDS)}.",
                    code="bad_checkpoint",
                )
        unknown = [block for block in self.pattern if block not in BLOCKS]
        if unknown or not self.pattern or len(set(self.pattern)) < len(self.pattern):
            raise InputError(
                "The network's pattern names no block, one twice, or one that there is not.",
                f"Choose from {', '.join(BLOCKS)}, each at most once.",
                code="bad_checkpoint",
            )
        if not self.clue and any(block in self.pattern for block in _OF_THE_CLUE):
            raise InputError(
                "The network's pattern looks at a clue, but the clue has no frames.",
                "Give clue frames, or leave its blocks out of the pattern.",
                code="bad_checkpoint",
            )
        if self.width % 2 or self.width % self.heads:
            raise InputError(
                f"A network of {self.width} channels cannot have {self.heads} attention heads.",
                "Give the number of heads that the model was trained with.",
                code="bad_checkpoint",
            )

    @property
    def sees_clue(self) -> bool:
        """Whether the clue's frames change anything."""
        return any(block in self.pattern for block in _OF_THE_CLUE)


@dataclass(frozen=True)
class ThmmConfig:
    """A checkpoint of this family.

    Attributes:
        network: its sizes.
        motion: ``coefficients`` of the basis as one token a frame (setting A), or ``landmarks`` of a head,
            one token each (setting B).
        dimensions: of the landmarks, 2 or 3.
        sound: what is heard: ``none``, ``mel`` bands, features of an ``encoder``, or ``both``.
        speech: where the encoder's features come from.
        basis: face basis of its clips.
        expressions: how many expressions these have.
        schedule: noise schedule.
        steps: its diffusion steps T.
        target: what the network predicts: ``noise`` as in MotionDiffuse, or ``sample``, the clean motion.
        variance: ``fixed``, or ``learned`` as in Improved DDPM.
        sampler: what is used unless the user says otherwise.
        sampling_steps: how many of the steps are taken unless the user says otherwise.
        guidance: weight of the sound unless the user says otherwise; 1 is none.
        overlap: frames of the motion before that a window begins with, where they are held.
        tail: frames at the end of each window that the next one makes again, for a network lacks there what
            lies behind them. Files that do not name it mean 4, or what windows under 16 frames allow.
        head_smoothing: see :class:`~elocute.finishing.needs.FinishingNeeds`.
        settling: seconds in which the head of a model that does not listen comes back to the mean of its
            training where it has wandered off (:mod:`~elocute.models.thmm.settling`); 0 for never.

    Raises:
        InputError: a value is out of range, or two contradict each other.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    motion: Motion = "landmarks"
    dimensions: int = 2
    sound: Sound = "both"
    speech: SpeechConfig = field(default_factory=SpeechConfig)
    basis: str = ELOCUTE_HEAD_1.name
    expressions: int = len(EXPRESSION_NAMES)
    schedule: ScheduleKind = "linear"
    steps: int = 1000
    target: Target = "noise"
    variance: Variance = "fixed"
    sampler: SamplerKind = "ddpm"
    sampling_steps: int = 1000
    guidance: float = 1.0
    overlap: int = 8
    head_smoothing: float = 0.0
    tail: int = field(default=4, metadata={LATER: True})
    settling: float = field(default=8.0, metadata={LATER: True})

    def __post_init__(self) -> None:
        counts = 1 <= self.sampling_steps <= self.steps <= _MOST_STEPS
        numbers = 0 <= self.guidance <= _STRONGEST and 0 <= self.head_smoothing <= _MOST_SMOOTHING
        slow = self.settling == 0 or _FASTEST_SETTLING <= self.settling <= _SLOWEST_SETTLING
        if not counts or not numbers or not slow or not self._joins_fit:
            raise InputError("The model's sampling settings are out of range.", code="bad_checkpoint")
        allowed = (
            (self.motion, get_args(Motion)),
            (self.sound, get_args(Sound)),
            (self.schedule, SCHEDULE_KINDS),
            (self.target, get_args(Target)),
            (self.variance, get_args(Variance)),
            (self.sampler, SAMPLER_KINDS),
        )
        for value, names in allowed:
            if value not in names:
                raise InputError(
                    f"The model has an unknown setting: {named(value)}.",
                    f"Here this version knows {', '.join(names)}.",
                    code="bad_checkpoint",
                )
        if self.dimensions not in (2, 3) or not 1 <= self.expressions <= _WIDEST:
            raise InputError("The model's channels are unknown or beyond reason.", code="bad_checkpoint")
        pattern = self.network.pattern
        if self.motion == "coefficients" and any(block in pattern for block in _OF_POINTS):
            raise InputError(
                "Coefficients are one token a frame, so there is nothing to attend to in space.",
                f"Leave {' and '.join(_OF_POINTS)} out of the pattern.",
                code="bad_checkpoint",
            )
        if self.sound == "none" and SPEECH in pattern:
            raise InputError(
                "The network's pattern looks at speech, but the model hears none.",
                "Give it sound, or leave speech out of the pattern.",
                code="bad_checkpoint",
            )

    @property
    def _joins_fit(self) -> bool:
        frames = self.network.frames
        return 1 <= self.overlap <= frames // 2 and 0 <= self.tail <= frames // 4

    @property
    def channels(self) -> MotionChannels:
        """The numbers of a frame of a clip."""
        return MotionChannels(self.basis, self.expressions)

    @property
    def points(self) -> int:
        """Tokens K of a frame."""
        return LANDMARKS if self.motion == "landmarks" else 1

    @property
    def numbers(self) -> int:
        """Numbers C of a token."""
        return self.dimensions if self.motion == "landmarks" else self.channels.width

    @property
    def heard(self) -> int:
        """Numbers A of what is heard of a frame."""
        mel = SOUND_WIDTH if self.sound in ("mel", "both") else 0
        return mel + (self.speech.width if self.encodes else 0)

    @property
    def listens(self) -> bool:
        """Whether it hears anything."""
        return self.sound != "none"

    @property
    def encodes(self) -> bool:
        """Whether it hears through an encoder."""
        return self.sound in ("encoder", "both")

    @property
    def settles(self) -> bool:
        """Whether the head is led back; among landmarks it has no numbers of its own."""
        return self.settling > 0 and not self.listens and self.motion == "coefficients"

    @property
    def joins(self) -> tuple[Join, ...]:
        """How windows may go on from those before, the default first."""
        return ("held", "clue") if self.network.sees_clue else ("held",)

    def to_json(self) -> dict[str, Any]:
        """Content of config.json."""
        return {"architecture": FAMILY, "format": FORMAT, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, data: Any, source: str) -> ThmmConfig:
        """Read :meth:`to_json`.

        Args:
            data: object of the JSON file.
            source: what errors call it.

        Raises:
            InputError: another family or format, missing, unknown or impossible fields.
        """
        fields = fields_of(data, "architecture", FAMILY, FORMAT, source)
        parts: dict[str, type] = {"network": NetworkConfig, "speech": SpeechConfig}
        for name, kind in parts.items():
            fields[name] = built(kind, fields.pop(name, None), f"{source} ({name})")
        fields.setdefault("tail", usual_tail(fields["network"].frames))
        return built(cls, fields, source)
