"""Styles: made from motion, read from files or a model's presets, blended."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elocute.errors import InputError, SettingsError
from elocute.models.diffposetalk.folder import STYLES, LoadedModel
from elocute.motion.clip import MotionClip
from elocute.storage.atomic_write import write_atomically
from elocute.storage.npz import NpzKind, read_arrays

NULL: Final = "null"
"""Name of the learnt "no style"."""


@torch.inference_mode()
def extract_style(model: LoadedModel, clip: MotionClip, start: int = 0) -> Tensor:
    """The style of one window of a clip.

    Args:
        model: a model with a style encoder.
        clip: motion in the model's basis and frame rate.
        start: first frame of the window; a clip that ends earlier gives a shorter window.

    Returns:
        (style_dim,) float32.

    Raises:
        InputError: the clip has another basis, rate or number of expressions.
        SettingsError: the model has no style encoder, or ``start`` is outside the clip.
    """
    config, encoder = model.config, model.style_encoder
    if encoder is None:
        raise SettingsError(
            f"The model {model.name} has no style encoder.", "Convert it with --style-encoder."
        )
    if clip.basis != config.basis or clip.expression.shape[1] != config.layout.expression:
        raise InputError(
            f"The motion has {clip.expression.shape[1]} expressions of {clip.basis}; "
            f"the model reads {config.layout.expression} of {config.basis}.",
            code="bad_clip",
        )
    if clip.fps != config.fps:
        raise InputError(
            f"The motion has {clip.fps:g} frames a second; the model reads {config.fps:g}.", code="bad_clip"
        )
    if not 0 <= start < clip.frames:
        raise SettingsError(f"The motion has frames 0 to {clip.frames - 1}; there is no frame {start}.")
    window = slice(start, start + encoder.config.motions)
    pose = np.concatenate([clip.head[window], clip.jaw[window]], axis=1)
    expression, rotation = torch.from_numpy(clip.expression[window]), torch.from_numpy(pose)
    motion = model.stats.normalise_motion(expression, rotation, config.layout, head=encoder.config.head)
    device = next(encoder.parameters()).device
    style: Tensor = encoder(motion[None].to(device))[0].cpu()
    return style


def save_style(path: Path, style: Tensor, meta: Mapping[str, Any]) -> None:
    """Write a style as ``.npz`` with arrays ``style`` and ``meta`` (JSON).

    Raises:
        InputError: it cannot be written.
    """
    with write_atomically(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, style=style.numpy(), meta=np.str_(json.dumps(dict(meta))))


def load_vector(path: Path, key: str, size: int, what: str) -> Tensor:
    """Read one vector from a ``.npy`` or from ``key`` of an ``.npz``; of several rows the first.

    Args:
        path: the file.
        key: array name in an ``.npz``.
        size: how many numbers it must have.
        what: "style" or "shape", for messages.

    Raises:
        InputError: missing, damaged, without ``key``, of another length, or NaN.
    """
    kind = NpzKind(f"{{path}} is not a {what} file.", f"bad_{what}", "Choose an .npy or .npz file.")
    arrays = read_arrays(path, kind, names=(key,), bare=key)
    if key not in arrays:
        raise InputError(f"{path} holds no {what}: it has no array {key!r}.", code=kind.code)
    try:
        vector = arrays[key].astype(np.float32)
    except (ValueError, TypeError) as error:
        raise InputError(kind.damaged.format(path=path), kind.hint, code=kind.code) from error
    return check_vector(vector, size, what, str(path))


def check_vector(vector: NDArray[np.float32], size: int, what: str, source: str) -> Tensor:
    """(size,) tensor of ``vector`` or of its first row.

    Raises:
        InputError: another length, or NaN.
    """
    if vector.ndim > 1 and vector.size:
        vector = vector.reshape(-1, vector.shape[-1])[0]
    if vector.shape != (size,):
        raise InputError(
            f"The {what} {source} has {vector.size} numbers; the model takes {size}.", code=f"bad_{what}"
        )
    if not np.isfinite(vector).all():
        raise InputError(f"The {what} {source} holds NaN or infinity.", code=f"bad_{what}")
    return torch.from_numpy(vector.copy())


def preset_names(folder: Path | None) -> tuple[str, ...]:
    """Names of the styles that a model folder brings along."""
    if folder is None or not (folder / STYLES).is_dir():
        return ()
    return tuple(sorted(path.stem for path in (folder / STYLES).glob("*.npz")))


def read_style(text: str | None, model: LoadedModel) -> Tensor | None:
    """A style from what a user wrote.

    ``text`` is a file, the name of a preset, ``null``, or several with weights:
    ``calm.npz:0.7,angry:0.3``. Weights are divided by their sum.

    Returns:
        (style_dim,) float32, or None for no style (``text`` is None or ``null``).

    Raises:
        InputError: a file is missing or not a style of this length.
        SettingsError: the model has no styles, or weights are not positive numbers.
    """
    size = model.config.denoiser.style_dim
    if text is None:
        return None
    if not size:
        raise SettingsError(f"The model {model.name} has no styles.", "Leave the style out.")
    parts = [_split_weight(part.strip()) for part in text.split(",")]
    if len(parts) == 1 and parts[0][0] == NULL:
        return None
    total = sum(weight for _, weight in parts)
    blend = torch.zeros(size)
    for name, weight in parts:
        blend += weight / total * _find_style(name, model, size)
    return blend


def _split_weight(part: str) -> tuple[str, float]:
    name, colon, tail = part.rpartition(":")
    try:
        weight = float(tail) if colon else 1.0
    except ValueError:
        name, weight = part, 1.0  # a drive letter, not a weight
    name = name if colon and name else part
    if not name:
        raise SettingsError("The style is empty.", "Write a file or a name, or several as A:0.7,B:0.3.")
    if not math.isfinite(weight) or weight <= 0:
        raise SettingsError(f"The weight of the style {name} must be a positive number, not {weight:g}.")
    return name, weight


def _find_style(name: str, model: LoadedModel, size: int) -> Tensor:
    if name == NULL:
        null = model.network.null_style_feat
        if null is None:
            raise SettingsError(f"The model {model.name} has not learnt a null style.")
        return null.detach()[0, 0].cpu()
    path = Path(name).expanduser()
    if path.is_file():
        return load_vector(path, "style", size, "style")
    presets = preset_names(model.folder)
    if name in presets and model.folder is not None:
        return load_vector(model.folder / STYLES / f"{name}.npz", "style", size, "style")
    known = f"The model has {', '.join(presets)}." if presets else "The model brings no styles along."
    raise InputError(f"There is no style {name}.", known, code="missing_style")
