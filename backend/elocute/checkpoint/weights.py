"""Strict loading and saving of module weights: every mismatch is an error that names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from elocute.checkpoint.weight_arrays import check_weights, read_safetensors
from elocute.storage.atomic_write import write_atomically

_M = TypeVar("_M", bound=nn.Module)


def load_strictly(module: nn.Module, weights: Mapping[str, Tensor], source: str) -> None:
    """Put ``weights`` into ``module`` after :func:`~elocute.checkpoint.weight_arrays.check_weights`."""
    check_weights({name: value.shape for name, value in module.state_dict().items()}, weights, source)
    module.load_state_dict(dict(weights), strict=True)


def built_strictly(make: Callable[[], _M], weights: Mapping[str, Tensor], source: str) -> _M:
    """What ``make`` builds, with ``weights`` in it.

    It is first built without memory: a configuration may name sizes that no computer can hold, and only
    sizes that the weights have, too, are ever allocated.

    Raises:
        InputError: see :func:`check_weights`.
    """
    with torch.device("meta"):
        outline = make()
    check_weights({name: value.shape for name, value in outline.state_dict().items()}, weights, source)
    module = make()
    module.load_state_dict(dict(weights), strict=True)
    return module


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
