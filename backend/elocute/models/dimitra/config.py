"""Sizes and settings of a model of this family, as frozen dataclasses that become config.json."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from elocute.checkpoint.config_fields import LATER, built, fields_of
from elocute.diffusion.kinds import SCHEDULE_KINDS, ScheduleKind, Target
from elocute.diffusion.windows import usual_tail
from elocute.errors import InputError, named
from elocute.motion.basis import ELOCUTE_HEAD_1
from elocute.motion.channels import MotionChannels
from elocute.motion.head1_basis import EXPRESSION_NAMES
from elocute.networks.kinds import ATTENTION_KINDS, AttentionKind
from elocute.speech_encoders.sources import SpeechConfig, TextConfig

FAMILY: Final = "dimitra"
FORMAT: Final = 1
FPS: Final = 25.0
CONDITIONS: Final = "speech"
"""Name of what guides: sound, phones and text, which are dropped together."""
EVERYTHING: Final = "all"
"""Name of the one group of a model that is not divided."""

PARTS: Final = ("phones", "text", "groups", "averages", "efficient-attention")
"""What a training can leave out."""
Division = Literal["groups", "one"]
Join = Literal["held", "first_frame"]
JOINS: Final[tuple[str, ...]] = get_args(Join)
_WIDEST: Final = 16_384
_MOST_LAYERS: Final = 128
_MOST_FRAMES: Final = 2_000
_MOST_STEPS: Final = 100_000
_STRONGEST: Final = 100.0
_MOST_SMOOTHING: Final = 25.0


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of each network; all groups have the same.

    Attributes:
        width: channels D, even.
        heads: attention heads, a divisor of the width.
        hidden: width of the hidden layers.
        layers: layers of the denoiser.
        encoder_layers: layers of the encoders of sound, phones and words.
        frames: frames of a window.
        attention: ``efficient`` as published, or ``full``.
        aligned: add the features of a frame's sound and phone to the frame's token, which the paper does not
            say; efficient attention over a memory cannot point at one frame.
        kernel: frames that a convolution in each layer of encoders and denoiser spans, odd; 1 for none, as
            published.
        dropout: rate in training.
        averages: tell the stylization blocks the first frame, the mean of the sound and the whole of the text
            beside the time.

    Raises:
        InputError: sizes that contradict each other or are beyond reason.
    """

    width: int = 512
    heads: int = 8
    hidden: int = 1024
    layers: int = 8
    encoder_layers: int = 2
    frames: int = 100
    attention: AttentionKind = "efficient"
    aligned: bool = True
    kernel: int = 1
    dropout: float = 0.1
    averages: bool = field(default=True, metadata={LATER: True})

    def __post_init__(self) -> None:
        within = min(self.width, self.heads, self.hidden) >= 1 and max(self.width, self.hidden) <= _WIDEST
        deep = 1 <= self.layers <= _MOST_LAYERS and 0 <= self.encoder_layers <= _MOST_LAYERS
        spans = 2 <= self.frames <= _MOST_FRAMES and 1 <= self.kernel <= self.frames and self.kernel % 2 == 1
        if not (within and deep and spans and 0 <= self.dropout < 1):
            raise InputError("The network's sizes are beyond reason.", code="bad_checkpoint")
        if self.attention not in ATTENTION_KINDS:
            raise InputError(
                f"The network has an unknown attention: {named(self.attention)}.",
                f"This version knows {', '.join(ATTENTION_KINDS)}.",
                code="bad_checkpoint",
            )
        if self.width % 2 or self.width % self.heads:
            raise InputError(
                f"A network of {self.width} channels cannot have {self.heads} attention heads.",
                "Give the number of heads that the model was trained with.",
                code="bad_checkpoint",
            )


