"""Open untrusted pickles: only names on an allow-list are resolved, everything else is rejected.

A pickle is a program that may import and call anything. :func:`load_pickle` lets it reach nothing but
the callables it is given, and those are made afresh for each load, so that even a
pickle that rewrites their attributes changes nothing outside. Arrays come back as numpy arrays of
plain numbers; objects of foreign classes come back as :class:`Shell`, which only holds their state.

Own code on the standard library's unpickler: packages that check pickles (fickling, picklescan) say whether
one looks harmful, they do not read it with less in reach.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import numpy as np

from elocute.errors import InputError

LARGEST_PICKLE: Final = 256 * 1024 * 1024
"""Bytes of pickle program we are willing to run (tensors of a ``.pt`` file are not among them)."""

Name = tuple[str, str]
"""Module and qualified name, as a pickle states them."""

_PATH_MODULES: Final = ("pathlib", "pathlib._local")
_PATH_CLASSES: Final = ("Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath")


class _Refused(pickle.UnpicklingError):
    """The pickle asked for something outside the allow-list."""


class _Unpickler(pickle.Unpickler):
    def __init__(
        self,
        stream: io.BytesIO,
        allowed: Mapping[Name, Callable[..., Any]],
        persistent: Callable[[Any], Any] | None,
        encoding: str,
    ) -> None:
        super().__init__(stream, encoding=encoding)
        self._allowed = allowed
        self._persistent = persistent

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return self._allowed[module_name, global_name]
        except KeyError:
            raise _Refused(f"{module_name}.{global_name}") from None

    def persistent_load(self, pid: Any) -> Any:
        if self._persistent is None:
            raise pickle.UnpicklingError("persistent objects are not expected here")
        return self._persistent(pid)


def load_pickle(
    data: bytes,
    allowed: Mapping[Name, Callable[..., Any]],
    *,
    source: str,
    persistent: Callable[[Any], Any] | None = None,
    encoding: str = "ASCII",
) -> Any:
    """Run the pickle ``data`` with nothing in reach but ``allowed``.

    Args:
        data: the pickle.
        allowed: (module, name) as written in the pickle -> what to hand out. Pass objects made for
            this load only (see :func:`namespace_globals`, :func:`numpy_globals`).
        source: file name for error messages.
        persistent: called for persistent ids (the storages of a ``.pt`` file).
        encoding: how byte strings of Python 2 are read (``latin1`` for old numpy arrays).

    Raises:
        InputError: the pickle is damaged, too large, or asks for anything that is not allowed.
    """
    if len(data) > LARGEST_PICKLE:
        raise InputError(f"{source} is not loaded: its pickle is too large.", code="bad_pickle")
    try:
        _check_memo(data)
        return _Unpickler(io.BytesIO(data), allowed, persistent, encoding).load()
    except _Refused as error:
        raise InputError(
            f"{source} is refused: it tries to load {error}, which a data file does not need.",
            "Do not use this file; get it again from its authors.",
            code="hostile_pickle",
        ) from error
    except InputError:
        raise
    except Exception as error:
        # A damaged or hostile pickle can raise anything from the interpreter of its own instructions.
        raise InputError(
            f"{source} is damaged: its pickle cannot be read ({type(error).__name__}: {error}).",
            "Get the file again.",
            code="bad_pickle",
        ) from error


def _check_memo(data: bytes) -> None:
    """Refuse a memo index that no pickle of this size has: it would make the interpreter fill memory."""
    for operation, argument, _ in pickletools.genops(data):
        puts = operation.name in ("PUT", "BINPUT", "LONG_BINPUT")
        if puts and isinstance(argument, int) and argument > len(data):
            raise pickle.UnpicklingError(f"memo index {argument}")


class Shell:
    """An object of a class that we do not load: just its state.

    Attributes:
        attributes: instance attributes by name.
        arguments: constructor arguments, if it was made by a call.
        state: its state if that was not a dictionary.
    """

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.attributes: dict[str, Any] = {}
        self.state: Any = None

    def __new__(cls, *_: Any) -> Shell:
        self = super().__new__(cls)
        self.arguments, self.attributes, self.state = (), {}, None
        return self

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict):
            state = {**(state[0] or {}), **state[1]}  # object with __slots__
        if isinstance(state, dict):
            self.attributes = {str(name): value for name, value in state.items()}
        else:
            self.state = state


def shell_class() -> type[Shell]:
    """A class of inert objects for one load."""
    return type("Shell", (Shell,), {})


def namespace_globals() -> dict[Name, Callable[..., Any]]:
    """Allow ``argparse.Namespace`` (as :class:`Shell`), ``OrderedDict`` and paths (as strings)."""

    def path_text(*parts: Any) -> str:
        return "/".join(str(part) for part in parts).replace("//", "/")

    allowed: dict[Name, Callable[..., Any]] = {
        ("argparse", "Namespace"): shell_class(),
        ("collections", "OrderedDict"): OrderedDict,
    }
    for module in _PATH_MODULES:
        for name in _PATH_CLASSES:
            allowed[module, name] = path_text
    return allowed


def numpy_globals() -> dict[Name, Callable[..., Any]]:
    """Allow numpy arrays and scalars of plain numbers, under numpy's old and new module names.

    Nothing of numpy runs on the pickle's terms: arrays arrive as :class:`Shell` and become arrays in
    :func:`to_arrays`, which checks sizes itself.
    """
    array, dtype = shell_class(), shell_class()

    def reconstruct(*_: Any) -> Shell:
        return array()

    def make_dtype(*arguments: Any) -> Shell:
        return dtype(*arguments)

    def scalar(kind: Any, data: Any = None) -> Shell:
        made = array()
        made.__setstate__((1, (), kind, False, data))
        return made

    def frombuffer(data: Any, kind: Any, shape: Any, order: Any) -> Shell:
        made = array()
        made.__setstate__((1, shape, kind, order == "F", bytes(data)))
        return made

    def encode(text: Any, encoding: Any = "latin1") -> bytes:
        # Python 2 byte strings as protocol 2 of Python 3 writes them
        return cast("str", text).encode("latin1" if encoding in {"latin1", "latin-1"} else "utf-8")

    allowed: dict[Name, Callable[..., Any]] = {
        ("numpy", "ndarray"): array,
        ("numpy", "dtype"): make_dtype,
        ("_codecs", "encode"): encode,
    }
    for core in ("numpy.core", "numpy._core"):
        allowed[f"{core}.multiarray", "_reconstruct"] = reconstruct
        allowed[f"{core}.multiarray", "scalar"] = scalar
        allowed[f"{core}.numeric", "_frombuffer"] = frombuffer
    return allowed


def to_arrays(value: Any, source: str) -> Any:
    """Replace array shells (see :func:`numpy_globals`) by numpy arrays, in dicts, lists and tuples.

    An array of objects comes back as the list of its objects.

    Raises:
        InputError: an array is not made of plain numbers, its size does not match its data, or the value
            holds itself.
    """
    try:
        return _to_arrays(value, source)
    except RecursionError as error:
        raise InputError(f"{source} is damaged: it contains itself.", code="bad_pickle") from error


def _to_arrays(value: Any, source: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _to_arrays(item, source) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_to_arrays(item, source) for item in value])
    if isinstance(value, Shell) and isinstance(value.state, tuple) and len(value.state) == 5:
        if isinstance(value.state[4], list):  # numpy pickles the objects of an object array as a list
            return _to_arrays(value.state[4], source)
        return _array(value.state, source)
    return value


def _array(state: tuple[Any, ...], source: str) -> Any:
    _, shape, kind, fortran, data = state
    try:
        dtype = np.dtype(_dtype_text(kind))
        if dtype.kind not in "biuf":
            raise ValueError(f"dtype {dtype} is not numeric")
        raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
        flat = np.frombuffer(raw, dtype)
        dims = tuple(int(size) for size in shape)
        array = flat.reshape(dims, order="F" if fortran else "C").copy()
    except (TypeError, ValueError, UnicodeEncodeError) as error:
        raise InputError(f"{source} contains a damaged array: {error}.", code="bad_pickle") from error
    return array[()] if array.ndim == 0 else array


def _dtype_text(kind: Any) -> str:
    if not (isinstance(kind, Shell) and kind.arguments and isinstance(kind.arguments[0], str)):
        raise ValueError("an array without a dtype")
    text = kind.arguments[0]
    order = kind.state[1] if isinstance(kind.state, tuple) and len(kind.state) > 1 else "="
    return (order if order in ("<", ">") else "") + text
