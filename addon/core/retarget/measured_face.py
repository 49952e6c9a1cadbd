"""Where a character's lips, lids and brows are and how its channels move them, from how these move all
vertices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..channel import ChannelKind
from .bind import BoundMap, Drive
from .face_axes import face_axes
from .facing import facing, has_sides
from .features import (
    LEFT_INNER_BROW,
    LEFT_LOWER_LID,
    LEFT_OUTER_BROW,
    LEFT_UPPER_LID,
    LIP_SIDES,
    RIGHT_INNER_BROW,
    RIGHT_LOWER_LID,
    RIGHT_OUTER_BROW,
    RIGHT_UPPER_LID,
    FaceLandmarks,
)
from .find_landmarks import find_landmarks
from .marked_points import axes_of_marks, lips_in_order

Float64Array = NDArray[np.float64]

_LID_CONTROLS: Final = ("eyeBlink", "eyeWide")
_REACH: Final = 0.6
"""How far a bone that is placed by geometry may move what hangs on it, in widths of the mouth."""
_ROUNDING: Final = 1e-5
_MOSTLY: Final = 0.5
_MOUTH: Final = ("mouth", "jaw")
_LIPS: Final = ("lip", "mouth", "oris")
_LIDS: Final = ("lid", "orbicularis")
_BROWS: Final = ("brow", "oculi")
"""Words in the names of bones that geometry places."""


@dataclass(frozen=True)
class Movements:
    """How the channels of a bound map move a character's vertices. V vertices of all meshes.

    Attributes:
        rest: (V, 3) in the axes of the object that stands for the character, in the size it has in the scene.
        drives: for each drive of the map (V, 3) movement at 1.
        jaw: (V, 3) movement when the jaw's bone turns as far as ``jawOpen`` = 1 turns it, or None.
        scale: (3,) factors from the armature's lengths to these.
        backwards: names of drives that move something only on the other side than their map says.
    """

    rest: Float64Array
    drives: tuple[Float64Array, ...]
    jaw: Float64Array | None
    scale: Float64Array
    backwards: frozenset[str] = frozenset()

    def is_moved(self, moves: Float64Array) -> bool:
        """Whether (V, 3) movements are more than rounding."""
        size = float(np.ptp(self.rest, axis=0).max(initial=0.0))
        return bool(np.abs(moves).max(initial=0.0) > _ROUNDING * size)


@dataclass(frozen=True)
class MarkedMouth:
    """A mouth that the user has marked.

    Attributes:
        vertices: landmark -> vertex, all of ``MARKS``.
        up: (3,) which way was up then, in the axes of the vertices.
    """

    vertices: Mapping[int, int]
    up: Float64Array


@dataclass(frozen=True)
class MeasuredFace:
    """What was measured.

    Attributes:
        landmarks: of the face, its channels being the bound drives, then the jaw's turn.
        bound: the map with limits for drives that are placed by geometry alone.
        missing: what was not found.
    """

    landmarks: FaceLandmarks
    bound: BoundMap
    missing: tuple[str, ...]

    def for_map(self, bound: BoundMap) -> BoundMap:
        """Another map of the same channels, with the limits of its own that geometry gives."""
        return _with_reach(bound, self.landmarks)


def moves_anything(movements: Movements, bound: BoundMap) -> bool:
    """Whether a face can move at all. Properties may show what no mesh does, such as pictures, and count as
    moving."""
    shown = (ChannelKind.CUSTOM_PROPERTY, ChannelKind.PROPERTY)
    if any(channel.kind in shown for drive in bound.drives for channel in drive.channels):
        return True
    parts = (*movements.drives, *(() if movements.jaw is None else (movements.jaw,)))
    return any(movements.is_moved(moved) for moved in parts)


def face_of(movements: Movements, bound: BoundMap, mouth: MarkedMouth | None = None) -> MeasuredFace | str:
    """A face's landmarks and how the channels move them; a sentence where its lips were not found.

    Args:
        movements: how the channels move all vertices.
        bound: the map.
        mouth: where the user has marked it, or None.
    """
    opening = _opening(movements, bound)
    if mouth is not None:
        axes = _axes_by_marks(movements, bound, mouth)
    else:
        axes = _axes(movements, bound, opening) if opening is not None else None
    if axes is None or (opening is None and mouth is None):
        return f"nothing of {bound.survey.name} opens its mouth"
    rest = movements.rest @ axes
    blinks, sideways = _blinks_and_sideways(movements, bound, axes)
    shown = opening @ axes if opening is not None and mouth is None else None
    corners = _corners_by_bones(movements, bound, rest, axes)
    found = find_landmarks(rest, shown, blinks, sideways, corners, _eyeballs(movements, bound))
    if "lips" in found.missing and mouth is None:
        return f"the lips of {bound.survey.name} were not found"
    vertices = dict(found.vertices)
    if not any(_is_named(drive, _LIPS) for drive in bound.drives):
        # Keys move whole lips; bones move as much of them as lies around each.
        vertices = {landmark: vertex for landmark, vertex in vertices.items() if landmark not in LIP_SIDES}
    if mouth is not None:
        channels = [*movements.drives, *([movements.jaw] if movements.jaw is not None else [])]
        vertices |= lips_in_order(mouth.vertices, rest, channels)
    by_bones = _lid_vertices(movements, bound, rest) | _brow_vertices(movements, bound, rest, axes)
    vertices |= {landmark: vertex for landmark, vertex in by_bones.items() if landmark not in vertices}
    chosen = list(vertices.values())
    missing = tuple(part for part in found.missing if part != "lids" or LEFT_UPPER_LID not in vertices)
    moves = np.zeros((len(chosen), 3, len(bound.drives) + 1))
    for index, moved in enumerate(movements.drives):
        moves[:, :, index] = moved[chosen] @ axes
    if movements.jaw is not None:
        moves[:, :, -1] = movements.jaw[chosen] @ axes
    place = {landmark: row for row, landmark in enumerate(vertices)}
    landmarks = FaceLandmarks(place, rest[chosen], moves, _travel(movements, bound))
    return MeasuredFace(landmarks, _with_reach(bound, landmarks), missing)


def _travel(movements: Movements, bound: BoundMap) -> Float64Array:
    """(D + 1,) how far a drive moves what it moves farthest, or its bone, if that goes farther."""
    travel = np.zeros(len(bound.drives) + 1)
    for index, (drive, moved) in enumerate(zip(bound.drives, movements.drives, strict=True)):
        bone = float(movements.scale.max()) if drive.source.place == "location" else 0.0
        travel[index] = max(float(np.linalg.norm(moved, axis=1).max(initial=0.0)), bone)
    return travel


def _axes(movements: Movements, bound: BoundMap, opening: Float64Array) -> Float64Array | None:
    """(3, 3) columns are the face's axes in those of the vertices: by the skeleton if it has sides, else by
    the mesh."""
    if has_sides(bound.survey):
        return facing(bound.survey)
    return face_axes(movements.rest, opening)


def _axes_by_marks(movements: Movements, bound: BoundMap, mouth: MarkedMouth) -> Float64Array | None:
    """The same, where the user has marked the mouth."""
    if has_sides(bound.survey):
        return facing(bound.survey)
    points = {landmark: movements.rest[vertex] for landmark, vertex in mouth.vertices.items()}
    return axes_of_marks(points, mouth.up)


def _blinks_and_sideways(
    movements: Movements, bound: BoundMap, axes: Float64Array
) -> tuple[list[Float64Array], Float64Array]:
    """(V, 3) movements of lids by their names, and (V,) how far the mouth's channels go to the sides."""
    blinks, sideways = [], np.zeros(len(movements.rest))
    for drive, moved in zip(bound.drives, movements.drives, strict=True):
        controls = set(drive.source.mix) or set(drive.source.pose or ())
        shuts = any(name.startswith("eyeBlink") and weight > 0 for name, weight in drive.source.mix.items())
        if (
            (shuts or drive.source.pose)
            and controls
            and all(name.startswith(_LID_CONTROLS) for name in controls)
        ):
            blinks.append(moved @ axes)
        elif any(name.startswith(_MOUTH) for name in controls) or _is_named(drive, _LIPS):
            sideways += np.abs((moved @ axes)[:, 0])
    return blinks, sideways


