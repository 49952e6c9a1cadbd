"""JSON that is no longer what a reader expects: wrong kinds, depths, numbers and names."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any, Final

from scripts.fuzzing.scramble import scrambled

_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 3, 2.5, -0.0, 1e-300, 1e300, 2**31, 2**63, 10**299, "", "x", "auto", "null",
    "\ud800", "line\nend", "../../x", "a" * 200_000, [], {}, [[]], [1, 2, 3], ["x"], {"x": 1}, [None],
    float("nan"), float("inf"), {"architecture": "diffposetalk"}, "9" * 400,
)  # fmt: skip
_RAW: Final = (
    "1e999",
    "9" * 5000,
    "-",
    "NaN",
    "Infinity",
    '"\\ud800"',
    "[" * 3000,
    '{"a":' * 3000,
    "'x'",
    "01",
)
_RAW_MARK: Final = "@@raw@@"


def mutated_json(data: bytes, random: Random) -> bytes:
    """A JSON text with a few values, names or characters replaced."""
    if random.random() < 0.2:
        return scrambled(data, random)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):  # what was mutated before
        return scrambled(data, random)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        value = _changed(value, random)
    text = json.dumps(value, ensure_ascii=random.random() < 0.5, indent=random.choice((None, 1)))
    while f'"{_RAW_MARK}"' in text:
        text = text.replace(f'"{_RAW_MARK}"', random.choice(_RAW), 1)
    return text.encode("utf-8", "surrogatepass")


def odd_value(random: Random) -> Any:
    """A JSON value that is rarely wanted."""
    if random.random() < 0.05:
        nested: Any = 0
        for _ in range(random.choice((70, 500, 900))):
            nested = [nested] if random.random() < 0.5 else {"a": nested}
        return nested
    return copy.deepcopy(random.choice(_VALUES))


def _changed(value: Any, random: Random) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and random.random() < 0.5:
        return random.choice((value + 1, value - 1, value * 2, value // 2, -value, value * 1000))
    if not isinstance(value, list | dict) or not value or random.random() < 0.15:
        return _RAW_MARK if random.random() < 0.1 else odd_value(random)
    if isinstance(value, list):
        at = random.randrange(len(value))
        return _changed_list(value, at, random)
    name = random.choice(list(value))
    changed = dict(value)
    action = random.random()
    if action < 0.1:
        del changed[name]
    elif action < 0.2:
        changed[random.choice(("", "x", name.upper(), name + "\ud800", "__class__", "a" * 100_000))] = (
            changed.pop(name)
        )
    else:
        changed[name] = _changed(value[name], random)
    return changed


def _changed_list(value: list[Any], at: int, random: Random) -> list[Any]:
    action = random.random()
    if action < 0.1:
        return value[:at]
    if action < 0.2:
        return value + [value[at]] * random.choice((1, 100))
    return [*value[:at], _changed(value[at], random), *value[at + 1 :]]
