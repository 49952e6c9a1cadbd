"""Every option of a model of this family, as frozen dataclasses that become config.json."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from elocute.checkpoint.config_fields import LATER, built
from elocute.diffusion.kinds import GUIDANCE_MODES, SCHEDULE_KINDS, GuidanceMode, ScheduleKind, Target
from elocute.errors import InputError, named
from elocute.motion.basis import OFFICIAL
from elocute.speech_encoders.config import AudioEncoderConfig

FAMILY: Final = "diffposetalk"
FORMAT: Final = 1
CONDITIONS: Final = ("audio", "style")
FAST_STEPS: Final = 12
"""Steps of the few-step samplers for models that do not say otherwise."""
AudioPadding = Literal["zero", "replicate"]
_WIDEST: Final = 16_384
_MOST_LAYERS: Final = 128
_MOST_FRAMES: Final = 2_000
_WIDEST_LIPS: Final = 0.005
_MOST_STEPS: Final = 100_000
_FASTEST: Final = 1_000.0
_STRONGEST: Final = 1_000.0


@dataclass(frozen=True)
class MotionLayout:
    """How a frame's numbers are laid out: expression, head rotation (0 or 3), jaw rotation (first n axes).

    Attributes:
        expression: number of expression coefficients.
        head: 3, or 0 for a model without head motion.
        jaw: how many components of the jaw's rotation vector are modelled, 1 (opening only) to 3.
    """

    expression: int = 50
    head: int = 3
    jaw: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.expression <= _WIDEST or self.head not in (0, 3) or self.jaw not in (1, 2, 3):
            raise InputError(f"The motion layout {self} is not supported.", code="bad_checkpoint")

    @property
    def width(self) -> int:
        """Numbers per frame D."""
        return self.expression + self.head + self.jaw


@dataclass(frozen=True)
class DenoiserConfig:
    """The decoder transformer.

    Attributes:
        feature_dim: width C.
        heads: attention heads.
        layers: decoder layers.
        mlp_ratio: width of the hidden layer of an MLP over C.
        motions: frames L of a window.
        previous_motions: frames Lp of the window before that are given as context.
        alignment_width: motion frame i sees audio frame j if abs(i - j) < width; 0 sees all.
        learned_positions: a learned table added to the tokens. Otherwise one constant row of a
            sinusoidal table is added to all of them, as the published code does.
        indicator: a channel that tells real frames (1) from padding and context (0).
        shape_dim: identity coefficients.
        style_dim: numbers of a style, 0 for a model without styles.
        dropout: rate in training.
    """

    feature_dim: int = 512
    heads: int = 8
    layers: int = 8
    mlp_ratio: int = 4
    motions: int = 100
    previous_motions: int = 10
    alignment_width: int = 1
    learned_positions: bool = True
    indicator: bool = True
    shape_dim: int = 100
    style_dim: int = 128
    dropout: float = 0.1

    def __post_init__(self) -> None:
        _check_transformer(self, "denoiser")
        others = (self.previous_motions, self.alignment_width, self.shape_dim, self.style_dim)
        beyond = max(self.previous_motions, self.alignment_width) > _MOST_FRAMES or max(others) > _WIDEST
        if self.previous_motions < 1 or min(others) < 0 or beyond or not 0 <= self.dropout < 1:
            raise InputError("The denoiser's sizes are inconsistent.", code="bad_checkpoint")

    @property
    def frames(self) -> int:
        """Frames that the denoiser sees at once, Lp + L."""
        return self.previous_motions + self.motions


@dataclass(frozen=True)
class LocalConfig:
    """A denoiser of convolutions, which sees the neighbourhood of a frame and needs no windows.

    Attributes:
        width: channels C.
        kernel: taps of each convolution.
        dilations: distance of its taps in frames, one for each block.
        condition: width of what style and diffusion step become before they scale and shift the blocks.
    """

    width: int = 320
    kernel: int = 5
    dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 1)
    condition: int = 96

    def __post_init__(self) -> None:
        sizes = (self.width, self.kernel, self.condition, *self.dilations)
        large = max(self.width, self.condition) > _WIDEST or len(self.dilations) > _MOST_LAYERS
        far = max((self.kernel, *self.dilations)) > _MOST_FRAMES
        if min(sizes) < 1 or not self.dilations or large or far or self.kernel % 2 != 1:
            raise InputError("The local denoiser's sizes are inconsistent.", code="bad_checkpoint")

    @property
    def reach(self) -> int:
        """Frames on each side that a prediction depends on."""
        return (self.kernel // 2) * sum(self.dilations)


@dataclass(frozen=True)
class StyleEncoderConfig:
    """The transformer that turns a motion window into a style vector.

    Attributes:
        feature_dim: numbers of a style.
        heads: attention heads.
        layers: encoder layers.
        mlp_ratio: width of the hidden layer of an MLP over ``feature_dim``.
        motions: frames it is trained on.
        head: numbers of head rotation it reads, 3 or 0.
        velocity: it also reads the change from frame to frame. The published one does not; without it
            pace is invisible, because its encoding of positions tells no frame from another.
    """

    feature_dim: int = 128
    heads: int = 4
    layers: int = 4
    mlp_ratio: int = 4
    motions: int = 100
    head: int = 3
    velocity: bool = field(default=False, metadata={LATER: True})

    def __post_init__(self) -> None:
        _check_transformer(self, "style encoder")
        if self.head not in (0, 3):
            raise InputError("The style encoder's sizes are inconsistent.", code="bad_checkpoint")


def _check_transformer(config: DenoiserConfig | StyleEncoderConfig, what: str) -> None:
    limits = (
        (config.feature_dim, _WIDEST),
        (config.heads, config.feature_dim),
        (config.layers, _MOST_LAYERS),
        (config.mlp_ratio, _MOST_LAYERS),
        (config.motions, _MOST_FRAMES),
    )
    fits = all(1 <= size <= most for size, most in limits)
    if not fits or config.feature_dim % config.heads or config.feature_dim % 2:
        raise InputError(f"The {what}'s sizes are inconsistent.", code="bad_checkpoint")


@dataclass(frozen=True)
class SamplingDefaults:
    """How a model wants to be sampled where the user does not say.

    Attributes:
        steps: of the few-step samplers.
        audio_scale: weight of the audio condition.
        style_scale: weight of the style condition.
        style: name of the preset that is meant where no style is named; None means none.
        repeat_noise: every window starts from the same noise, as published. Otherwise each has its own,
            so that what is left to chance does not repeat from window to window.
        head_boost: how much of its own low frequencies is added to the head's starting noise, see
            :func:`~elocute.models.diffposetalk.start_noise.boost_low_frequencies`; 0 for none, as published.
        upper_face_boost: the same for brows and lids, with a higher cut-off.
        mouth_noise: what the starting noise of mouth and jaw is multiplied by; 1 as published.
        head_smoothing: standard deviation in frames of the Gaussian that takes sampling noise off the head;
            0 for none, as published.
        sound_share: share of what a model that is told phones takes from its own hearing; the rest are the
            features of the same phones without sound. 1 is as trained. Trained on few voices it hears these
            too well and others less well, and half of it is more than all of it (docs/elocute-lite.md).
        keep_mouth: in every step of a local denoiser the mouth rests in silence and lips are parted where the
            phones say so (:mod:`~elocute.models.diffposetalk.mouth`).
        parted_lips: metres that lips are then apart at least; 0 for no least.
    """

    steps: int = FAST_STEPS
    audio_scale: float = 1.15
    style_scale: float = 3.0
    style: str | None = None
    repeat_noise: bool = True
    head_boost: float = 0.0
    upper_face_boost: float = 0.0
    head_smoothing: float = field(default=0.0, metadata={LATER: True})
    sound_share: float = field(default=1.0, metadata={LATER: True})
    keep_mouth: bool = field(default=False, metadata={LATER: True})
    parted_lips: float = field(default=0.0, metadata={LATER: True})
    mouth_noise: float = field(default=1.0, metadata={LATER: True})

    def __post_init__(self) -> None:
        strengths = (
            self.audio_scale, self.style_scale, self.head_boost, self.upper_face_boost, self.head_smoothing
        )  # fmt: skip
        if not 1 <= self.steps <= _MOST_STEPS or not all(0 <= value <= _STRONGEST for value in strengths):
            raise InputError("The model's sampling defaults are out of range.", code="bad_checkpoint")
        if not 0 <= self.sound_share <= 1:
            raise InputError("The model's share of sound is not between 0 and 1.", code="bad_checkpoint")
        if not 0 <= self.mouth_noise <= 1:
            raise InputError("The model's noise of the mouth is not between 0 and 1.", code="bad_checkpoint")
        if not 0 <= self.parted_lips <= _WIDEST_LIPS:
            raise InputError("The model parts lips by less than 0 or more than 5 mm.", code="bad_checkpoint")


@dataclass(frozen=True)
class DiffPoseTalkConfig:
    """A whole model.

    Attributes:
        layout: the numbers of a frame.
        denoiser: the decoder transformer.
        audio: the speech encoder.
        fps: motion frames a second.
        basis: face basis of the expression numbers.
        steps: diffusion steps T.
        schedule: noise schedule (the numbers themselves are saved with the weights).
        target: what the denoiser predicts.
        guiding: conditions that were dropped in training and may guide: ``audio``, ``style``.
        guidance: how they add up by default; None in old files that do not say.
        padding: how audio is filled up to whole windows; None in old files that do not say.
        style_encoder: its configuration when the folder holds one.
        sampling: how to sample by default.
        local: sizes of a denoiser that sees neighbourhoods. Of ``denoiser`` the width of the audio features
            and those of shape and style then still count, and ``motions`` as the length of a training crop.
            None for the published denoiser of windows.
    """

    layout: MotionLayout = field(default_factory=MotionLayout)
    denoiser: DenoiserConfig = field(default_factory=DenoiserConfig)
    audio: AudioEncoderConfig = field(default_factory=AudioEncoderConfig)
    fps: float = 25.0
    basis: str = OFFICIAL.name
    steps: int = 500
    schedule: ScheduleKind = "cosine"
    target: Target = "sample"
    guiding: tuple[str, ...] = CONDITIONS
    guidance: GuidanceMode | None = "incremental"
    padding: AudioPadding | None = "zero"
    style_encoder: StyleEncoderConfig | None = None
    sampling: SamplingDefaults = field(default_factory=SamplingDefaults, metadata={LATER: True})
    local: LocalConfig | None = field(default=None, metadata={LATER: True})

    def __post_init__(self) -> None:
        choices: tuple[tuple[str, object, tuple[object, ...]], ...] = (
            ("schedule", self.schedule, SCHEDULE_KINDS),
            ("target", self.target, get_args(Target)),
            ("guidance", self.guidance, (None, *GUIDANCE_MODES)),
            ("padding", self.padding, (None, *get_args(AudioPadding))),
        )
        for name, value, allowed in choices:
            if value not in allowed:
                raise InputError(f"The model has an unknown {name}: {named(value)}.", code="bad_checkpoint")
        if not 1 <= self.steps <= _MOST_STEPS or not 1 <= self.fps <= _FASTEST:
            raise InputError(
                "The model's diffusion steps or frame rate are out of range.", code="bad_checkpoint"
            )
        # Branches always come in this order, whatever order the file lists.
        ordered = tuple(name for name in CONDITIONS if name in self.guiding)
        if len(ordered) != len(self.guiding) or ("style" in ordered and not self.denoiser.style_dim):
            raise InputError(
                f"The model cannot be guided by {', '.join(self.guiding)}.", code="bad_checkpoint"
            )
        object.__setattr__(self, "guiding", ordered)

    def to_json(self) -> dict[str, Any]:
        """The content of config.json."""
        return {"format": FORMAT, "architecture": FAMILY, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, data: Any, source: str) -> DiffPoseTalkConfig:
        """Read what :meth:`to_json` made.

        Raises:
            InputError: another architecture or format, unknown or missing fields, wrong types.
        """
        if not isinstance(data, dict) or data.get("architecture") != FAMILY:
            raise InputError(f"{source} is not the configuration of a {FAMILY} model.", code="bad_checkpoint")
        if data.get("format") != FORMAT:
            raise InputError(
                f"{source} has format {named(data.get('format'))}; this version reads {FORMAT}.",
                "Update Elocute.",
                code="bad_checkpoint",
            )
        fields = {name: value for name, value in data.items() if name not in ("format", "architecture")}
        nested = {
            "layout": MotionLayout,
            "denoiser": DenoiserConfig,
            "audio": AudioEncoderConfig,
            "style_encoder": StyleEncoderConfig,
            "sampling": SamplingDefaults,
            "local": LocalConfig,
        }
        for name, kind in nested.items():
            if fields.get(name) is not None:
                fields[name] = built(kind, fields[name], f"{source}, {name}")
        if isinstance(fields.get("guiding"), list):
            fields["guiding"] = tuple(fields["guiding"])
        return built(cls, fields, source)
