"""What the expression numbers of a clip mean: one description for each face basis.

Everything that depends on the basis asks here, so that a new basis is described in one place.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from elocute.motion import head1_basis


@dataclass(frozen=True)
class Lids:
    """Columns of the expressions that move the eyelids, left then right.

    Attributes:
        blink: 1 shuts the lid.
        wide: 1 raises it.
        squint: 1 raises the lower lid.
    """

    blink: tuple[int, int]
    wide: tuple[int, int]
    squint: tuple[int, int]


@dataclass(frozen=True)
class Basis:
    """A face basis.

    Attributes:
        name: as in clips, checkpoints and face files.
        expressions: names of its expressions in order; empty where they are only numbered.
        lowest: smallest coefficient that can be meant.
        highest: largest coefficient that can be meant.
        upper_face: columns of brows and lids; empty where every expression moves all of the face.
        lids: columns of the eyelids, or None where the basis has none of its own.
        eyes: whether its heads have eye joints that turn.
        jaw_shut: smallest rotation of the jaw about x, in radians; minus infinity for no limit.
        jaw_open: rotation of the jaw about x, in radians, that is fully open; None where nothing says so.
        padded: whether a clip with fewer expressions than the head stands for zeros in the others.
        tongue: columns of the tongue's expressions besides ``tongueOut``, which finishing adds; empty for
            none.
        official_files: whether its clips have a form as motion files of the published program.
        lips: columns of the mouth region, for models that treat it apart from the rest of the face; empty
            where every expression moves all of the face.
        jaw_axes: about how many axes the jaw turns, the first being x; 0 for a basis without a jaw joint.
    """

    name: str
    expressions: tuple[str, ...] = ()
    lowest: float = -math.inf
    highest: float = math.inf
    upper_face: tuple[int, ...] = ()
    lids: Lids | None = None
    eyes: bool = True
    jaw_shut: float = -math.inf
    jaw_open: float | None = None
    padded: bool = False
    tongue: tuple[int, ...] = ()
    official_files: bool = False
    lips: tuple[int, ...] = ()
    jaw_axes: int = 3
    _columns: Mapping[str, int] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_columns", {name: i for i, name in enumerate(self.expressions)})

    @property
    def bounded(self) -> bool:
        """Whether coefficients have bounds."""
        return math.isfinite(self.lowest) or math.isfinite(self.highest)

    @property
    def widths(self) -> tuple[int, ...]:
        """How many columns a clip may have whose columns all have names: with the tongue's or without."""
        full = len(self.expressions)
        return (full,) if not self.tongue else (full - len(self.tongue), full)

    def names(self, *expressions: str) -> bool:
        """Whether the basis has all expressions of these names."""
        return all(name in self._columns for name in expressions)

    def columns(self, expressions: Iterable[str]) -> list[int]:
        """Columns of named expressions, in the order asked for.

        Raises:
            ValueError: the basis has no expression of such a name.
        """
        wanted = list(expressions)
        if not self.names(*wanted):
            raise ValueError(f"the basis {self.name} lacks some of the expressions {', '.join(wanted)}")
        return [self._columns[name] for name in wanted]


def _pair(name: str) -> tuple[int, int]:
    return head1_basis.EXPRESSION_INDEX[f"{name}Left"], head1_basis.EXPRESSION_INDEX[f"{name}Right"]


ELOCUTE_HEAD_1: Final = Basis(
    name=head1_basis.BASIS,
    expressions=head1_basis.HEAD_NAMES,
    lowest=0.0,
    highest=1.0,
    upper_face=head1_basis.UPPER_FACE,
    lids=Lids(_pair("eyeBlink"), _pair("eyeWide"), _pair("eyeSquint")),
    jaw_shut=0.0,
    jaw_open=head1_basis.JAW_OPEN_RADIANS,
    padded=True,
    tongue=tuple(head1_basis.EXPRESSION_INDEX[name] for name in head1_basis.TONGUE_NAMES),
    lips=head1_basis.LIPS,
    jaw_axes=1,
)
FLAME2020: Final = Basis("flame2020", padded=True, official_files=True)
FLAME2023: Final = Basis("flame2023", padded=True, official_files=True)

DEEP3D: Final = Basis(
    "deep3d",
    eyes=False,
    lips=(0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 13, 14),
    jaw_axes=0,
)
"""The 64 expression coefficients of Deng et al. 2019 (a morphable model without joints). Which 13 of them
move the mouth is no fact of that model, but the choice of StyleTalk, whose numbers fit Dimitra's."""

OFFICIAL: Final = FLAME2020
"""The basis of the published program's motion files, data and models, which do not name one."""

BASES: Final = {basis.name: basis for basis in (ELOCUTE_HEAD_1, FLAME2020, FLAME2023, DEEP3D)}

_FLAME: Final = "flame"
_ARKIT_MARKS: Final = frozenset({"mouthPucker", "mouthClose", "eyeBlinkLeft"})


def basis_of(name: str, expressions: Collection[str] = ()) -> Basis:
    """The basis of that name; for an unknown name, a basis about which little is known.

    Any name that begins with ``flame`` is a FLAME basis. An unknown basis with ARKit's expressions has
    their bounds.

    Args:
        name: as in clips, checkpoints and face files.
        expressions: names of the head's expressions, if they are known.
    """
    if name in BASES:
        return BASES[name]
    if _ARKIT_MARKS <= set(expressions):
        return Basis(name, tuple(expressions), ELOCUTE_HEAD_1.lowest, ELOCUTE_HEAD_1.highest)
    flame = name.startswith(_FLAME)
    return Basis(name, padded=flame, official_files=flame)
