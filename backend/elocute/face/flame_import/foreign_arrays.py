"""Arrays inside FLAME's pickles that are not numpy's: chumpy's, scipy's sparse ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.storage.guard import guarded
from elocute.storage.safe_pickle import (
    Allowance,
    Name,
    Shell,
    key_text,
    numpy_globals,
    shell_class,
    to_arrays,
)

_DEEPEST: Final = 8
_MOST_ENTRIES: Final = 2**24
"""Entries of a sparse matrix when written out: a body model's has 55 x 10,475."""
_BYTES_OF_NUMBER: Final = 8
_SPARSE_PARTS: Final = ("_shape", "shape", "data", "indptr", "indices")
_BUILTINS: Final = ("builtins", "__builtin__")
_SPARSE_MODULES: Final = {
    "csc": ("scipy.sparse.csc", "scipy.sparse._csc"),
    "csr": ("scipy.sparse.csr", "scipy.sparse._csr"),
}


class _Globals(dict[Name, Callable[..., Any]]):
    """An allow-list that also hands out inert objects for whatever else of chumpy a file names."""

    def __missing__(self, name: Name) -> type[Shell]:
        if name[0].split(".")[0] != "chumpy":
            raise KeyError(name)
        self[name] = inert = shell_class()
        return inert


class ForeignArrays:
    """What a FLAME pickle may name, and how those objects become arrays. One for each load.

    Attributes:
        allowed: for :func:`~elocute.storage.safe_pickle.load_pickle`.
        allowance: what this file may still cost.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self.allowance = Allowance()
        self._made: dict[int, Any] = {}
        self._chumpy = shell_class()
        self._selection = shell_class()
        self._sparse: dict[str, type[Shell]] = {kind: shell_class() for kind in _SPARSE_MODULES}
        self.allowed = self._globals()

    def _globals(self) -> dict[Name, Callable[..., Any]]:
        allowed = _Globals(numpy_globals())
        allowed["chumpy.ch", "Ch"] = self._chumpy
        allowed["chumpy", "Ch"] = self._chumpy
        allowed["chumpy.reordering", "Select"] = self._selection
        for kind, modules in _SPARSE_MODULES.items():
            for module in modules:
                allowed[module, f"{kind}_matrix"] = self._sparse[kind]
                allowed[module, f"{kind}_array"] = self._sparse[kind]

        def plain_object(*_: Any) -> None:
            raise ValueError("object is not called in a data file")

        def items_of_set(items: Any = ()) -> list[Any]:
            return list(items)

        def reconstruct(kind: Any, *_: Any) -> Shell:
            # Python 2's way to make an object of a new-style class in protocols 0 and 1
            if not (isinstance(kind, type) and issubclass(kind, Shell)):
                raise TypeError("only arrays are made this way")
            return kind()

        for module in _BUILTINS:
            allowed[module, "object"] = plain_object
            allowed[module, "set"] = items_of_set
        for module in ("copy_reg", "copyreg"):
            allowed[module, "_reconstructor"] = reconstruct
        return allowed

    def dense_values(self, content: Mapping[Any, Any]) -> dict[str, Any]:
        """A dictionary with the array that each value stands for; other values unchanged.

        Raises:
            InputError: an array is damaged.
        """
        with guarded(self._damaged):
            return {key_text(name): self.dense(value) for name, value in content.items()}

    def dense(self, value: Any, depth: int = 0) -> Any:
        """The array that ``value`` stands for; anything else unchanged.

        Raises:
            InputError: an array is damaged.
        """
        if depth > _DEEPEST:
            raise InputError(f"{self._source} contains arrays nested too deeply.", code="bad_pickle")
        if not isinstance(value, Shell):
            return to_arrays(value, self._source)
        if id(value) not in self._made:
            with guarded(self._damaged):
                self._made[id(value)] = self._array(value, depth)
        return self._made[id(value)]

    def _array(self, value: Shell, depth: int) -> Any:
        if isinstance(value, self._chumpy):
            return self.dense(value.attributes["x"], depth + 1)
        if isinstance(value, self._selection):
            return self._selected(value, depth)
        for kind, made in self._sparse.items():
            if isinstance(value, made):
                parts = {
                    name: self.dense(part, depth + 1)
                    for name, part in value.attributes.items()
                    if name in _SPARSE_PARTS
                }
                return self._dense_matrix(kind, parts)
        return to_arrays(value, self._source)

    def _damaged(self, reason: str) -> InputError:
        return InputError(f"{self._source} contains a damaged array: {reason}.", code="bad_pickle")

    def _selected(self, value: Shell, depth: int) -> NDArray[Any]:
        """chumpy's reordering: some entries of a flat array in a new shape."""
        whole = np.asarray(self.dense(value.attributes["a"], depth + 1))
        indices = np.asarray(self.dense(value.attributes["idxs"], depth + 1))
        shape = value.attributes.get("preferred_shape")
        self.allowance.copy(_BYTES_OF_NUMBER * indices.size)
        chosen: NDArray[Any] = whole.ravel()[indices]
        return chosen if shape is None else chosen.reshape([int(size) for size in shape])

    def _dense_matrix(self, kind: str, parts: Mapping[str, Any]) -> NDArray[np.float64]:
        """A full matrix from the state of a scipy sparse one, every index checked."""
        shape = parts["_shape"] if "_shape" in parts else parts["shape"]
        rows, columns = (int(size) for size in shape)
        data = np.asarray(parts["data"], np.float64)
        if rows < 0 or columns < 0 or rows * columns > _MOST_ENTRIES:
            raise ValueError("a sparse matrix of impossible size")
        starts, inner = _indices(parts["indptr"]), _indices(parts["indices"])
        counts = np.diff(starts)
        if counts.size and (counts.min() < 0 or counts.sum() != len(inner)):
            raise ValueError("a sparse matrix whose parts disagree")
        outer = np.repeat(np.arange(len(counts)), counts)
        row, column = (inner, outer) if kind == "csc" else (outer, inner)
        if not len(row) == len(column) == len(data) or (len(row) and min(row.min(), column.min()) < 0):
            raise ValueError("a sparse matrix whose parts disagree")
        self.allowance.copy(_BYTES_OF_NUMBER * rows * columns)
        matrix = np.zeros((rows, columns))
        np.add.at(matrix, (row, column), data)
        return matrix


def as_array(value: Any) -> NDArray[Any]:
    """``value`` as an array; an empty one for rows of different lengths, which are no table of ours."""
    try:
        return np.asarray(value)
    except ValueError:
        return np.empty(0)


def _indices(values: Any) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError("indices that are not whole numbers")
    return array.astype(np.int64)
