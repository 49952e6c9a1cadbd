"""Strict loading and saving of module weights: every mismatch is an error that names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from elocute.errors import InputError, missing_file, one_line
from elocute.storage.atomic_write import write_atomically
from elocute.storage.file_kind import SAFETENSORS, START, recognised
from elocute.storage.guard import guarded
from elocute.storage.zip_members import opened

_M = TypeVar("_M", bound=nn.Module)
_LISTED: Final = 8
_LONGEST_NAME: Final = 60
_LARGEST_HEADER: Final = 2**24
_CODE: Final = "bad_weights"


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
        for name, shape in expected.items()
        if name in found and found[name].shape == shape and not _finite(found[name])
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
            code=_CODE,
        )


def load_strictly(module: nn.Module, weights: Mapping[str, Tensor], source: str) -> None:
    """Put ``weights`` into ``module`` after :func:`check_weights`."""
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
    with guarded(lambda reason: _damaged(path, reason)):
        try:
            with opened(path) as stream:
                start = stream.read(START)
            found = recognised(start)
            if found not in (None, SAFETENSORS):
                raise InputError(
                    f"{path} is not a safetensors file: it is {found.words}.",
                    found.hint or "Give weights as safetensors.",
                    code=_CODE,
                )
            if int.from_bytes(start[:8], "little") > _LARGEST_HEADER:
                raise ValueError("its header is too large")
            return load_file(path)
        except FileNotFoundError as error:
            raise missing_file(path) from error
        except SafetensorError as error:
            raise _damaged(path, str(error)) from error


def _damaged(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} is damaged: {one_line(reason, 200)}.", "Download or copy it again.", code=_CODE
    )


def _finite(value: Tensor) -> bool:
    return value.is_floating_point() and bool(torch.isfinite(value).all())


def _shape(shape: torch.Size) -> str:
    return "x".join(map(str, shape)) or "a number"


def _list(names: list[str]) -> str:
    rest = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(one_line(name, _LONGEST_NAME) for name in names[:_LISTED]) + rest