def _eyeballs(movements: Movements, bound: BoundMap) -> NDArray[np.bool_]:
    """(V,) what channels of the gaze move, and not just take along as they do lids."""
    looking = np.zeros(len(movements.rest))
    for drive, moved in zip(bound.drives, movements.drives, strict=True):
        if drive.source.mix and all(name.startswith("eyeLook") for name in drive.source.mix):
            looking += np.linalg.norm(moved, axis=1)
    most = float(looking.max(initial=0.0))
    return (looking > _MOSTLY * most) & (most > 0)


def _corners_by_bones(
    movements: Movements, bound: BoundMap, rest: Float64Array, axes: Float64Array
) -> tuple[int, int] | None:
    """Vertices of the left and the right corner where the lips are bones that geometry places: of what the
    outermost bone moves, that which lies nearest to it."""
    ends: dict[str, tuple[float, Float64Array]] = {}
    moved: dict[str, Float64Array] = {}
    for drive, moves in zip(bound.drives, movements.drives, strict=True):
        bone = bound.survey.bone(drive.source.name) if _is_named(drive, _LIPS) else None
        if bone is not None:
            places = np.stack([bone.head, bone.tail]) * movements.scale @ axes
            ends[bone.name] = (float(places[0, 0]), places)
            moved[bone.name] = moved.get(bone.name, np.zeros(len(rest))) + np.linalg.norm(moves, axis=1)
    if len(ends) < 2:
        return None
    left, right = max(ends, key=lambda name: ends[name][0]), min(ends, key=lambda name: ends[name][0])
    found = []
    for name in (left, right):
        own = np.flatnonzero(moved[name] > _MOSTLY * moved[name].max(initial=0.0))
        if not len(own):
            return None
        apart = np.linalg.norm(rest[own, None] - ends[name][1], axis=-1).min(axis=1)
        found.append(int(own[np.argmin(apart)]))
    return found[0], found[1]


