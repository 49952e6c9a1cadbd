"""Strict loading and saving of module weights: every mismatch is an error that names it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from elocute.errors import InputError, missing_file
from elocute.storage.atomic_write import write_atomically

_LISTED = 8


def check_weights(expected: Mapping[str, torch.Size], found: Mapping[str, Tensor], source: str) -> None:
    """Compare names, shapes and values of weights with what a model needs.

    Args:
        expected: name -> shape.
        found: name -> tensor.
        source: file name for the message.

    Raises:
        InputError: weights are missing, left over, of another shape, not numbers, or NaN; lists them.
    """
    missing = sorted(expected.keys() - found.keys())
    extra = sorted(found.keys() - expected.keys())
    misshapen = [
        f"{name} is {_shape(found[name].shape)}, not {_shape(shape)}"
        for name, shape in sorted(expected.items())
        if name in found and found[name].shape != shape
    ]
    broken = sorted(
        name
        for name, value in found.items()
        if not value.is_floating_point() or not bool(torch.isfinite(value).all())
    )
    parts = [
        f"{title}: {_list(names)}"
        for title, names in (
            ("missing", missing),
            ("unexpected", extra),
            ("wrong shape", misshapen),
            ("not finite", broken),
        )
        if names
    ]
    if parts:
        raise InputError(
            f"The weights in {source} do not match the model's configuration; {'; '.join(parts)}.",
            "Check that the checkpoint and its options belong together and that the file is complete.",
            code="bad_weights",
        )


def load_strictly(module: nn.Module, weights: Mapping[str, Tensor], source: str) -> None:
    """Put ``weights`` into ``module`` after :func:`check_weights`."""
    check_weights({name: value.shape for name, value in module.state_dict().items()}, weights, source)
    module.load_state_dict(dict(weights), strict=True)


def save_weights(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Write a safetensors file.

    Raises:
        InputError: it cannot be written.
    """
    ready = {name: value.detach().cpu().contiguous().clone() for name, value in weights.items()}
    with write_atomically(path) as temporary:
        mode = temporary.stat().st_mode
        save_file(ready, temporary, metadata={"format": "pt"})
        temporary.chmod(mode)  # safetensors makes files that only their owner may read


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        InputError: it is missing or damaged.
    """
    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise missing_file(path) from error
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(
            f"{path} is damaged: {error}.", "Download or copy it again.", code="bad_weights"
        ) from error


def _shape(shape: torch.Size) -> str:
    return "x".join(map(str, shape)) or "a number"


def _list(names: list[str]) -> str:
    rest = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + rest
