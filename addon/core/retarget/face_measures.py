"""The points of a face, from what its channels are: by which keys are thinned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..channel import Channel
from ..clip.sampled import joint_turns
from ..rig_layout import JointRotation, RigLayout
from .bind import BoundMap
from .controls.points import BROWS, CHIN, LANDMARKS, LIDS, LIP_PAIRS, LIPS, FacePoints, row_of
from .controls.vocabulary import JAW_OPEN_RADIANS
from .features import MOUTH_BOTTOM, MOUTH_LEFT, MOUTH_RIGHT, MOUTH_TOP, FaceLandmarks
from .layout import layout_of

Float64Array = NDArray[np.float64]
_Columns = Mapping[tuple[str, str, int], Float64Array]

MOUTH_WIDTH: Final = 50.0
"""A mouth counts as so many millimetres wide, whatever size the character has."""
_NO_WIDTH: Final = 1e-4
"""A mouth that is less wide than so many metres is none."""
_REST: Final = {"QUATERNION": 1.0}


@dataclass(frozen=True)
class HeadMeasure:
    """The landmarks of a head whose channels are a basis' expressions and joints.

    Attributes:
        layout: its channels.
        face: its points.
    """

    layout: RigLayout
    face: FacePoints

    @classmethod
    def of(cls, layout: RigLayout, face: FacePoints) -> HeadMeasure | None:
        """The measure of a head; None where its mouth has no width."""
        found = cls(layout, face)
        return found if found._width > _NO_WIDTH else None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Its expressions and the jaw's turn."""
        return (*(mix.channel for mix in self.layout.mixes), *(c for j in self._jaw for c in j.channels))

    @property
    def lips(self) -> int:
        """How many of the points are on the lips."""
        return len(LIPS)

    def points(self, columns: _Columns) -> Float64Array:
        """(T, P, 3) millimetres, lips first."""
        count = len(next(iter(columns.values()))) if columns else 1
        place = {name: index for index, name in enumerate(self.layout.expressions)}
        expression = np.zeros((count, len(place)))
        for mix in self.layout.mixes:
            if mix.channel.key in columns:
                for name, weight in mix.weights.items():
                    expression[:, place[name]] = (columns[mix.channel.key] - mix.offset) / weight
        jaw = _turn(self._jaw, columns, count)
        posed: Float64Array = MOUTH_WIDTH / self._width * self.face.posed(expression, jaw)[:, list(_ORDER)]
        return posed

    def gaps(self, points: Float64Array) -> Float64Array:
        """(T,) how much farther the lips are apart than at rest, millimetres."""
        upper, lower = np.array([[LIPS.index(one), LIPS.index(other)] for one, other in LIP_PAIRS]).T
        rest = self.points({})
        gap: Float64Array = (points[:, upper, 1] - points[:, lower, 1]).mean(axis=1)
        return gap - float((rest[:, upper, 1] - rest[:, lower, 1]).mean())

    @cached_property
    def _jaw(self) -> tuple[JointRotation, ...]:
        return tuple(turned for turned in self.layout.rotations if turned.joint == "jaw")

    @cached_property
    def _width(self) -> float:
        rest = self.face.at_rest()
        return float(np.linalg.norm(rest[row_of(MOUTH_LEFT)] - rest[row_of(MOUTH_RIGHT)]))


_ORDER: Final = tuple(LANDMARKS.index(landmark) for landmark in (*LIPS, *LIDS, *BROWS, *CHIN))


@dataclass(frozen=True)
class CharacterMeasure:
    """The landmarks that were found on a character, moved as its drives were measured to move them.

    Attributes:
        bound: its map.
        landmarks: of its face; their channels are the map's drives, then the jaw's turn.
    """

    bound: BoundMap
    landmarks: FaceLandmarks

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """The first channel of each drive that is not a pose, and the jaw's turn."""
        own = [drive.channels[0] for drive in self.bound.drives if drive.channels and not drive.parts]
        return (*dict.fromkeys(own), *(c for joint in self._jaw for c in joint.channels))

    @property
    def lips(self) -> int:
        """How many of the points are on the lips."""
        return sum(landmark in LIPS for landmark in self.landmarks.place)

    def points(self, columns: _Columns) -> Float64Array:
        """(T, P, 3) millimetres, lips first."""
        count = len(next(iter(columns.values()))) if columns else 1
        values = np.zeros((count, len(self.bound.drives) + 1))
        for index, drive in enumerate(self.bound.drives):
            if drive.channels and not drive.parts and drive.channels[0].key in columns:
                values[:, index] = columns[drive.channels[0].key]
        values[:, -1] = _turn(self._jaw, columns, count)[:, 0] / JAW_OPEN_RADIANS
        moved = self.landmarks.rest + np.einsum("pcd,td->tpc", self.landmarks.moves, values)
        shown: Float64Array = MOUTH_WIDTH / self.landmarks.measures().width * moved[:, self._order]
        return shown

    def gaps(self, points: Float64Array) -> Float64Array:
        """(T,) how much farther the lips are apart than at rest, millimetres."""
        order = [list(self.landmarks.place)[row] for row in self._order]
        if MOUTH_TOP not in order or MOUTH_BOTTOM not in order:
            return np.full(len(points), np.inf)
        upper, lower = order.index(MOUTH_TOP), order.index(MOUTH_BOTTOM)
        rest = self.points({})[0]
        gap: Float64Array = points[:, upper, 1] - points[:, lower, 1]
        return gap - float(rest[upper, 1] - rest[lower, 1])

    @cached_property
    def _order(self) -> list[int]:
        place = self.landmarks.place
        return [place[mark] for mark in sorted(place, key=lambda mark: mark not in LIPS)]

    @cached_property
    def _jaw(self) -> tuple[JointRotation, ...]:
        return tuple(turned for turned in layout_of(self.bound).rotations if turned.joint == "jaw")


def _turn(parts: tuple[JointRotation, ...], columns: _Columns, count: int) -> Float64Array:
    """(T, 3) axis-angle of the jaw; numbers that are not given are those of no turn."""
    if not parts:
        return np.zeros((count, 3))
    given = {}
    for part in parts:
        for index, channel in enumerate(part.channels):
            rest = _REST.get(part.mode, 0.0) if index == 0 else 0.0
            given[channel.key] = columns.get(channel.key, np.full(count, rest))
    return joint_turns(parts, given).get("jaw", np.zeros((count, 3)))