@dataclass(frozen=True)
class DimitraConfig:
    """A checkpoint of this family.

    Attributes:
        network: sizes of each network.
        speech: where the features of the sound come from.
        text: where those of the text come from.
        phones: whether each frame's phone is a condition.
        division: ``groups``, a network for each group of channels of the basis, or ``one`` for all.
        basis: face basis of what it was trained on.
        carried: face basis of the head that its clips are carried onto, whose file lies in the folder; empty
            where they stay in their own.
        expressions: how many expressions these have.
        steps: diffusion steps T.
        sampling_steps: how many of them are taken unless the user says otherwise.
        guidance: weight of the conditions unless the user says otherwise; 1 is none.
        overlap: frames that a window shares with the one before, where they are held.
        tail: frames at the end of each window that the next one makes again, for a network lacks there what
            lies behind them. Files that do not name it mean 4, or what windows under 16 frames allow.
        head_smoothing: see :class:`~elocute.finishing.needs.FinishingNeeds`.
        schedule: noise schedule.
        target: what the networks predict: ``sample``, the clean motion, or ``noise``.
        lips: columns of the expressions that the network of the lips makes, the others being the face's; none
            for those of the basis.

    Raises:
        InputError: a value is out of range.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    speech: SpeechConfig = field(default_factory=SpeechConfig)
    text: TextConfig = field(default_factory=TextConfig)
    phones: bool = True
    division: Division = "groups"
    basis: str = ELOCUTE_HEAD_1.name
    expressions: int = len(EXPRESSION_NAMES)
    steps: int = 1000
    sampling_steps: int = 50
    guidance: float = 1.0
    overlap: int = 10
    head_smoothing: float = 0.0
    carried: str = field(default="", metadata={LATER: True})
    tail: int = field(default=4, metadata={LATER: True})
    schedule: ScheduleKind = field(default="cosine", metadata={LATER: True})
    target: Target = field(default="sample", metadata={LATER: True})
    lips: tuple[int, ...] = field(default=(), metadata={LATER: True})

    def __post_init__(self) -> None:
        counts = 1 <= self.sampling_steps <= self.steps <= _MOST_STEPS
        numbers = 0 <= self.guidance <= _STRONGEST and 0 <= self.head_smoothing <= _MOST_SMOOTHING
        if not counts or not numbers or not self._joins_fit:
            raise InputError("The model's sampling settings are out of range.", code="bad_checkpoint")
        if self.division not in get_args(Division) or not 1 <= self.expressions <= _WIDEST:
            raise InputError("The model's channels are unknown or beyond reason.", code="bad_checkpoint")
        if self.schedule not in SCHEDULE_KINDS or self.target not in get_args(Target):
            raise InputError(
                f"The model has an unknown schedule or target: {named(self.schedule)}, {named(self.target)}.",
                f"This version knows {', '.join((*SCHEDULE_KINDS, *get_args(Target)))}.",
                code="bad_checkpoint",
            )
        if len(set(self.lips)) < len(self.lips) or any(not 0 <= c < self.expressions for c in self.lips):
            raise InputError(
                f"The lips are columns 0 to {self.expressions - 1} of the expressions, each once.",
                code="bad_checkpoint",
            )

    @property
    def _joins_fit(self) -> bool:
        frames = self.network.frames
        return 1 <= self.overlap <= frames // 2 and 0 <= self.tail <= frames // 4

    @property
    def channels(self) -> MotionChannels:
        """The numbers of a frame."""
        return MotionChannels(self.basis, self.expressions)

    @property
    def groups(self) -> Mapping[str, tuple[int, ...]]:
        """Columns of each network."""
        own = self.channels
        if self.division == "one":
            return {EVERYTHING: tuple(range(own.width))}
        return own.groups(self.lips) if self.lips else own.groups()

    def to_json(self) -> dict[str, Any]:
        """Content of config.json."""
        return {"architecture": FAMILY, "format": FORMAT, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, data: Any, source: str) -> DimitraConfig:
        """Read :meth:`to_json`.

        Args:
            data: object of the JSON file.
            source: what errors call it.

        Raises:
            InputError: another family or format, missing, unknown or impossible fields.
        """
        fields = fields_of(data, "architecture", FAMILY, FORMAT, source)
        parts: dict[str, type] = {"network": NetworkConfig, "speech": SpeechConfig, "text": TextConfig}
        for name, kind in parts.items():
            fields[name] = built(kind, fields.pop(name, None), f"{source} ({name})")
        fields.setdefault("tail", usual_tail(fields["network"].frames))
        return built(cls, fields, source)
