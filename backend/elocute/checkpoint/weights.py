"""Strict loading and saving of module weights: every mismatch is an error that names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from elocute.checkpoint.bounded_building import BoundedBuilding, TooLarge
from elocute.checkpoint.weight_arrays import check_weights, read_safetensors
from elocute.storage.atomic_write import write_atomically

_M = TypeVar("_M", bound=nn.Module)


def load_strictly(module: nn.Module, weights: Mapping[str, Tensor], source: str) -> None:
    """Put ``weights`` into ``module`` after :func:`~elocute.checkpoint.weight_arrays.check_weights`."""
    check_weights(_sizes(module), weights, source)
    module.load_state_dict(dict(weights), strict=True)


def built_strictly(make: Callable[[], _M], weights: Mapping[str, Tensor], source: str) -> _M:
    """What ``make`` builds, with ``weights`` in it.

    A configuration may name sizes that no computer can hold: where they are larger than the weights have any
    use for, it is built without memory, to say what does not fit. That alone imports all of PyTorch that
    compiles models, which takes seconds.

    Raises:
        InputError: see :func:`check_weights`.
    """
    try:
        with BoundedBuilding(sum(value.numel() for value in weights.values())):
            module = make()
    except TooLarge:
        with torch.device("meta"):
            outline = make()
        check_weights(_sizes(outline), weights, source)
        module = make()
    check_weights(_sizes(module), weights, source)
    module.load_state_dict(dict(weights), strict=True)
    return module


def _sizes(module: nn.Module) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in module.state_dict().items()}


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
    return read_safetensors(path, load_file)