def _opening(movements: Movements, bound: BoundMap) -> Float64Array | None:
    """(V, 3) movement of what opens the mouth widest by its name, or of the jaw's bone."""
    if movements.jaw is not None and movements.is_moved(movements.jaw):
        return movements.jaw

    def opens(drive: Drive) -> float:
        return drive.source.mix.get("jawOpen", 0.0) or (drive.source.pose or {}).get("jawOpen", 0.0)

    pairs = zip(bound.drives, movements.drives, strict=True)
    for drive, moved in sorted(pairs, key=lambda pair: -abs(opens(pair[0]))):
        if opens(drive) == 0:
            return None
        way = -1.0 if drive.name in movements.backwards else 1.0
        opened = way * float(np.sign(opens(drive))) * moved
        if movements.is_moved(opened):
            return opened
    return None


def _is_named(drive: Drive, words: tuple[str, ...]) -> bool:
    """Whether a drive is a bone that geometry places, and its name says where it is."""
    return drive.source.is_free and any(word in drive.source.name.lower() for word in words)


def _lid_vertices(movements: Movements, bound: BoundMap, rest: Float64Array) -> dict[int, int]:
    """What the bones of upper and lower lids move most, where lids are bones that geometry places."""
    most: dict[str, int] = {}
    for drive, drive_moves in zip(bound.drives, movements.drives, strict=True):
        if _is_named(drive, _LIDS) and drive.source.name not in most:
            moved = np.linalg.norm(drive_moves, axis=1)
            if moved.max() > 0:
                most[drive.source.name] = int(np.argmax(moved))
    if len(most) < 4:
        return {}
    points = sorted(set(most.values()), key=lambda vertex: float(rest[vertex, 1]))
    middle = 0.5 * (rest[points, 0].min() + rest[points, 0].max())
    found: dict[int, int] = {}
    for side, upper, lower in (
        (1.0, LEFT_UPPER_LID, LEFT_LOWER_LID),
        (-1.0, RIGHT_UPPER_LID, RIGHT_LOWER_LID),
    ):
        own = [vertex for vertex in points if side * (rest[vertex, 0] - middle) > 0]
        if len(own) < 2:
            return {}
        found |= {lower: own[0], upper: own[-1]}
    return found


def _brow_vertices(
    movements: Movements, bound: BoundMap, rest: Float64Array, axes: Float64Array
) -> dict[int, int]:
    """Vertices at the brows' bones, where brows are bones that geometry places."""
    bones = {
        bone.name: bone
        for drive in bound.drives
        if _is_named(drive, _BROWS)
        and (bone := bound.survey.bone(drive.source.name)) is not None
    }  # fmt: skip
    points = [(bone.head * movements.scale) @ axes for bone in bones.values()]
    if len(points) < 4:
        return {}
    middle = 0.5 * (min(point[0] for point in points) + max(point[0] for point in points))
    found = {}
    for side, inner, outer in (
        (1.0, LEFT_INNER_BROW, LEFT_OUTER_BROW),
        (-1.0, RIGHT_INNER_BROW, RIGHT_OUTER_BROW),
    ):
        own = sorted((p for p in points if side * (p[0] - middle) > 0), key=lambda p: side * p[0])
        if len(own) < 2:
            return {}
        for landmark, point in ((inner, own[0]), (outer, own[-1])):
            found[landmark] = int(np.argmin(np.linalg.norm(rest - point, axis=1)))
    return found


def _with_reach(bound: BoundMap, landmarks: FaceLandmarks) -> BoundMap:
    """The map with limits for what geometry places: nothing moves by more than a share of the mouth's
    width."""
    travel = landmarks.farthest()
    drives = []
    for index, drive in enumerate(bound.drives):
        if not drive.source.is_free:
            drives.append(drive)
            continue
        reach = _REACH / float(travel[index]) if travel[index] > 0 else 0.0
        drives.append(replace(drive, lowest=max(drive.lowest, -reach), highest=min(drive.highest, reach)))
    return replace(bound, drives=tuple(drives))
