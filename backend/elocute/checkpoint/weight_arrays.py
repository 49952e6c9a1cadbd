"""Weights as NumPy arrays, and the comparison of weights with what a model needs. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize
from safetensors.numpy import load_file

from elocute.arrays import Array, library
from elocute.checkpoint.folder import is_checkpoint, missing_part
from elocute.errors import InputError, listed, missing_file, one_line
from elocute.storage.file_kind import SAFETENSORS, START, recognised
from elocute.storage.guard import guarded
from elocute.storage.zip_members import opened

_Read = TypeVar("_Read")
_LONGEST_NAME: Final = 60
_LARGEST_HEADER: Final = 2**24
_CODE: Final = "bad_weights"
_PRECISIONS: Final = frozenset({"bfloat16", "float16", "float32"})
_KINDS: Final[Mapping[str, str]] = {"F16": "<f2", "F32": "<f4"}


def check_weights(expected: Mapping[str, Sequence[int]], found: Mapping[str, Array], source: str) -> None:
    """Compare names, shapes and values of weights with what a model needs.

    Args:
        expected: name -> shape.
        found: name -> tensor or array.
        source: file name for the message.

    Raises:
        InputError: weights are missing, left over, of another shape, not numbers, or NaN; lists them.
    """
    shapes = {name: tuple(shape) for name, shape in expected.items()}
    missing = sorted(shapes.keys() - found.keys())
    extra = sorted(found.keys() - shapes.keys())
    misshapen = [
        f"{name} is {_shape(found[name].shape)}, not {_shape(shape)}"
        for name, shape in sorted(shapes.items())
        if name in found and tuple(found[name].shape) != shape
    ]
    broken = sorted(
        name
        for name, shape in shapes.items()
        if name in found and tuple(found[name].shape) == shape and not _finite(found[name])
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


def read_weight_arrays(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read a safetensors file; numbers of less precision become float32.

    Raises:
        InputError: it is missing or damaged, or holds something else than such numbers.
    """
    found: dict[str, NDArray[np.generic]] = read_safetensors(path, _arrays)
    odd = sorted(name for name, value in found.items() if value.dtype.name not in _PRECISIONS)
    if odd:
        raise InputError(
            f"{path} holds other numbers than float16, bfloat16 and float32: {_list(odd)}.", code=_CODE
        )
    return {name: value.astype(np.float32, copy=False) for name, value in found.items()}


def _arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    try:
        return dict(load_file(path))
    except TypeError:  # bfloat16, of which NumPy knows nothing until something has imported ml_dtypes
        entries: list[tuple[str, Any]] = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
        return {name: _array(entry) for name, entry in entries}


def _array(entry: Mapping[str, Any]) -> NDArray[np.generic]:
    if entry["dtype"] != "BF16":
        return np.frombuffer(entry["data"], _KINDS[entry["dtype"]]).reshape(entry["shape"])
    halves = np.frombuffer(entry["data"], "<u2").astype(np.uint32)  # the upper half of a float32
    numbers: NDArray[np.float32] = (halves << 16).view(np.float32).reshape(entry["shape"])
    return numbers


def read_safetensors(path: Path, load: Callable[[Path], _Read]) -> _Read:
    """What ``load`` of the package safetensors makes of a file.

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
            return load(path)
        except FileNotFoundError as error:
            if is_checkpoint(path.parent):
                raise missing_part(path.parent, path.name) from error
            raise missing_file(path) from error
        except SafetensorError as error:
            raise _damaged(path, str(error)) from error


def _damaged(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} is damaged: {one_line(reason, 200)}.", "Download or copy it again.", code=_CODE
    )


def _finite(value: Array) -> bool:
    if isinstance(value, np.ndarray):
        return bool(np.issubdtype(value.dtype, np.floating)) and bool(np.isfinite(value).all())
    return value.is_floating_point() and bool(library(value).isfinite(value).all())


def _shape(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "a number"


def _list(names: list[str]) -> str:
    return listed([one_line(name, _LONGEST_NAME) for name in names])
