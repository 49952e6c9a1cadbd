"""The checkpoint folder of any family: its file names, its config.json, its styles. Imports no torch.

A folder holds ``config.json``, which names the family as ``architecture``, weights as safetensors, a model
card, and style presets as ``styles/NAME.npz``. Whatever else lies in it belongs to the family.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from elocute.errors import InputError
from elocute.storage.atomic_write import write_atomically
from elocute.storage.guard import guarded
from elocute.storage.json_text import read_json

CONFIG: Final = "config.json"
WEIGHTS: Final = "model.safetensors"
CARD: Final = "README.md"
STYLES: Final = "styles"
STYLE_SUFFIX: Final = ".npz"


def missing_part(folder: Path, name: str) -> InputError:
    """The error for a file that a model folder should hold and does not.

    Args:
        folder: the model's folder.
        name: the file in it.
    """
    return InputError(
        f"The model folder {folder} lacks {name}.",
        f"Copy it again whole: {CONFIG}, every .safetensors file, {STYLES} and graphs where there were any.",
        code="missing_model",
    )


def is_checkpoint(folder: Path) -> bool:
    """Whether ``folder`` looks like a checkpoint folder: it holds a config.json."""
    return (folder / CONFIG).is_file()


def read_config(folder: Path) -> dict[str, Any]:
    """The content of config.json.

    Raises:
        InputError: there is no such folder or file, or it is damaged.
    """
    path = folder / CONFIG
    with guarded(
        lambda reason: InputError(
            f"{path} is damaged: {reason}.", "Download or copy it again.", code="bad_checkpoint"
        )
    ):
        try:
            data = read_json(path)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise InputError(
                f"{folder} is not a model folder: it has no {CONFIG}.",
                "Give a folder that `elocute convert` or the training wrote.",
                code="missing_model",
            ) from error
    if not isinstance(data, dict):
        raise InputError(f"{path} is not the configuration of a model.", code="bad_checkpoint")
    return data


def architecture_of(folder: Path) -> str:
    """The family that config.json names.

    Raises:
        InputError: as :func:`read_config`, or it names none.
    """
    name = read_config(folder).get("architecture")
    if not isinstance(name, str):
        raise InputError(f"{folder / CONFIG} names no architecture.", code="bad_checkpoint")
    return name


def preset_names(folder: Path) -> tuple[str, ...]:
    """Names of the styles in the folder, sorted."""
    return tuple(sorted(path.stem for path in (folder / STYLES).glob(f"*{STYLE_SUFFIX}")))


def style_path(folder: Path, name: str) -> Path:
    """Where the preset ``name`` lies."""
    return folder / STYLES / f"{name}{STYLE_SUFFIX}"


@contextmanager
def writing_checkpoint(folder: Path, config: Mapping[str, Any], card: str) -> Iterator[None]:
    """Make a checkpoint folder around a block that writes its weights.

    config.json is removed first and written last, so a half-written folder does not load.

    Args:
        folder: is made if need be.
        config: content of config.json.
        card: content of the model card.

    Raises:
        InputError: it cannot be written.
    """
    try:
        (folder / STYLES).mkdir(parents=True, exist_ok=True)
        (folder / CONFIG).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"Cannot write the folder {folder}: {error.strerror}.", code="bad_output") from error
    yield
    texts = {CARD: card, CONFIG: json.dumps(config, indent=2, sort_keys=True) + "\n"}
    for name, text in texts.items():
        with write_atomically(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
