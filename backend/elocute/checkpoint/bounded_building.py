"""Modules that are built to be filled with weights: without chance, and no larger than the weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch
from torch.overrides import TorchFunctionMode

_FILLED: Final = frozenset({torch.empty, torch.zeros, torch.ones, torch.full})
_RANDOM: Final = frozenset({torch.rand, torch.randn})
_TABLES: Final = 2**24
"""Numbers that are computed rather than stored, as tables of positions."""


class TooLarge(Exception):
    """More numbers are asked for than the weights have."""


class BoundedBuilding(TorchFunctionMode):
    """Tensors that are made in this block stay unfilled where chance would fill them.

    Args:
        weights: numbers that they may have, besides tables.

    Raises:
        TooLarge: they would have more than twice as many.
    """

    def __init__(self, weights: int) -> None:
        super().__init__()
        self._left = 2 * weights + _TABLES

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        told = dict(kwargs or {})
        if getattr(func, "__module__", "") == "torch.nn.init":
            return told["tensor"] if "tensor" in told else args[0]
        if func in _FILLED or func in _RANDOM:
            self._take(_size(told["size"] if "size" in told else args[:1] if func is torch.full else args))
        elif func is torch.arange and all(isinstance(each, int | float) for each in args):
            self._take(_count(*args))
        if func in _RANDOM:
            told.pop("generator", None)
            return torch.empty(*args, **told)
        return func(*args, **told)

    def _take(self, numbers: int) -> None:
        self._left -= numbers
        if self._left < 0:
            raise TooLarge


def _size(size: Any) -> int:
    """Numbers of a tensor whose size is given as some numbers, or as one sequence of them."""
    sides = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
    return math.prod(int(side) for side in sides)


def _count(first: float, last: float | None = None, step: float = 1) -> int:
    """Numbers of ``torch.arange``."""
    start, end = (0, first) if last is None else (first, last)
    return max(math.ceil((end - start) / step), 0)
