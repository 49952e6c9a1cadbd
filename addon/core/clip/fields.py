"""Typed fields of a file's arrays: each is what it should be, or a ValueError says what it is not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .npz import Arrays

_LONGEST_TEXT: Final = 2**24
_LONGEST_NAME: Final = 1024
_MOST_NAMES: Final = 100_000
_DEEPEST: Final = 64
_LONGEST_NUMBER: Final = 300


@dataclass(frozen=True)
class Fields:
    """The arrays of a file by name.

    Every method raises KeyError where there is no array of that name, and ValueError where it is something
    else; :func:`~addon.core.clip.npz.guarded` makes a sentence of both.
    """

    arrays: Arrays

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def text(self, name: str) -> str:
        """One text; halves of characters become question marks."""
        array = self.arrays[name]
        if array.dtype.kind != "U" or array.shape != () or array.nbytes > _LONGEST_TEXT:
            raise ValueError(f"{name} is not a text")
        return _whole_characters(str(array.item()))

    def texts(self, name: str) -> tuple[str, ...]:
        """A row of short texts."""
        array = self.arrays[name]
        short = array.dtype.itemsize <= _LONGEST_NAME and array.size <= _MOST_NAMES
        if array.dtype.kind != "U" or array.ndim != 1 or not short:
            raise ValueError(f"{name} is not a list of names")
        return tuple(_whole_characters(str(item)) for item in array.tolist())

    def number(self, name: str) -> float:
        """One finite number."""
        array = self.arrays[name]
        if array.dtype.kind not in "iuf" or array.shape != () or not np.isfinite(array):
            raise ValueError(f"{name} is not a number")
        return float(array)

    def whole(self, name: str) -> int:
        """One whole number."""
        array = self.arrays[name]
        if array.dtype.kind not in "iu" or array.shape != ():
            raise ValueError(f"{name} is not a whole number")
        return int(array)

    def json(self, name: str) -> dict[str, Any]:
        """A JSON object that is stored as text."""
        try:
            value = json.loads(
                self.text(name), parse_constant=_refuse_constant, parse_int=_whole, parse_float=_finite
            )
        except RecursionError as error:
            raise ValueError(f"{name} is nested too deeply") from error
        except json.JSONDecodeError as error:
            raise ValueError(f"{name} is no JSON") from error
        if not isinstance(value, dict):
            raise ValueError(f"{name} is not a JSON object")
        checked: dict[str, Any] = _checked(value, 0)
        return checked

    def floats(self, name: str, *, axes: int | None = None) -> NDArray[np.float32]:
        """Finite numbers as float32, with so many axes."""
        array = self.arrays[name]
        if array.dtype.kind not in "biuf":
            raise ValueError(f"{name} is not made of numbers")
        if axes is not None and array.ndim != axes:
            raise ValueError(f"{name} has {array.ndim} axes, not {axes}")
        with np.errstate(over="ignore", invalid="ignore"):
            numbers = np.ascontiguousarray(array, np.float32).reshape(array.shape)
        if not np.isfinite(numbers).all():
            raise ValueError(f"{name} holds NaN or infinity")
        return numbers

    def indices(self, name: str, *, axes: int = 1) -> NDArray[np.int32]:
        """Whole numbers of 32 bits, with so many axes."""
        array = self.arrays[name]
        if array.dtype.kind not in "iu" or array.ndim != axes:
            raise ValueError(f"{name} is not made of whole numbers")
        if array.size and (array.min() < -(2**31) or array.max() >= 2**31):
            raise ValueError(f"{name} holds a number that is too large")
        return np.ascontiguousarray(array, np.int32)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"it holds {name}, which is not a number")


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("it holds a number that is too large")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not np.isfinite(number):
        raise ValueError("it holds a number that is too large")
    return number


def _checked(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    if isinstance(value, str):
        return _whole_characters(value)
    if isinstance(value, list):
        return [_checked(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_whole_characters(key): _checked(item, depth + 1) for key, item in value.items()}
    return value


def _whole_characters(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
