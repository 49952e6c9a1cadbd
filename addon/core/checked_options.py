"""Options that a script has made, checked as the panel's fields check what is typed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

from .errors import UserError
from .option import Option
from .options import OPTIONS, SceneOptions

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "text": (str,),
    "path": (str, Path),
    "enum": (str,),
}


def check_options(options: SceneOptions) -> None:
    """Refuse values that the panel does not let one enter.

    Raises:
        UserError: a value is of another kind, out of range, or no choice.
    """
    if not isinstance(options, SceneOptions):
        raise UserError("These are no options.", "Give a SceneOptions.")
    for option in OPTIONS:
        value = getattr(options, option.name)
        if value is not None and (problem := _problem(option, value)):
            raise UserError(f"The option {option.name} cannot be {value!r:.80}.", problem)


def _problem(option: Option, value: Any) -> str:
    """What to give instead, or an empty string where the value can be used."""
    if option.kind == "enum":
        known = [choice.id for choice in option.choices]
        return "" if value in known else f"Give one of: {', '.join(known)}."
    # Python's True is a number, too.
    kinds = _TYPES[option.kind]
    if (type(value) is bool and bool not in kinds) or not any(isinstance(value, kind) for kind in kinds):
        return f"Give a value of the kind {option.kind}."
    if option.kind in ("int", "float"):
        lowest = -math.inf if option.lowest is None else option.lowest
        highest = math.inf if option.highest is None else option.highest
        if not (math.isfinite(value) and lowest <= value <= highest):
            return f"Give a number {_range(lowest, highest)}."
    return ""


def _range(lowest: float, highest: float) -> str:
    """The range in words; bounds that are none are left out."""
    if math.isinf(highest):
        return "that is finite" if math.isinf(lowest) else f"of {lowest:g} or more"
    return f"of {highest:g} or less" if math.isinf(lowest) else f"from {lowest:g} to {highest:g}"
