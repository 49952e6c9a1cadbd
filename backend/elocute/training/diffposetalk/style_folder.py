"""The checkpoint folder of a style encoder on its own: config.json, safetensors, statistics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter
from torch import Tensor

from elocute.checkpoint.folder import CONFIG
from elocute.checkpoint.weights import built_strictly, read_weights, save_weights
from elocute.errors import InputError
from elocute.models.diffposetalk.config import MotionLayout, StyleEncoderConfig
from elocute.models.diffposetalk.files import STATS, STYLE_WEIGHTS
from elocute.models.diffposetalk.stats import MotionStats
from elocute.models.diffposetalk.style_encoder import StyleEncoder
from elocute.storage.atomic_write import write_atomically
from elocute.storage.guard import guarded
from elocute.storage.json_text import read_json

ARCHITECTURE: Final = "diffposetalk-style"
FORMAT: Final = 1


@dataclass(frozen=True)
class StyleModel:
    """A style encoder and what its input means.

    Attributes:
        encoder: the network.
        layout: the numbers of a frame.
        basis: face basis of the expression numbers.
    """

    encoder: StyleEncoder
    layout: MotionLayout
    basis: str


def save_style_folder(
    folder: Path, model: StyleModel, weights: Mapping[str, Tensor], stats: MotionStats
) -> None:
    """Write the folder; config.json comes last.

    Raises:
        InputError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CONFIG).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"Cannot write the folder {folder}: {error.strerror}.", code="bad_output") from error
    save_weights(folder / STYLE_WEIGHTS, weights)
    save_weights(folder / STATS, stats.to_tensors())
    content = {
        "format": FORMAT,
        "architecture": ARCHITECTURE,
        "basis": model.basis,
        "layout": asdict(model.layout),
        "style_encoder": asdict(model.encoder.config),
    }
    with write_atomically(folder / CONFIG) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def load_style_folder(folder: Path) -> StyleModel:
    """Read what :func:`save_style_folder` wrote.

    Raises:
        InputError: no such folder, or it is damaged or holds something else.
    """
    path = Path(folder) / CONFIG
    with guarded(lambda reason: InputError(f"{path} is damaged: {reason}.", code="bad_checkpoint")):
        try:
            content = read_json(path)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise InputError(
                f"There is no style encoder in {folder}.",
                "Train one with `elocute train style` and give one of its checkpoint folders.",
                code="missing_file",
            ) from error
        if content["architecture"] != ARCHITECTURE or content["format"] != FORMAT:
            raise InputError(
                f"{folder} does not hold a style encoder of a known format.", code="bad_checkpoint"
            )
        layout = TypeAdapter(MotionLayout).validate_python(content["layout"])
        config = TypeAdapter(StyleEncoderConfig).validate_python(content["style_encoder"])
        basis = str(content["basis"])
    weights = read_weights(Path(folder) / STYLE_WEIGHTS)
    encoder = built_strictly(lambda: StyleEncoder(config, layout.width), weights, str(folder))
    return StyleModel(encoder.eval(), layout, basis)
