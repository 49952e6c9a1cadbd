"""A camera that frames a head and three lights."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from typing import Final, cast

import bpy
import numpy as np
from mathutils import Vector

from ..data_of import armature_of, mesh_of
from ..targets.head_rig import HeadRig

_LENS_MM: Final = 85.0
_MARGIN: Final = 1.18
_PORTRAIT_KEY: Final = "elocute_portrait"
"""Custom property of a head and of the camera and lights that were made for it: the same random text."""
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
    scene: bpy.types.Scene, rig: HeadRig, angle: float = 0.0, camera: bool = True, lights: bool = True
) -> Portrait:
    """Frame the head's face with a new camera, which becomes the scene's, and light it.

    A camera or lights that were made for this head before are replaced; nothing else is changed.

    Args:
        scene: where to add them.
        rig: the head.
        angle: radians that the camera stands to the head's left of straight ahead.
        camera: add the camera.
        lights: add the lights and a faint grey world if the scene has none.
    """
    center, height = face_box(rig)
    kinds = ({"CAMERA"} if camera else set()) | ({"LIGHT"} if lights else set())
    mark = str(rig.armature.get(_PORTRAIT_KEY) or uuid.uuid4().hex)
    rig.armature[_PORTRAIT_KEY] = mark
    _remove_portrait(scene, mark, kinds)
    made_camera = _camera(scene, rig, center, height, angle) if camera else None
    made_lights = tuple(_light(scene, rig, center, height, *spec) for spec in _LIGHTS) if lights else ()
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


def face_box(rig: HeadRig) -> tuple[Vector, float]:
    """Centre and height of what the portrait shows: the head above the shoulders."""
    mesh = mesh_of(rig.mesh)
    flat = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", flat)
    points = flat.reshape(-1, 3)
    eyes = 0.5 * sum(
        (armature_of(rig.armature).bones[n].head_local for n in ("left_eye", "right_eye")), Vector()
    )
    top = float(points[:, 2].max())
    # A face reaches about as far below its eyes as the skull does above them.
    bottom = max(float(points[:, 2].min()), 2.0 * eyes.z - top - 0.15 * (top - eyes.z))
    local = Vector((0.0, eyes.y, 0.5 * (top + bottom)))
    return rig.armature.matrix_world @ local, (top - bottom) * rig.armature.matrix_world.to_scale().z


def _camera(
    scene: bpy.types.Scene, rig: HeadRig, center: Vector, height: float, angle: float
) -> bpy.types.Object:
    data = bpy.data.cameras.new(f"{rig.armature.name} camera")
    data.lens = _LENS_MM
    data.sensor_fit = "VERTICAL"
    data.clip_start = 0.01
    distance = 0.5 * height * _MARGIN / math.tan(0.5 * data.angle_y)
    thing = bpy.data.objects.new(data.name, data)
    scene.collection.objects.link(thing)
    toward = Vector((math.sin(angle), -math.cos(angle), 0.05)).normalized()
    turn = rig.armature.matrix_world.to_quaternion()
    thing.location = center + turn @ toward * distance
    thing.rotation_euler = (turn @ -toward).to_track_quat("-Z", "Y").to_euler()
    scene.camera = thing
    return thing


def _light(
    scene: bpy.types.Scene,
    rig: HeadRig,
    center: Vector,
    height: float,
    name: str,
    watts: float,
    size: float,
    direction: tuple[float, float, float],
) -> bpy.types.Object:
    data = cast(bpy.types.AreaLight, bpy.data.lights.new(f"{rig.armature.name} {name.lower()} light", "AREA"))
    scale = height / 0.3
    data.size = size * scale
    data.energy = watts * scale**2
    thing = bpy.data.objects.new(data.name, data)
    scene.collection.objects.link(thing)
    toward = rig.armature.matrix_world.to_quaternion() @ Vector(direction).normalized()
    thing.location = center + toward * scale
    thing.rotation_euler = (-toward).to_track_quat("-Z", "Y").to_euler()
    return thing
