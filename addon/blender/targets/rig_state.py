"""What is kept with the object that stands for a character: its map, marked points and recorded shapes."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import bpy

from ...core.retarget.marked_points import MARKS
from ...core.retarget.presets import presets
from ...core.retarget.rig_map import PLACES, Address, RigMap
from ...core.retarget.rig_map_file import parse_map, write_map
from ...core.retarget.test_poses import TEST_POSES
from .kept_text import drop_text, keep_text, kept_text

MAP_KEY: Final = "elocute_rig_map"
"""The kind of its rig, or a whole map as JSON."""
POINTS_KEY: Final = "elocute_face_points"
"""Landmark -> mesh object and vertex, and which way is up, as JSON."""
SHAPES_KEY: Final = "elocute_recorded_shapes"
"""Shape -> what it sets channels to, as JSON."""


def held_text(root: bpy.types.Object) -> str:
    """What is held of a map: a kind, JSON, or an empty string."""
    return kept_text(root, MAP_KEY)


def held_map(root: bpy.types.Object) -> RigMap | None:
    """The character's own map, or None where it has none or only the name of a kind.

    Raises:
        UserError: what is held is no map.
    """
    text = held_text(root)
    if not text or text in _kinds():
        return None
    return _parsed(text, f"The map of {root.name}")


def chosen_map(root: bpy.types.Object) -> RigMap | None:
    """The character's own map, or that of the kind it is said to be; None where neither is said.

    Raises:
        UserError: what is held is no map.
    """
    return _kinds().get(held_text(root)) or held_map(root)


def hold_map(root: bpy.types.Object, rig_map: RigMap) -> None:
    """Keep a map with the character.

    Raises:
        UserError: the character is linked from another file.
    """
    keep_text(root, MAP_KEY, write_map(rig_map))


def hold_kind(root: bpy.types.Object, kind: str) -> None:
    """Keep with the character of which kind it is.

    Raises:
        UserError: as :func:`hold_map`.
    """
    keep_text(root, MAP_KEY, kind)


def release(root: bpy.types.Object, key: str) -> None:
    """Keep it no longer."""
    drop_text(root, key)


@dataclass(frozen=True)
class HeldPoints:
    """Four points of a mouth that the user has marked.

    Attributes:
        vertices: landmark -> name of the mesh object and vertex.
        up: which way was up then, in the axes of the object that stands for the character.
    """

    vertices: Mapping[int, tuple[str, int]]
    up: tuple[float, float, float]


def held_points(root: bpy.types.Object) -> HeldPoints | None:
    """The marked points; None where none are marked or they are damaged."""
    data = _read(root, POINTS_KEY)
    found: dict[int, tuple[str, int]] = {}
    for landmark in MARKS:
        match data.get(str(landmark)):
            case [str(name), int(vertex)]:
                found[landmark] = (name, vertex)
    match data.get("up"):
        case [int() | float() as x, int() | float() as y, int() | float() as z]:
            up = (float(x), float(y), float(z))
            whole = len(found) == len(MARKS) and math.isfinite(sum(up)) and any(up)
            return HeldPoints(found, up) if whole else None
    return None


def hold_points(root: bpy.types.Object, points: HeldPoints) -> None:
    """Keep marked points with the character."""
    data: dict[str, Any] = {str(landmark): list(place) for landmark, place in points.vertices.items()}
    data["up"] = list(points.up)
    keep_text(root, POINTS_KEY, json.dumps(data, ensure_ascii=False))


def held_shapes(root: bpy.types.Object) -> dict[str, dict[Address, float]]:
    """Shape -> what it sets channels to, of those that are recorded."""
    found: dict[str, dict[Address, float]] = {}
    for name, rows in _read(root, SHAPES_KEY).items():
        if name not in TEST_POSES or not isinstance(rows, list):
            continue
        shape: dict[Address, float] = {}
        for row in rows:
            match row:
                case [str(place), str(channel), int(axis), int() | float() as value] if place in PLACES:
                    shape[place, channel, axis] = float(value)
        found[name] = shape
    return found


def hold_shape(root: bpy.types.Object, name: str, shape: Mapping[Address, float]) -> None:
    """Keep a recorded shape with the character, besides the others."""
    shapes = held_shapes(root) | {name: dict(shape)}
    data = {key: [[*address, value] for address, value in one.items()] for key, one in shapes.items()}
    keep_text(root, SHAPES_KEY, json.dumps(data, ensure_ascii=False))


def _read(root: bpy.types.Object, key: str) -> dict[str, Any]:
    text = kept_text(root, key)
    try:
        data = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _kinds() -> dict[str, RigMap]:
    return {one.kind: one for one in presets()}


@functools.lru_cache(maxsize=32)
def _parsed(text: str, where: str) -> RigMap:
    return parse_map(text, where)
