"""Open untrusted pickles: only names on an allow-list are resolved, everything else is rejected.

A pickle is a program that may import and call anything. :func:`load_pickle` lets it reach nothing but
the callables it is given, and those are made afresh for each load, so that even a
pickle that rewrites their attributes changes nothing outside. Arrays come back as numpy arrays of
plain numbers; objects of foreign classes come back as :class:`Shell`, which only holds their state.

What a pickle may cost is bounded too: the number of its instructions, what it makes out of its own bytes, and
how large its value is when parts that are used many times are counted each time (a few hundred bytes can
describe a list of 2^30 items).

Own code on the standard library's unpickler, the one in Python, whose instructions can be checked: packages
that look at pickles (fickling, picklescan) say whether one seems harmful; they do not read it in safety.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError, one_line
from elocute.storage.guard import reason_of

LARGEST_PICKLE: Final = 256 * 1024 * 1024
"""Bytes of pickle program we are willing to run (tensors of a ``.pt`` file are not among them)."""
MOST_OPERATIONS: Final = 500_000
"""Instructions of a pickle: a checkpoint of a thousand tensors has 30,000."""
MOST_NUMBERS: Final = 2**25
"""Numbers in the arrays of a value, each array counted as often as it is used. The largest body
model has 28 million."""
MOST_ITEMS: Final = 2**20
"""Items in the lists and dictionaries of a value, counted in the same way."""
_DEEPEST: Final = 64
_LONGEST_KEY: Final = 16
_BYTES_OF_ITEM: Final = 200

Name = tuple[str, str]
"""Module and qualified name, as a pickle states them."""

_PATH_MODULES: Final = ("pathlib", "pathlib._local")
_PATH_CLASSES: Final = ("Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath")


class Allowance:
    """What one file may still cost. One for each file, shared by every pickle inside it."""

    def __init__(self) -> None:
        self._operations = MOST_OPERATIONS
        self._copied = LARGEST_PICKLE

    def operation(self) -> None:
        """Count an instruction.

        Raises:
            UnpicklingError: there were too many.
        """
        self._operations -= 1
        if self._operations < 0:
            raise pickle.UnpicklingError("it has more instructions than any file of its kind")

    def copy(self, size: int) -> None:
        """Count bytes that an instruction makes out of others.

        Raises:
            UnpicklingError: there were too many.
        """
        self._copied -= size
        if self._copied < 0:
            raise pickle.UnpicklingError("it unpacks to more than any file of its kind")


class _Refused(pickle.UnpicklingError):
    """The pickle asked for something outside the allow-list."""


def _checking(code: bytes, check: Callable[[list[Any]], None]) -> Callable[[Any], None]:
    """The instruction ``code``, which first looks at what lies on the stack."""
    load = pickle._Unpickler.dispatch[code[0]]

    def checked(unpickler: Any) -> None:
        check(unpickler.stack)
        load(unpickler)

    return checked


def _check_keys(keys: list[Any]) -> None:
    for key in keys:
        _check_key(key)


def _check_built(stack: list[Any]) -> None:
    """Only what the pickle has made may be given a state, never the functions and classes that it is lent."""
    if not isinstance(stack[-2], Shell | dict):
        raise pickle.UnpicklingError("it changes what it is lent")


class _Unpickler(pickle._Unpickler):
    """The standard library's unpickler with an allow-list, and with keys that are quick to compare.

    Python computes the hash of a tuple from all that is inside each time it is asked, so that a key of tuples
    that hold one another twice takes for ever.
    """

    dispatch: ClassVar[dict[int, Callable[[pickle.Unpickler], None]]] = {
        **pickle._Unpickler.dispatch,
        pickle.SETITEM[0]: _checking(pickle.SETITEM, lambda stack: _check_key(stack[-2])),
        pickle.SETITEMS[0]: _checking(pickle.SETITEMS, lambda stack: _check_keys(stack[::2])),
        pickle.DICT[0]: _checking(pickle.DICT, lambda stack: _check_keys(stack[::2])),
        pickle.ADDITEMS[0]: _checking(pickle.ADDITEMS, _check_keys),
        pickle.FROZENSET[0]: _checking(pickle.FROZENSET, _check_keys),
        pickle.BUILD[0]: _checking(pickle.BUILD, _check_built),
    }

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


def _check_key(key: Any) -> None:
    plain = key is None or isinstance(key, str | bytes | int | float)
    flat = (
        isinstance(key, tuple)
        and len(key) <= _LONGEST_KEY
        and all(part is None or isinstance(part, str | bytes | int | float) for part in key)
    )
    if not (plain or flat):
        raise pickle.UnpicklingError("it has keys that are neither text nor numbers")


def load_pickle(
    data: bytes,
    allowed: Mapping[Name, Callable[..., Any]],
    *,
    source: str,
    persistent: Callable[[Any], Any] | None = None,
    encoding: str = "ASCII",
    allowance: Allowance | None = None,
) -> Any:
    """Run the pickle ``data`` with nothing in reach but ``allowed``.

    Args:
        data: the pickle.
        allowed: (module, name) as written in the pickle -> what to hand out. Pass objects made for
            this load only (see :func:`namespace_globals`, :func:`numpy_globals`).
        source: file name for error messages.
        persistent: called for persistent ids (the storages of a ``.pt`` file).
        encoding: how byte strings of Python 2 are read (``latin1`` for old numpy arrays).
        allowance: of the file that the pickle is part of; None for one of its own.

    Raises:
        InputError: the pickle is damaged, too large, or asks for anything that is not allowed.
    """
    if len(data) > LARGEST_PICKLE:
        raise InputError(f"{source} is not loaded: its pickle is too large.", code="bad_pickle")
    try:
        _check_operations(data, allowance or Allowance())
        return _Unpickler(io.BytesIO(data), allowed, persistent, encoding).load()
    except _Refused as error:
        raise InputError(
            f"{source} is refused: it tries to load {one_line(str(error), 120)}, "
            "which a data file does not need.",
            "Do not use this file; get it again from its authors.",
            code="hostile_pickle",
        ) from error
    except InputError:
        raise
    except Exception as error:
        # A damaged or hostile pickle can raise anything from the interpreter of its own instructions.
        reason = str(error) if isinstance(error, pickle.UnpicklingError) else reason_of(error)
        raise InputError(
            f"{source} is damaged: its pickle cannot be read ({one_line(reason, 200)}).",
            "Get the file again.",
            code="bad_pickle",
        ) from error


def _check_operations(data: bytes, allowance: Allowance) -> None:
    """Read through a pickle without running it: every argument is there, and none is beyond reason."""
    for operation, argument, _ in pickletools.genops(data):
        allowance.operation()
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
            self.attributes = {key_text(name): value for name, value in state.items()}
        else:
            self.state = state


def key_text(key: Any) -> str:
    """A key of a pickle as text; byte strings are those of Python 2."""
    if isinstance(key, bytes):
        return key.decode("latin1")
    return key if isinstance(key, str) else str(key)


def shell_class() -> type[Shell]:
    """A class of inert objects for one load."""
    return type("Shell", (Shell,), {})


def namespace_globals() -> dict[Name, Callable[..., Any]]:
    """Allow ``argparse.Namespace`` (as :class:`Shell`), ``OrderedDict`` and paths (as strings)."""

    allowance = Allowance()

    def path_text(*parts: Any) -> str:
        allowance.copy(sum(len(part) for part in parts))
        return "/".join(parts).replace("//", "/")

    def ordered(items: Any = ()) -> dict[Any, Any]:
        pairs = [(key, value) for key, value in items]  # as Python 2 writes its dictionaries
        for key, _ in pairs:
            _check_key(key)
        allowance.copy(_BYTES_OF_ITEM * len(pairs))
        return OrderedDict(pairs)

    allowed: dict[Name, Callable[..., Any]] = {
        ("argparse", "Namespace"): shell_class(),
        ("collections", "OrderedDict"): ordered,
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
    allowance = Allowance()

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
        made.__setstate__((1, shape, kind, order == "F", data))
        return made

    def encode(text: Any, encoding: Any = "latin1") -> bytes:
        # Python 2 byte strings as protocol 2 of Python 3 writes them
        if not isinstance(text, str) or not isinstance(encoding, str):
            raise TypeError("only text is encoded")
        allowance.copy(2 * len(text))
        return text.encode("latin1" if encoding in {"latin1", "latin-1"} else "utf-8")

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

    An array of objects comes back as the list of its objects. Arrays are read-only and share the pickle's
    bytes; what is used at several places in the pickle is one object at several places here.

    Raises:
        InputError: an array is not made of plain numbers, its size does not match its data, the value
            holds itself, is nested too deeply, or is too large when every use of a part is counted.
    """
    try:
        made, _ = _Converter().converted(value, 0)
    except (pickle.UnpicklingError, ValueError, TypeError) as error:
        raise InputError(
            f"{source} is damaged: {error}.", "Get the file again.", code="bad_pickle"
        ) from error
    return made


