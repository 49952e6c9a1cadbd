"""Where a character's lips, lids and brows are, and how its channels move them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ...core.retarget.bind import BoundMap, BoundTurn, Drive
from ...core.retarget.features import (
    LEFT_INNER_BROW,
    LEFT_LOWER_LID,
    LEFT_OUTER_BROW,
    LEFT_UPPER_LID,
    RIGHT_INNER_BROW,
    RIGHT_LOWER_LID,
    RIGHT_OUTER_BROW,
    RIGHT_UPPER_LID,
    FaceLandmarks,
)
from ...core.retarget.find_landmarks import find_landmarks
from ..data_of import mesh_of
from .character import Character
from .ruler import Ruler

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

Float64Array = NDArray[np.float64]

_LID_CONTROLS: Final = ("eyeBlink", "eyeWide")
_NOTHING: Final = 1e-6
_REACH: Final = 0.6
"""How far a bone that is placed by geometry may move a landmark, in widths of the mouth."""
_MOUTH: Final = ("mouth", "jaw")
_LIPS: Final = ("lip", "mouth", "oris")
_LIDS: Final = ("lid", "orbicularis")
_BROWS: Final = ("brow", "oculi")
"""Words in the names of bones that geometry places."""


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


def measure_face(
    character: Character, bound: BoundMap, owners: Mapping[str, AnimatedBlock]
) -> MeasuredFace | str:
    """Measure a character's face; a sentence where that cannot be done.

    Args:
        character: its meshes.
        bound: its map.
        owners: owner id -> data-block.
    """
    meshes = [mesh for mesh in character.meshes if len(mesh_of(mesh).vertices)]
    if not meshes:
        return f"{character.root.name} has no mesh to be measured"
    scale = np.abs(np.array(character.root.matrix_world.to_scale(), np.float64))
    if scale.min() <= _NOTHING * scale.max():
        return f"{character.root.name} is scaled to nothing along an axis"
    ruler = Ruler(character, meshes, bound, owners)
    with ruler.at_rest():
        return _measured(ruler, bound)


def _measured(ruler: Ruler, bound: BoundMap) -> MeasuredFace | str:
    """See :func:`measure_face`; the rig is at rest."""
    jaw = next((turn for turn in bound.turns if turn.source.joint == "jaw"), None)
    opening = _opening(ruler, bound, jaw)
    axes = ruler.axes(opening) if opening is not None else None
    if opening is None or axes is None:
        return f"nothing of {bound.survey.name} opens its mouth"
    rest = ruler.rest @ axes
    blinks, sideways = _blinks_and_sideways(ruler, bound, axes)
    found = find_landmarks(rest, opening @ axes, blinks, sideways)
    if "lips" in found.missing:
        return f"the lips of {bound.survey.name} were not found"
    place = {landmark: row for row, landmark in enumerate(found.vertices)}
    vertices = list(found.vertices.values())
    by_bones = _lid_vertices(ruler, bound, rest, axes) | _brow_vertices(ruler, bound, rest, axes)
    for landmark, vertex in by_bones.items():
        if landmark not in place:
            place[landmark] = len(vertices)
            vertices.append(vertex)
    missing = tuple(part for part in found.missing if part != "lids" or LEFT_UPPER_LID not in place)
    moves = np.zeros((len(vertices), 3, len(bound.drives) + 1))
    for index, drive in enumerate(bound.drives):
        moves[:, :, index] = ruler.moves(drive)[vertices] @ axes
    if jaw is not None:
        moves[:, :, -1] = ruler.turned(jaw)[vertices] @ axes
    landmarks = FaceLandmarks(place, rest[vertices], moves)
    return MeasuredFace(landmarks, _with_reach(bound, landmarks), missing)


def _blinks_and_sideways(
    ruler: Ruler, bound: BoundMap, axes: Float64Array
) -> tuple[list[Float64Array], Float64Array]:
    """(V, 3) movements of lids by their names, and (V,) how far the mouth's channels go to the sides."""
    blinks, sideways = [], np.zeros(len(ruler.rest))
    for drive in bound.drives:
        controls = set(drive.source.mix) or set(drive.source.pose or ())
        shuts = any(name.startswith("eyeBlink") and weight > 0 for name, weight in drive.source.mix.items())
        if (
            (shuts or drive.source.pose)
            and controls
            and all(name.startswith(_LID_CONTROLS) for name in controls)
        ):
            blinks.append(ruler.moves(drive) @ axes)
        elif any(name.startswith(_MOUTH) for name in controls) or _is_named(drive, _LIPS):
            sideways += np.abs((ruler.moves(drive) @ axes)[:, 0])
    return blinks, sideways


def _opening(ruler: Ruler, bound: BoundMap, jaw: BoundTurn | None) -> Float64Array | None:
    """(V, 3) movement of what opens the mouth widest by its name, or of the jaw's bone."""
    if jaw is not None:
        turned = ruler.turned(jaw)
        if ruler.is_moved(turned):
            return turned

    def opens(drive: Drive) -> float:
        return drive.source.mix.get("jawOpen", 0.0) or (drive.source.pose or {}).get("jawOpen", 0.0)

    for drive in sorted(bound.drives, key=lambda one: -abs(opens(one))):
        if opens(drive) == 0:
            return None
        moved = float(np.sign(opens(drive))) * ruler.moves(drive)
        if ruler.is_moved(moved):
            return moved
    return None


def _is_named(drive: Drive, words: tuple[str, ...]) -> bool:
    """Whether a drive is a bone that geometry places, and its name says where it is."""
    return drive.source.is_free and any(word in drive.source.name.lower() for word in words)


def _lid_vertices(ruler: Ruler, bound: BoundMap, rest: Float64Array, axes: Float64Array) -> dict[int, int]:
    """What the bones of upper and lower lids move most, where lids are bones that geometry places."""
    most: dict[str, int] = {}
    for drive in bound.drives:
        if _is_named(drive, _LIDS) and drive.source.name not in most:
            moved = np.linalg.norm(ruler.moves(drive), axis=1)
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


def _brow_vertices(ruler: Ruler, bound: BoundMap, rest: Float64Array, axes: Float64Array) -> dict[int, int]:
    """Vertices at the brows' bones, where brows are bones that geometry places."""
    bones = {
        bone.name: bone
        for drive in bound.drives
        if _is_named(drive, _BROWS)
        and (bone := bound.survey.bone(drive.source.name)) is not None
    }  # fmt: skip
    points = [ruler.bone_point(bone.head) @ axes for bone in bones.values()]
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
    """The map with limits for what geometry places: no landmark moves by more than a share of the mouth's
    width."""
    width = landmarks.measures().width
    drives = []
    for index, drive in enumerate(bound.drives):
        if not drive.source.is_free:
            drives.append(drive)
            continue
        farthest = float(np.linalg.norm(landmarks.moves[:, :, index], axis=1).max(initial=0.0))
        reach = _REACH * width / farthest if farthest > 0 else 0.0
        drives.append(replace(drive, lowest=max(drive.lowest, -reach), highest=min(drive.highest, reach)))
    return replace(bound, drives=tuple(drives))
