"""What of a face's movement is carried over: opening, width, protrusion, lids, brows, each in its own
measure.

A feature is a sum of coordinates of landmarks, divided by the mouth's width or, for lids, by their opening
at rest. So the same numbers mean the same on faces of any size and proportion. T frames, K features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from .controls.pattern import Pattern
from .controls.points import row_of

Float64Array = NDArray[np.float64]

Group = Literal["mouth", "lip_sides", "left_lid", "right_lid", "brows"]
Place = tuple[int, int, float]
"""Landmark in iBUG's order from 0, axis (x left, y up, z forward), coefficient."""

MOUTH_TOP: Final = 62
MOUTH_BOTTOM: Final = 66
MOUTH_RIGHT: Final = 48
MOUTH_LEFT: Final = 54
LEFT_UPPER_LIP: Final = 63
LEFT_LOWER_LIP: Final = 65
RIGHT_UPPER_LIP: Final = 61
RIGHT_LOWER_LIP: Final = 67
LIP_SIDES: Final = frozenset((LEFT_UPPER_LIP, LEFT_LOWER_LIP, RIGHT_UPPER_LIP, RIGHT_LOWER_LIP))
LEFT_UPPER_LID: Final = 43
LEFT_LOWER_LID: Final = 47
RIGHT_UPPER_LID: Final = 38
RIGHT_LOWER_LID: Final = 40
LEFT_INNER_BROW: Final = 22
LEFT_OUTER_BROW: Final = 25
RIGHT_INNER_BROW: Final = 21
RIGHT_OUTER_BROW: Final = 18

LIPS_SHUT: Final = 0.02
"""Lips nearer than this share of the mouth's width are shut."""
LIDS_SHUT: Final = 0.15
"""Lids nearer than this share of their opening at rest are shut."""
_PARTED: Final = 0.06
_LIDS_PARTED: Final = 0.35
_SHUT_WEIGHT: Final = 150.0
_SIDES_SHUT_WEIGHT: Final = 40.0
_LIDS_SHUT_WEIGHT: Final = 4.0


@dataclass(frozen=True)
class Feature:
    """One feature.

    Attributes:
        name: what it is.
        parts: the coordinates that are added.
        group: part of the face; a face of which that part is not known lacks the feature.
        weight: how much it counts.
    """

    name: str
    parts: tuple[Place, ...]
    group: Group
    weight: float


def _at(name: str, landmark: int, axis: int, group: Group, weight: float) -> Feature:
    return Feature(name, ((landmark, axis, 1.0),), group, weight)


def _gap(name: str, upper: int, lower: int, group: Group, weight: float) -> Feature:
    return Feature(name, ((upper, 1, 1.0), (lower, 1, -1.0)), group, weight)


FEATURES: Final[tuple[Feature, ...]] = (
    _gap("opening", MOUTH_TOP, MOUTH_BOTTOM, "mouth", 4.0),
    _gap("left lid", LEFT_UPPER_LID, LEFT_LOWER_LID, "left_lid", 0.2),
    _gap("right lid", RIGHT_UPPER_LID, RIGHT_LOWER_LID, "right_lid", 0.2),
    _gap("left side opening", LEFT_UPPER_LIP, LEFT_LOWER_LIP, "lip_sides", 1.5),
    _gap("right side opening", RIGHT_UPPER_LIP, RIGHT_LOWER_LIP, "lip_sides", 1.5),
    Feature("width", ((MOUTH_LEFT, 0, 1.0), (MOUTH_RIGHT, 0, -1.0)), "mouth", 2.0),
    _at("left corner aside", MOUTH_LEFT, 0, "mouth", 0.5),
    _at("left corner up", MOUTH_LEFT, 1, "mouth", 0.7),
    _at("left corner forward", MOUTH_LEFT, 2, "mouth", 0.2),
    _at("right corner aside", MOUTH_RIGHT, 0, "mouth", 0.5),
    _at("right corner up", MOUTH_RIGHT, 1, "mouth", 0.7),
    _at("right corner forward", MOUTH_RIGHT, 2, "mouth", 0.2),
    _at("upper lip up", MOUTH_TOP, 1, "mouth", 0.7),
    _at("upper lip forward", MOUTH_TOP, 2, "mouth", 0.5),
    _at("lower lip up", MOUTH_BOTTOM, 1, "mouth", 0.7),
    _at("lower lip forward", MOUTH_BOTTOM, 2, "mouth", 0.5),
    Feature("aside", ((MOUTH_TOP, 0, 0.5), (MOUTH_BOTTOM, 0, 0.5)), "mouth", 0.5),
    _at("left upper lip up", LEFT_UPPER_LIP, 1, "lip_sides", 0.5),
    _at("left upper lip forward", LEFT_UPPER_LIP, 2, "lip_sides", 0.3),
    _at("left lower lip forward", LEFT_LOWER_LIP, 2, "lip_sides", 0.3),
    _at("right upper lip up", RIGHT_UPPER_LIP, 1, "lip_sides", 0.5),
    _at("right upper lip forward", RIGHT_UPPER_LIP, 2, "lip_sides", 0.3),
    _at("right lower lip forward", RIGHT_LOWER_LIP, 2, "lip_sides", 0.3),
    _at("left lower lid up", LEFT_LOWER_LID, 1, "left_lid", 0.02),
    _at("right lower lid up", RIGHT_LOWER_LID, 1, "right_lid", 0.02),
    _at("left inner brow up", LEFT_INNER_BROW, 1, "brows", 0.7),
    _at("left outer brow up", LEFT_OUTER_BROW, 1, "brows", 0.7),
    _at("right inner brow up", RIGHT_INNER_BROW, 1, "brows", 0.7),
    _at("right outer brow up", RIGHT_OUTER_BROW, 1, "brows", 0.7),
)
OPENING, LEFT_LID, RIGHT_LID, LEFT_OPENING, RIGHT_OPENING, WIDTH = range(6)
"""Rows of the features that have to be met exactly when lips or lids are shut, and of the width."""
_NAMES: Final = [feature.name for feature in FEATURES]
_PAIRS: Final = tuple(
    (_NAMES.index(name), _NAMES.index(name.replace("left", "right")), 1 if "aside" in name else -1)
    for name in _NAMES
    if "left" in name
)
_LIPS: Final = (OPENING, LEFT_OPENING, RIGHT_OPENING)
CLOSURES: Final = (OPENING, LEFT_LID, RIGHT_LID, LEFT_OPENING, RIGHT_OPENING)
_LIPS_UP: Final = tuple(row for row, name in enumerate(_NAMES) if name.endswith(("opening", "lip up")))


