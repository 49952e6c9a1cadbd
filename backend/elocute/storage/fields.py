"""Typed fields of a file's arrays: each is what it should be, or a ValueError says what it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import one_line
from elocute.storage.json_text import parse_json
from elocute.storage.npz import Arrays

LONGEST_TEXT: Final = 2**22
_LONGEST_NAME: Final = 256
_MOST_NAMES: Final = 100_000


@dataclass(frozen=True)
class Fields:
    """The arrays of a file by name.

    Every method raises KeyError where there is no array of that name, and ValueError where it is something
    else; :func:`~elocute.storage.guard.guarded` makes a sentence of both.
    """

    arrays: Arrays

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def text(self, name: str) -> str:
        """One text; halves of characters become question marks."""
        array = self.arrays[name]
        if array.dtype.kind != "U" or array.shape != () or array.nbytes > 4 * LONGEST_TEXT:
            raise ValueError(f"{name} is not a text")
        return _text(array.item(), name)

    def texts(self, name: str) -> tuple[str, ...]:
        """A row of short texts."""
        array = self.arrays[name]
        short = array.dtype.itemsize <= 4 * _LONGEST_NAME and array.size <= _MOST_NAMES
        if array.dtype.kind not in "U" or array.ndim != 1 or not short:
            raise ValueError(f"{name} is not a list of names")
        return tuple(_text(item, name) for item in array.tolist())

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

    def flag(self, name: str) -> bool:
        """One truth value."""
        array = self.arrays[name]
        if array.dtype.kind not in "biu" or array.shape != ():
            raise ValueError(f"{name} is neither true nor false")
        return bool(array)

    def json(self, name: str) -> dict[str, Any]:
        """A JSON object that is stored as text."""
        text = self.text(name)
        try:
            value = parse_json(text)
        except ValueError as error:
            raise ValueError(f"{name} is unusable: {error}") from error
        if not isinstance(value, dict):
            raise ValueError(f"{name} is not a JSON object")
        return value

    def floats(self, name: str, *, axes: int | None = None, finite: bool = True) -> NDArray[np.float32]:
        """Numbers as float32, with so many axes; finite ones unless the caller looks for himself."""
        array = self.arrays[name]
        if array.dtype.kind not in "biuf":
            raise ValueError(f"{name} is not made of numbers")
        if axes is not None and array.ndim != axes:
            raise ValueError(f"{name} has {array.ndim} axes, not {axes}")
        with np.errstate(over="ignore", invalid="ignore"):
            numbers = np.ascontiguousarray(array, np.float32).reshape(array.shape)
        if finite and not np.isfinite(numbers).all():
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


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{one_line(name, 80)} is not a text")
    return value.encode("utf-8", "replace").decode("utf-8")
