"""Settings of a training run, and the JSON file they are read from and saved to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from elocute.diffusion.kinds import GuidanceMode, ScheduleKind, Target
from elocute.errors import InputError, SettingsError
from elocute.models.diffposetalk.config import AudioPadding, DenoiserConfig, StyleEncoderConfig
from elocute.storage.atomic_write import write_atomically
from elocute.training.core.draws import TRUNCATION
from elocute.training.core.losses import Criterion, LossWeights
from elocute.training.diffposetalk.objective import AudioContext

Precision = Literal["float32", "bfloat16"]
ABLATIONS: Final = ("geometry", "mask", "guidance", "style")
"""What :func:`ablate` can leave out: the variants of the paper's Table 1."""


@dataclass(frozen=True)
class RunSettings:
    """How long and how to optimise.

    Attributes:
        dataset: folder of the LMDB.
        statistics: statistics file; empty for ``stats_train.npz`` in the dataset's folder.
        split: recordings to train on, a list ``<split>.txt``.
        validation: recordings to validate on, or empty for none.
        iterations: updates of the weights.
        batch: samples a batch and device.
        accumulate: batches whose gradients are added for one update (added, not averaged).
        learning_rate: of Adam.
        warmup: updates over which the rate grows from 0.
        final_rate: share of the rate that is left at the last update; 1 keeps it constant, as published.
            In between it falls along half a cosine.
        ema: decay of the averaged weights that checkpoints hold, 0 for none.
        precision: arithmetic of the networks; weights and losses are float32 in both.
        seed: of everything random.
        workers: processes that read data, 0 to read in the main one.
        save_every: updates between checkpoints.
        log_every: updates between lines of the log.
        validate_every: updates between validations.
        validation_batches: batches a validation.
    """

    dataset: str = ""
    statistics: str = ""
    split: str = "train"
    validation: str = "val"
    iterations: int = 110_000
    batch: int = 16
    accumulate: int = 1
    learning_rate: float = 1e-4
    warmup: int = 5000
    final_rate: float = 1.0
    ema: float = 0.0
    precision: Precision = "float32"
    seed: int = 0
    workers: int = 4
    save_every: int = 10_000
    log_every: int = 50
    validate_every: int = 5000
    validation_batches: int = 200

    def __post_init__(self) -> None:
        counts = {
            name: getattr(self, name)
            for name in (
                "iterations",
                "batch",
                "accumulate",
                "save_every",
                "log_every",
                "validate_every",
                "validation_batches",
            )
        }
        for name, value in counts.items():
            if value < 1:
                raise SettingsError(f"The setting {name} must be 1 or more, not {value}.")
        shares = 0 <= self.ema < 1 and 0 < self.final_rate <= 1
        if self.warmup < 0 or self.workers < 0 or not self.learning_rate > 0 or not shares:
            raise SettingsError(
                "A setting of the run is out of range: warmup and workers from 0, learning_rate above 0, "
                "ema from 0 to below 1, final_rate above 0 to 1."
            )


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


_T = TypeVar("_T", DenoiserSettings, StyleSettings)


def read_settings(path: Path, kind: type[_T]) -> _T:
    """Read settings from JSON; what the file leaves out keeps its default.

    Raises:
        InputError: the file is missing or not JSON.
        SettingsError: an unknown key, or a value that does not fit; names each.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}.", code="missing_file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read.", code="bad_input") from error
    return settings_from_json(text, kind, str(path))


def settings_from_json(text: str, kind: type[_T], source: str) -> _T:
    """Settings from JSON text; errors as in :func:`read_settings`."""
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        problems = [_problem(item) for item in error.errors()]
        raise SettingsError(
            f"The settings in {source} cannot be used: {'; '.join(problems)}.",
            "See docs/training.md for every setting.",
        ) from error


def save_settings(path: Path, settings: DenoiserSettings | StyleSettings) -> None:
    """Write all settings as JSON.

    Raises:
        InputError: the file cannot be written.
    """
    with write_atomically(path) as temporary:
        temporary.write_bytes(TypeAdapter(type(settings)).dump_json(settings, indent=2) + b"\n")


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


def _problem(item: Any) -> str:
    place = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden" or item["type"] == "unexpected_keyword_argument":
        return f"there is no setting {place!r}"
    return f"{place or 'the file'}: {item['msg'][:1].lower()}{item['msg'][1:]}"
