"""Dataclasses from the fields of a config.json, every value checked against the type that is declared."""

from __future__ import annotations

import dataclasses
import math
import types
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from elocute.errors import InputError, listed, named, one_line

LATER: Final = "later"
"""Key in a field's metadata: files written before the field existed do not name it."""
LARGEST_SIZE: Final = 1_000_000
"""Whole numbers of a configuration are sizes and counts, none larger than this."""
_CODE: Final = "bad_checkpoint"
_T = TypeVar("_T")


def fields_of(data: Any, kind: str, name: str, version: int, source: str) -> dict[str, Any]:
    """The fields of a config.json without the two that say what it is.

    Args:
        data: what the JSON file holds.
        kind: the field that names the sort of model, such as ``architecture``.
        name: what it has to say.
        version: what ``format`` has to say.
        source: what errors call the file.

    Raises:
        InputError: it is another sort of model or another format.
    """
    fields = dict(data) if isinstance(data, dict) else {}
    found, its_version = fields.pop(kind, None), fields.pop("format", None)
    if found != name or its_version != version:
        raise InputError(
            f"{source} is no model with the {kind} {name}, format {version}: it says {named(found)}, "
            f"{named(its_version)}.",
            code=_CODE,
        )
    return fields


def built(kind: type[_T], fields: Any, source: str) -> _T:
    """An object of the dataclass ``kind``.

    Args:
        kind: its fields are numbers, texts, tuples, mappings, dataclasses (already built), or unions of them.
        fields: the object of the JSON file; a list stands for a tuple.
        source: what errors call it.

    Raises:
        InputError: a field is missing, unknown or of another type, a number is beyond reason, or the class
            refuses a value.
    """
    known = {item.name: item for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    needed = {name for name, item in known.items() if not item.metadata.get(LATER)}
    found = set(fields) if isinstance(fields, dict) else set()
    if wrong := sorted((found - known.keys()) | (needed - found)):
        raise InputError(
            f"{source} has missing or unknown fields: {listed([one_line(name, 60) for name in wrong])}.",
            code=_CODE,
        )
    hints = get_type_hints(kind)
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
    for name, value in values.items():
        if not _fits(value, hints[name]):
            raise InputError(
                f"{source} has a field of the wrong type: {name} is {named(fields[name])}.", code=_CODE
            )
    return kind(**values)


def _fits(value: Any, hint: Any) -> bool:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, part) for part in arguments)
    if origin is Literal:
        return isinstance(value, str)  # the class itself says which are allowed
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(part, arguments[0]) for part in value)
    if origin is not None:
        return isinstance(value, dict) and within_reason(value)
    return _fits_plain(value, hint)


def _fits_plain(value: Any, hint: Any) -> bool:
    if hint is float:
        return _is_number(value) and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and _is_number(value) and abs(value) <= LARGEST_SIZE
    return isinstance(value, hint)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def within_reason(value: Any) -> bool:
    """Whether all whole numbers in a JSON value are at most ``LARGEST_SIZE``."""
    if isinstance(value, dict):
        return all(within_reason(part) for part in value.values())
    if isinstance(value, list | tuple):
        return all(within_reason(part) for part in value)
    return not isinstance(value, int) or abs(value) <= LARGEST_SIZE
