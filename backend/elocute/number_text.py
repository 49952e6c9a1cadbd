"""Numbers as people write them: what is none is refused in words that tell what is wrong with it.

Python's own ``float`` and ``int`` also read ``1_0`` as ten.
"""

from __future__ import annotations

import re
from typing import Final

_DECIMAL_COMMA: Final = re.compile(r"\s*([+-]?\d+),(\d+)\s*")
_SHOWN: Final = 80


def read_number(text: str) -> float:
    """A number of any size and sign; ``nan`` and ``inf`` too, which whoever knows the bounds refuses.

    Raises:
        ValueError: it is none, with the reason as a clause.
    """
    if comma := _DECIMAL_COMMA.fullmatch(text):
        raise ValueError(f"{_shown(text)} has a decimal comma; write {comma[1]}.{comma[2]}")
    try:
        return float(_plain(text))
    except ValueError:
        raise ValueError(f"{_shown(text)} is not a number") from None


def read_whole_number(text: str) -> int:
    """A whole number of any size and sign.

    Raises:
        ValueError: it is none, with the reason as a clause.
    """
    try:
        return int(_plain(text))
    except ValueError:
        raise ValueError(f"{_shown(text)} is not a whole number") from None


def _plain(text: str) -> str:
    if "_" in text:
        raise ValueError
    return text


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
