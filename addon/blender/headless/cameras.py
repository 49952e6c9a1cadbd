"""The camera that shots of a file are rendered through, and whether there is one."""

from __future__ import annotations

import bpy

from ...core.errors import UserError
from ...core.headless.arguments import RENDERED, HeadlessOptions


def camera_of(scene: bpy.types.Scene, name: str) -> bpy.types.Object | None:
    """The camera of that name; without a name the scene's, or the only one, None where there is none.

    Raises:
        UserError: there is no camera of that name.
    """
    if name:
        camera = scene.objects.get(name)
        if camera is None or camera.type != "CAMERA":
            raise UserError(f"The file has no camera named {name}.", "Correct --camera.")
        return camera
    cameras = _cameras(scene)
    if scene.camera is None and len(cameras) == 1:
        return cameras[0]
    return scene.camera


def has_meshes(scene: bpy.types.Scene) -> bool:
    """Whether the scene holds anything that may be somebody; where not, a head with a camera is added."""
    return any(thing.type == "MESH" for thing in scene.objects)


def refuse_without_camera(scene: bpy.types.Scene, options: HeadlessOptions) -> None:
    """Refuse an open file of which no shot can be rendered as asked.

    Raises:
        UserError: the camera that is named is not there, or one is needed and the file has none, or several.
    """
    camera = camera_of(scene, options.camera)
    if camera is not None or not has_meshes(scene) or RENDERED.isdisjoint(options.formats):
        return
    names = ", ".join(camera.name for camera in _cameras(scene))
    if names:
        raise UserError(f"The scene has several cameras: {names}.", "Choose one with --camera.")
    raise UserError(
        "The file has no camera to render with.",
        "Add one to it, or ask for formats that need none with --formats (gltf, fbx, usd, alembic, blend).",
    )


def _cameras(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    return [thing for thing in scene.objects if thing.type == "CAMERA"]
