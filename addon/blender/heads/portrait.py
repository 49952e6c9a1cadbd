"""A camera that frames a face, and three lights."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, cast

import bpy
from mathutils import Vector

from ..targets.kept_text import keep_text, kept_text
from .sitter import Sitter

_LENS_MM: Final = 85.0
_MARGIN: Final = 1.18
_PORTRAIT_KEY: Final = "elocute_portrait"
"""Custom property of a head or character and of the camera and lights that were made for it: the same random
text."""
# Name, watts at one metre, size in metres, direction from the face (x right of the picture, y back, z up).
_LIGHTS: Final = (
    ("Key", 14.0, 0.5, (-0.75, -1.0, 0.65)),
    ("Fill", 5.0, 0.8, (1.0, -0.8, 0.1)),
    ("Rim", 12.0, 0.3, (0.5, 1.0, 0.9)),
)


@dataclass(frozen=True)
class Portrait:
    """The camera and lights that :func:`add_portrait` made."""

    camera: bpy.types.Object | None
    lights: tuple[bpy.types.Object, ...]


def add_portrait(
    scene: bpy.types.Scene, sitter: Sitter, angle: float = 0.0, camera: bool = True, lights: bool = True
) -> Portrait:
    """Frame a face with a new camera, which becomes the scene's, and light it.

    A camera or lights that were made for it before are replaced; nothing else is changed.

    Args:
        scene: where to add them.
        sitter: whose portrait it is.
        angle: radians that the camera stands to the face's left of straight ahead.
        camera: add the camera.
        lights: add the lights and a faint grey world if the scene has none.
    """
    kinds = ({"CAMERA"} if camera else set()) | ({"LIGHT"} if lights else set())
    mark = kept_text(sitter.root, _PORTRAIT_KEY) or uuid.uuid4().hex
    keep_text(sitter.root, _PORTRAIT_KEY, mark)
    _remove_portrait(scene, mark, kinds)
    made_camera = _camera(scene, sitter, angle) if camera else None
    made_lights = tuple(_light(scene, sitter, *spec) for spec in _LIGHTS) if lights else ()
    if lights and scene.world is None:
        scene.world = bpy.data.worlds.new("Elocute")
        scene.world.color = (0.06, 0.06, 0.07)
    for made in (made_camera, *made_lights):
        if made is not None:
            made[_PORTRAIT_KEY] = mark
    return Portrait(made_camera, made_lights)


def _remove_portrait(scene: bpy.types.Scene, mark: str, kinds: set[str]) -> None:
    """Remove what was made for a head before."""
    old = [t for t in scene.objects if t.type in kinds and t.get(_PORTRAIT_KEY) == mark]
    for thing in old:
        data = thing.data
        bpy.data.objects.remove(thing)
        if isinstance(data, bpy.types.Camera) and not data.users:
            bpy.data.cameras.remove(data)
        elif isinstance(data, bpy.types.Light) and not data.users:
            bpy.data.lights.remove(data)


@contextmanager
def without_portraits(scene: bpy.types.Scene) -> Iterator[None]:
    """Take the cameras and lights that were made for heads out of a scene for a while.

    Those in collections of other files stay: Blender does not let such collections be changed.
    """
    collections = (scene.collection, *scene.collection.children_recursive)
    taken = [
        (collection, thing)
        for collection in collections
        if collection.library is None and collection.override_library is None
        for thing in collection.objects
        if thing.type in ("CAMERA", "LIGHT") and thing.get(_PORTRAIT_KEY) is not None
    ]
    for collection, thing in taken:
        collection.objects.unlink(thing)
    try:
        yield
    finally:
        for collection, thing in taken:
            collection.objects.link(thing)


def _camera(scene: bpy.types.Scene, sitter: Sitter, angle: float) -> bpy.types.Object:
    data = bpy.data.cameras.new(f"{sitter.root.name} camera")
    data.lens = _LENS_MM
    data.sensor_fit = "VERTICAL"
    distance = 0.5 * sitter.height * _MARGIN / math.tan(0.5 * data.angle_y)
    data.clip_start = min(0.01, 0.1 * distance)
    data.clip_end = max(data.clip_end, 10.0 * distance)
    thing = bpy.data.objects.new(data.name, data)
    scene.collection.objects.link(thing)
    toward = Vector((math.sin(angle), -math.cos(angle), 0.05)).normalized()
    thing.location = sitter.center + sitter.turn @ toward * distance
    thing.rotation_euler = (sitter.turn @ -toward).to_track_quat("-Z", "Y").to_euler()
    scene.camera = thing
    return thing


def _light(
    scene: bpy.types.Scene,
    sitter: Sitter,
    name: str,
    watts: float,
    size: float,
    direction: tuple[float, float, float],
) -> bpy.types.Object:
    data = cast(bpy.types.AreaLight, bpy.data.lights.new(f"{sitter.root.name} {name.lower()} light", "AREA"))
    scale = sitter.height / 0.3
    data.size = size * scale
    data.energy = watts * scale**2
    thing = bpy.data.objects.new(data.name, data)
    scene.collection.objects.link(thing)
    toward = sitter.turn @ Vector(direction).normalized()
    thing.location = sitter.center + toward * scale
    thing.rotation_euler = (-toward).to_track_quat("-Z", "Y").to_euler()
    return thing
