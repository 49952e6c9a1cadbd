"""The parts of a face that a user may choose, and which numbers of a clip each of them is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from elocute.errors import SettingsError
from elocute.motion.basis import Basis

MOUTH: Final = "mouth"
JAW: Final = "jaw"
BROWS: Final = "brows"
LIDS: Final = "lids"
GAZE: Final = "gaze"
HEAD: Final = "head"
PARTS: Final = (MOUTH, JAW, BROWS, LIDS, GAZE, HEAD)
_EXPRESSIVE: Final = (MOUTH, BROWS, LIDS)
_BROWS: Final = ("brow", "cheekSquint", "noseSneer")


@dataclass(frozen=True)
class ChosenParts:
    """Numbers of a clip that are meant.

    Attributes:
        expressions: columns of the expressions.
        jaw: whether the jaw's rotation is.
        head: whether the rotations of head and neck are.
        eyes: whether those of the eyes are.
    """

    expressions: tuple[int, ...]
    jaw: bool
    head: bool
    eyes: bool


def chosen_parts(basis: Basis, expressions: int, names: Collection[str]) -> ChosenParts:
    """The numbers of the parts of these names; of all parts for no names.

    Args:
        basis: of the clip.
        expressions: how many it has.
        names: out of :data:`PARTS`.

    Raises:
        SettingsError: there is no such part, or the basis moves it only together with others.
    """
    wanted = set(names) or set(PARTS)
    if unknown := sorted(wanted - set(PARTS)):
        raise SettingsError(
            f"There is no part of the face named {unknown[0]!r}.", f"Choose among {', '.join(PARTS)}."
        )
    columns: list[int] = []
    for together, own in _columns(basis, expressions):
        meant = wanted & set(together)
        if meant and meant != set(together):
            raise SettingsError(
                f"In the basis {basis.name} {_listed(together)} move together.",
                "Choose all of them, or none.",
            )
        if meant:
            columns += own
    return ChosenParts(tuple(sorted(columns)), JAW in wanted, HEAD in wanted, GAZE in wanted)


def _columns(basis: Basis, expressions: int) -> Iterable[tuple[tuple[str, ...], list[int]]]:
    """Parts that cannot be told apart, and the columns that move them."""
    if basis.expressions:
        named: dict[str, list[int]] = {}
        for column, name in enumerate(basis.expressions[:expressions]):
            named.setdefault(part_of_expression(name), []).append(column)
        return [((part,), columns) for part, columns in named.items()]
    if basis.lips:
        lips = [column for column in basis.lips if column < expressions]
        others = [column for column in range(expressions) if column not in set(lips)]
        return [((MOUTH,), lips), ((BROWS, LIDS), others)]
    return [(_EXPRESSIVE, list(range(expressions)))]


def part_of_expression(name: str) -> str:
    """The part that an expression with a name as ARKit's belongs to."""
    if name.startswith("eyeLook"):
        return GAZE
    if name.startswith("eye"):
        return LIDS
    if name.startswith(_BROWS):
        return BROWS
    # Lips close over a jaw by so much as it is open: one without the other would not shut.
    return JAW if name.startswith("jaw") or name == "mouthClose" else MOUTH


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
