"""One set of formulas for NumPy arrays and PyTorch tensors.

Sampling needs neither gradients nor a GPU by itself, so the formulas of this package work on whichever of the
two the model gives them. What both libraries call alike is taken from :func:`library`, the rest stands here.
PyTorch is never imported: where a tensor is seen, it is loaded already.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, TypeAlias, TypeVar

import numpy as np

Array: TypeAlias = Any
"""A ``numpy.ndarray`` or a ``torch.Tensor``; the arguments of one call are of one kind."""


Same = TypeVar("Same", bound=Any)
"""An array of the kind that came in."""


def library(array: Array) -> ModuleType:
    """``numpy`` or ``torch``, for functions that both have with the same positional arguments."""
    return np if isinstance(array, np.ndarray | np.generic) else sys.modules["torch"]


def like(values: Array, example: Array) -> Array:
    """``values`` of either kind as the kind, type and device of ``example``."""
    if isinstance(example, np.ndarray):
        return as_numpy(values).astype(example.dtype, copy=False)
    return sys.modules["torch"].as_tensor(values).to(example)


def as_numpy(values: Array) -> np.ndarray:
    """``values`` of either kind as a NumPy array, without a copy where none is needed."""
    return values if isinstance(values, np.ndarray) else np.asarray(values.detach().cpu())


def zeros(shape: Sequence[int], example: Array) -> Array:
    """Zeros of the kind, type and device of ``example``."""
    if isinstance(example, np.ndarray):
        return np.zeros(tuple(shape), example.dtype)
    return example.new_zeros(tuple(shape))


def indices(values: np.ndarray, example: Array) -> Array:
    """Whole numbers as int64 of the kind and on the device of ``example``."""
    whole = np.array(values, np.int64)
    if isinstance(example, np.ndarray):
        return whole
    return sys.modules["torch"].from_numpy(whole).to(example.device)


def copied(array: Array) -> Array:
    """A copy that may be changed."""
    return array.copy() if isinstance(array, np.ndarray) else array.clone()


def joined(parts: Sequence[Array], axis: int) -> Array:
    """Arrays one after the other along an axis."""
    return library(parts[0]).concatenate(tuple(parts), axis)


def take_along(array: Array, index: Array, axis: int) -> Array:
    """Elements of ``array`` at ``index`` along an axis; both have the same number of axes."""
    if isinstance(array, np.ndarray):
        return np.take_along_axis(array, index, axis)
    return sys.modules["torch"].gather(array, axis, index)


def repeated(array: Array, times: int) -> Array:
    """Each row ``times`` times, one after the other."""
    return array.repeat(times, 0) if isinstance(array, np.ndarray) else array.repeat_interleave(times, 0)


def quantiles(rows: Array, share: float) -> Array:
    """The quantile of each row of (N, M), between neighbours linearly: (N,)."""
    if isinstance(rows, np.ndarray):
        return np.quantile(rows, share, axis=1).astype(rows.dtype)
    return sys.modules["torch"].quantile(rows.float(), share, dim=1).to(rows.dtype)
