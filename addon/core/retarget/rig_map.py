"""How a rig is driven by controls.

A map lists the rig's channels. A channel either says which controls it plays (``from``), or what it looks
like in terms of controls (``pose``: visemes, of which a mixture is sought), or nothing (it is placed by
geometry alone).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from .controls.vocabulary import JAW_OPEN_RADIANS

Place = Literal["key", "property", "location", "rotation", "scale"]
"""``location``, ``rotation`` and ``scale`` are a bone's, in its own axes at rest."""
BONE_PLACES: Final[tuple[Place, ...]] = ("location", "rotation", "scale")
Address: TypeAlias = tuple[Place, str, int]
"""Place, name and axis of a channel; a map has each once."""
Joint = Literal["jaw", "head", "neck", "left_eye", "right_eye"]
JOINTS: Final[tuple[Joint, ...]] = get_args(Joint)
PLACES: Final[tuple[Place, ...]] = get_args(Place)
AXES: Final = "xyz"


@dataclass(frozen=True)
class MapChannel:
    """One channel of a rig, by name.

    Attributes:
        place: what kind of number it is.
        name: of the shape key, property or bone.
        axis: 0, 1 or 2 for a bone's x, y or z; 0 for the others.
        mix: control -> weight; the channel is the sum.
        pose: control -> value that the channel looks like at 1, or None where it is no such pose.
        gain: factor of the result.
        offset: value at rest.
        limits: lowest and highest value.
        curve: (in, out) points, rising in ``in``, that bend the sum before the gain; empty for a straight
            line.
        exact: whether it plays what the map says and no more; else the fit to the face places it, and only
            begins with what the map says. Where the map names no controls, ``gain`` and ``offset`` change
            what the fit finds.
        optional: whether a rig of the kind may lack it.
        unless: the channel is left out where the rig has all of these.
    """

    place: Place
    name: str
    axis: int = 0
    mix: Mapping[str, float] = field(default_factory=dict)
    pose: Mapping[str, float] | None = None
    gain: float = 1.0
    offset: float = 0.0
    limits: tuple[float, float] = (-math.inf, math.inf)
    curve: tuple[tuple[float, float], ...] = ()
    exact: bool = False
    optional: bool = False
    unless: tuple[str, ...] = ()

    @property
    def address(self) -> Address:
        """What tells it from the other channels of its map."""
        return self.place, self.name, self.axis

    @property
    def is_free(self) -> bool:
        """Whether only geometry says what it is for."""
        return not self.mix and self.pose is None


@dataclass(frozen=True)
class MapTurn:
    """A bone that turns with a joint of the performance.

    Attributes:
        joint: which.
        bone: name of the bone.
        share: how much of the rotation it takes; several bones may divide one.
        axis: the bone's own axis that opens the jaw, or None to take it from how the bone lies.
        degrees: angle of a fully open jaw, or None for the performance's own.
        limit: the most that the bone turns from rest, in degrees.
        exact: whether a jaw opens as far as the map says; else the fit to the face decides how far.
    """

    joint: Joint
    bone: str
    share: float = 1.0
    axis: tuple[float, float, float] | None = None
    degrees: float | None = None
    limit: float = math.inf
    exact: bool = False

    @property
    def part(self) -> float:
        """How much of the joint's rotation it takes, an own angle of the open jaw included."""
        if self.joint != "jaw" or self.degrees is None:
            return self.share
        return self.share * math.radians(self.degrees) / JAW_OPEN_RADIANS


@dataclass(frozen=True)
class MapLook:
    """Bones or objects at which the eyes look.

    Attributes:
        both: the one that both follow, or an empty string.
        left: the left eye's own, or an empty string.
        right: the right eye's own, or an empty string.
    """

    both: str = ""
    left: str = ""
    right: str = ""


@dataclass(frozen=True)
class Combination:
    """A corrective key that plays where others play together.

    Attributes:
        name: of the shape key or property.
        of: controls whose product it is.
        gain: factor of the product.
    """

    name: str
    of: tuple[str, ...]
    gain: float = 1.0


@dataclass(frozen=True)
class Detection:
    """How a kind of rig is told from others.

    Attributes:
        least: share of the channels that must be there.
        rank: finer kinds first (1); a finer kind is taken where a coarser one fits too.
        marks: place -> names of which one at least must be there.
        without: place -> names of which none may be there.
    """

    least: float = 0.75
    rank: int = 5
    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class RigMap:
    """A map from controls to a kind of rig.

    Attributes:
        kind: short name.
        title: for menus.
        channels: what is driven.
        turns: bones that turn.
        look: what the eyes look at, or None.
        combinations: corrective keys.
        detect: how the kind is recognised.
        pictures: whether the channels are pictures that change from one to the next and never mix.
        complete: whether nothing is driven but what the map lists; else brows, lids, eyes, head and jaw that
            it leaves out are looked for.
    """

    kind: str
    title: str
    channels: tuple[MapChannel, ...]
    turns: tuple[MapTurn, ...] = ()
    look: MapLook | None = None
    combinations: tuple[Combination, ...] = ()
    detect: Detection = field(default_factory=Detection)
    pictures: bool = False
    complete: bool = False
