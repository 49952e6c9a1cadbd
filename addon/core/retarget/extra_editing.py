"""What a map says besides its rows, changed by hand: what the eyes look at, and corrective keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from ..errors import UserError
from .controls.vocabulary import CONTROLS
from .map_editing import refuse_numbers
from .rig_map import Combination, MapLook, RigMap

LookSide = Literal["both", "left", "right"]
LOOK_LABELS: Final[dict[LookSide, str]] = {"both": "Both eyes", "left": "Left eye", "right": "Right eye"}
_HOW: Final = "Write them like smileOpen = jawOpen * mouthSmileLeft; pinch = 0.5 * jawOpen * mouthPucker."


def look_at(rig_map: RigMap, side: LookSide) -> str:
    """What an eye, or both, looks at; an empty string for nothing."""
    return str(getattr(rig_map.look, side)) if rig_map.look is not None else ""


def with_look(rig_map: RigMap, side: LookSide, name: str) -> RigMap:
    """The map whose eye, or both, looks at a bone or an object; an empty name is nothing."""
    look = replace(rig_map.look or MapLook(), **{side: name})
    return replace(rig_map, look=look if look.both or look.left or look.right else None)


def combinations_text(combinations: Sequence[Combination]) -> str:
    """Correctives as a user writes them: ``smileOpen = jawOpen * mouthSmileLeft; ...``."""
    return "; ".join(
        f"{one.name} = {'' if one.gain == 1.0 else f'{one.gain:g} * '}{' * '.join(one.of)}"
        for one in combinations
    )


def parse_combinations(text: str) -> tuple[Combination, ...]:
    """Correctives of a text such as :func:`combinations_text` gives, controls in any letter case.

    Raises:
        UserError: the text is no such list, there is no such control, or a key is named twice.
    """
    known = {name.lower(): name for name in CONTROLS}
    found: dict[str, Combination] = {}
    for part in filter(str.strip, text.split(";")):
        name, _, product = part.rpartition("=")
        name = name.strip()
        factors = [factor.strip() for factor in product.split("*")]
        gain, names = _number(factors[0]), factors
        if gain is not None:
            names = factors[1:]
        if not name or len(names) < 2 or not all(names):
            raise UserError(f'"{part.strip()}" is not a product of two controls or more.', _HOW)
        if unknown := next((one for one in names if one.lower() not in known), ""):
            raise UserError(f"There is no control {unknown}.", "Choose one of ARKit's names.")
        if name in found:
            raise UserError(f"{name} is listed twice.", "Leave one of them out.")
        made = Combination(name, tuple(known[one.lower()] for one in names), 1.0 if gain is None else gain)
        refuse_numbers([(f"The gain of {name}", made.gain)])
        found[name] = made
    return tuple(found.values())


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
