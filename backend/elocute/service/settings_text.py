"""Settings as JSON text: what is wrong with them, in the words that the rest of Elocute uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core import from_json

from elocute.errors import SettingsError
from elocute.generator import check_seed_and_takes
from elocute.service.messages import Message

S = TypeVar("S", bound=Message)

_EXPECTED: Final[Mapping[str, str]] = {
    "bool_type": "true or false",
    "dict_type": "an object of names and values",
    "finite_number": "a number that is finite",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number of a sensible size",
    "int_type": "a whole number",
    "mapping_type": "an object of names and values",
    "string_type": "text",
    "string_unicode": "text of whole characters",
    "tuple_type": "a list",
}
"""What a setting must be, by pydantic's name of the problem."""
_LONGEST_NAME: Final = 60
_MOST_VALUES: Final = 40_000  # pinned may have 4000 of 3, identity 1000, ranges 200; the rest are curves


def parse_settings(kind: type[S], text: str) -> S:
    """Return the message that ``text`` holds.

    Raises:
        SettingsError: it is no JSON, has unknown names or values of another type, size or range.
    """
    try:
        _check_amount(from_json(text))
    except ValueError as error:
        raise SettingsError(f"The settings are not valid JSON: {error}.", "Send one JSON object.") from error
    try:
        return kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        # Of many problems only the first is told; a list of them all could be large.
        raise _refusal(kind, error) from error


def _check_amount(values: object) -> None:
    """Refuse more values than any settings have: pydantic would list what is wrong with each of them."""
    left, count = [values], 0
    while left and count <= _MOST_VALUES:
        one = left.pop()
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        count += len(inner)
        left += inner if len(inner) <= _MOST_VALUES else ()
    if count > _MOST_VALUES:
        raise SettingsError(
            "The settings have too many values.", f"Send at most {_MOST_VALUES} values in all."
        )


def _refusal(kind: type[Message], error: ValidationError) -> SettingsError:
    problem: Mapping[str, Any] = error.errors(include_url=False)[0]
    place = _name(problem["loc"])
    if not place:
        return SettingsError(
            "The settings must be a JSON object of names and values.", "Send one JSON object."
        )
    if problem["type"] == "extra_forbidden":
        return SettingsError(
            f"There is no setting named {place}.", f"The settings are: {', '.join(kind.model_fields)}."
        )
    return _out_of_range(place, problem["input"]) or _wrong_value(kind, place, problem)


def _out_of_range(place: str, value: object) -> SettingsError | None:
    """The refusal that is the same everywhere, or None where the problem is another."""
    if place not in {"seed", "takes"} or not isinstance(value, int):
        return None
    try:
        check_seed_and_takes(**{"seed": 0, "takes": 1, place: value})
    except SettingsError as refused:
        return refused
    return None


def _wrong_value(kind: type[Message], place: str, problem: Mapping[str, Any]) -> SettingsError:
    what = problem["type"]
    if what == "literal_error":
        allowed = ", ".join(get_args(kind.model_fields[place].annotation))
        return SettingsError(f"The setting {place} is unknown.", f"Choose one of: {allowed}.")
    if what in _EXPECTED:
        return SettingsError(
            f"The setting {place} must be {_EXPECTED[what]}.", "Correct it, or leave it out."
        )
    return SettingsError(
        f"The setting {place} is out of range.", f"{problem['msg'].rstrip('.')}, or leave it out."
    )


def _name(place: tuple[str | int, ...]) -> str:
    """``options.jaw`` for the place where pydantic found a problem; ``[key]`` tells what holds a bad name."""
    name = ".".join(str(part) for part in place if part != "[key]")
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