class _Converter:
    """Converts every object of a value once, however often it is used."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Any, tuple[int, int]]] = {}
        self._inside: set[int] = set()

    def converted(self, value: Any, depth: int) -> tuple[Any, tuple[int, int]]:
        """The converted value, and how many items and numbers it has with every use counted."""
        shell = isinstance(value, Shell) and isinstance(value.state, tuple) and len(value.state) == 5
        if not shell and not isinstance(value, Mapping | list | tuple):
            return value, (1, 0)
        key = id(value)
        if key in self._made:
            return self._made[key]
        if key in self._inside:
            raise ValueError("it contains itself")
        if depth > _DEEPEST:
            raise ValueError("it is nested too deeply")
        self._inside.add(key)
        made = self._container(value, depth + 1)
        self._inside.remove(key)
        items, numbers = made[1]
        if items > MOST_ITEMS or numbers > MOST_NUMBERS:
            raise ValueError("it unpacks to more than any file of its kind")
        self._made[key] = made
        return made

    def _container(self, value: Any, depth: int) -> tuple[Any, tuple[int, int]]:
        if isinstance(value, Shell):
            if isinstance(value.state[4], list):  # numpy pickles the objects of an object array as a list
                return self.converted(value.state[4], depth)
            array = _array(value.state)
            return array, (1, array.size)
        parts = value.values() if isinstance(value, Mapping) else value
        made = [self.converted(part, depth) for part in parts]
        size = (1 + sum(items for _, (items, _) in made), sum(numbers for _, (_, numbers) in made))
        converted = [part for part, _ in made]
        if isinstance(value, Mapping):
            return dict(zip(value, converted, strict=True)), size
        return (converted if isinstance(value, list) else tuple(converted)), size


def _array(state: tuple[Any, ...]) -> Any:
    _, shape, kind, fortran, data = state
    try:
        dtype = np.dtype(_dtype_text(kind))
        if dtype.kind not in "biuf":
            raise ValueError(f"dtype {dtype} is not numeric")
        raw = data.encode("latin1") if isinstance(data, str) else data
        if not isinstance(raw, bytes | bytearray | memoryview):
            raise TypeError("an array without its bytes")
        flat: NDArray[Any] = np.frombuffer(raw, dtype) if len(raw) else np.empty(0, dtype)
        dims = tuple(int(size) for size in shape)
        array = flat.reshape(dims, order="F" if fortran else "C")
        array.flags.writeable = False
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"it contains a damaged array ({one_line(str(error), 200)})") from error
    return array[()] if array.ndim == 0 else array


def _dtype_text(kind: Any) -> str:
    if not (isinstance(kind, Shell) and kind.arguments and isinstance(kind.arguments[0], str)):
        raise ValueError("an array without a dtype")
    text = kind.arguments[0]
    order = kind.state[1] if isinstance(kind.state, tuple) and len(kind.state) > 1 else "="
    return (order if order in ("<", ">") else "") + text
