"""Settings that every run has, and the JSON file that the settings of a training are kept in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from elocute.errors import InputError, SettingsError, missing_file
from elocute.storage.atomic_write import write_atomically

Precision = Literal["float32", "bfloat16"]
_T = TypeVar("_T")
_LISTED: Final = 8


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
        precision: arithmetic of the networks; weights and losses are float32 in both. A processor that
            would have to imitate bfloat16 uses float32.
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


def read_settings(path: Path, kind: type[_T]) -> _T:
    """Read settings from JSON; what the file leaves out keeps its default.

    Raises:
        InputError: the file is missing or not JSON.
        SettingsError: an unknown key, or a value that does not fit; names each.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise missing_file(path) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read.", code="bad_input") from error
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        problems = [_problem(item) for item in error.errors()[:_LISTED]]
        raise SettingsError(
            f"The settings in {path} cannot be used: {'; '.join(problems)}.",
            "See docs/training.md for every setting.",
        ) from error


def save_settings(path: Path, settings: object) -> None:
    """Write all settings as JSON.

    Raises:
        InputError: the file cannot be written.
    """
    with write_atomically(path) as temporary:
        temporary.write_bytes(TypeAdapter(type(settings)).dump_json(settings, indent=2) + b"\n")


def _problem(item: Any) -> str:
    place = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden" or item["type"] == "unexpected_keyword_argument":
        return f"there is no setting {place!r}"
    return f"{place or 'the file'}: {item['msg'][:1].lower()}{item['msg'][1:]}"