@dataclass(frozen=True)
class Measures:
    """Sizes at rest by which movements are divided, and openings at rest. Units of the face.

    Attributes:
        width: of the mouth.
        openings: of the lips in their middle and halfway to the left and the right corner; at most a little
            below 0 where they overlap.
        left_lid: opening of the left lids.
        right_lid: opening of the right lids.
    """

    width: float
    openings: tuple[float, float, float]
    left_lid: float
    right_lid: float

    @property
    def opening(self) -> float:
        """Of the middle of the lips."""
        return self.openings[0]

    def of(self, group: Group) -> float:
        """What movements of a part of the face are divided by."""
        if group == "left_lid":
            return self.left_lid
        return self.right_lid if group == "right_lid" else self.width


@dataclass(frozen=True)
class FaceLandmarks:
    """The landmarks of a face that are known, and how channels move them. L landmarks, D channels.

    Attributes:
        place: landmark -> row.
        rest: (L, 3) x to the character's left, y up, z forward, in any unit.
        moves: (L, 3, D) at 1 of each channel.
        travel: (D,) how far each channel moves what it moves farthest at 1; of the landmarks by default.
    """

    place: Mapping[int, int]
    rest: Float64Array
    moves: Float64Array
    travel: Float64Array | None = None

    def has(self, group: Group) -> bool:
        """Whether all landmarks of a part of the face are known."""
        return all(
            part[0] in self.place for feature in FEATURES if feature.group == group for part in feature.parts
        )

    def measures(self) -> Measures:
        """Sizes at rest; 1 where a part is not known."""

        def apart(one: int, other: int, axis: int) -> float:
            if one not in self.place or other not in self.place:
                return 1.0
            return float(self.rest[self.place[one], axis] - self.rest[self.place[other], axis])

        width = abs(apart(MOUTH_LEFT, MOUTH_RIGHT, 0))
        return Measures(
            max(width, 1e-9),
            (
                apart(MOUTH_TOP, MOUTH_BOTTOM, 1) if self.has("mouth") else 0.0,
                apart(LEFT_UPPER_LIP, LEFT_LOWER_LIP, 1) if self.has("lip_sides") else 0.0,
                apart(RIGHT_UPPER_LIP, RIGHT_LOWER_LIP, 1) if self.has("lip_sides") else 0.0,
            ),
            max(apart(LEFT_UPPER_LID, LEFT_LOWER_LID, 1), 1e-9),
            max(apart(RIGHT_UPPER_LID, RIGHT_LOWER_LID, 1), 1e-9),
        )

    def farthest(self) -> Float64Array:
        """(D,) how far each channel moves what it moves farthest at 1, in widths of the mouth."""
        moved = self.travel
        if moved is None:
            moved = np.linalg.norm(self.moves, axis=1).max(axis=0, initial=0.0)
        shares: Float64Array = moved / self.measures().width
        return shares

    def response(self) -> Float64Array:
        """(K, D) features of each channel at 1; 0 for parts that are not known."""
        sizes = self.measures()
        rows = np.zeros((len(FEATURES), self.moves.shape[2]))
        for row, feature in enumerate(FEATURES):
            if self.has(feature.group):
                for landmark, axis, factor in feature.parts:
                    rows[row] += factor * self.moves[self.place[landmark], axis]
                rows[row] /= sizes.of(feature.group)
        return rows

    def weights(self) -> Float64Array:
        """(K,) weights of the features, 0 for parts that are not known."""
        return np.array([feature.weight if self.has(feature.group) else 0.0 for feature in FEATURES])


