"""Numbers with a decimal comma where commas separate: refused in a sentence of their own."""

from __future__ import annotations

import re
from typing import Final

from elocute.errors import SettingsError

_WITH_COMMA: Final = re.compile(r"([:*@]\s*[+-]?\d+)\s*,\s*(\d+)\s*(?=[,@*]|$)")


def refuse_decimal_commas(style: str) -> None:
    """Refuse a style such as ``happy:0,5``, whose parts would be ``happy:0`` and ``5``.

    Raises:
        SettingsError: there is such a number.
    """
    found = _WITH_COMMA.search(style)
    if found is not None:
        meant = _WITH_COMMA.sub(r"\1.\2", style)
        raise SettingsError(
            f"A number of the style has a decimal comma: {found[0].lstrip(':*@ ').strip()}.",
            f"Write it with a point: {meant}",
            code="unknown_style",
        )