def pattern_features(pattern: Pattern, controls: Sequence[str], values: Float64Array) -> Float64Array:
    """(T, K) features of the stand-in head at (T, C) values of named controls."""
    moved = pattern.movement(controls, values)
    sizes = pattern_measures(pattern)
    features = np.zeros((len(values), len(FEATURES)))
    for row, feature in enumerate(FEATURES):
        for landmark, axis, factor in feature.parts:
            features[:, row] += factor * moved[:, row_of(landmark), axis]
        features[:, row] /= sizes.of(feature.group)
    return features


@lru_cache(maxsize=4)
def pattern_measures(pattern: Pattern) -> Measures:
    """Sizes of the stand-in head at rest."""
    used = sorted({part[0] for feature in FEATURES for part in feature.parts})
    rest = pattern.points.at_rest()[[row_of(landmark) for landmark in used]]
    place = {landmark: row for row, landmark in enumerate(used)}
    return FaceLandmarks(place, rest, np.zeros((len(used), 3, 0))).measures()


def carried_over(wanted: Float64Array, source: Measures, target: Measures) -> Float64Array:
    """(T, K) features for a target whose lips do not quite meet, or overlap, at rest.

    The nearer the source's lips come to each other, the more of the target's own opening at rest is
    taken away too, so that its lips meet when the source's do. Lips that press against each other still do.
    """
    carried = wanted.copy()
    for row, at_rest, own in zip(_LIPS, source.openings, target.openings, strict=True):
        apart = at_rest / source.width + wanted[:, row]
        near = 1.0 - _smooth_step((apart - LIPS_SHUT) / (_PARTED - LIPS_SHUT))
        overlap = np.minimum(apart, 0.0)
        carried[:, row] = (1.0 - near) * wanted[:, row] + near * (overlap - own / target.width)
    return carried


def shut_as(changed: Float64Array, whole: Float64Array, source: Measures) -> Float64Array:
    """(T, K) features of a changed performance whose lips meet when and where those of the whole one do."""
    near = 1.0 - _smooth_step(
        (source.opening / source.width + whole[:, OPENING] - LIPS_SHUT) / (_PARTED - LIPS_SHUT)
    )
    kept = changed.copy()
    for row in _LIPS_UP:
        kept[:, row] = (1.0 - near) * changed[:, row] + near * whole[:, row]
    return kept


def shut_weights(wanted: Float64Array, source: Measures) -> Float64Array:
    """(T, 5) weights of ``CLOSURES``: heavy while the source's lips or lids are shut, fading as they part."""
    apart = source.opening / source.width + wanted[:, OPENING]
    lips = 1.0 - _smooth_step((apart - LIPS_SHUT) / (_PARTED - LIPS_SHUT))
    gaps = 1.0 + wanted[:, [LEFT_LID, RIGHT_LID]]
    lids = 1.0 - _smooth_step((gaps - LIDS_SHUT) / (_LIDS_PARTED - LIDS_SHUT))
    sides = np.tile(_SIDES_SHUT_WEIGHT * lips, (2, 1)).T
    return np.column_stack([_SHUT_WEIGHT * lips, _LIDS_SHUT_WEIGHT * lids, sides])


def sidedness(features: Float64Array) -> Float64Array:
    """(..., K) features to (..., P) what the left side does and the right does not, then the movement aside.

    Where both sides mirror each other, all of it is 0: heights and depths cancel, movements to the left and
    to the right as well.
    """
    left, right, mirror = np.array(_PAIRS).T
    aside = features[..., _NAMES.index("aside"), None]
    sides: Float64Array = np.concatenate(
        [features[..., left] + mirror * features[..., right], aside], axis=-1
    )
    return sides


def _smooth_step(at: Float64Array) -> Float64Array:
    t = np.clip(at, 0.0, 1.0)
    step: Float64Array = t * t * (3.0 - 2.0 * t)
    return step
