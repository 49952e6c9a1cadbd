"""Write a head's animated mesh for other programs: ``.npy``, Alembic, USD."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.atomic_write import write_atomically
from ...core.axes import MODEL_TO_BLENDER
from ...core.errors import UserError
from ..context import view_layer_of
from ..data_of import mesh_of
from ..targets.head_rig import HeadRig

SUFFIXES = (".npy", ".abc", ".usd", ".usda", ".usdc")


def write_vertex_cache(scene: bpy.types.Scene, rig: HeadRig, path: Path, frames: Sequence[int]) -> None:
    """Write the mesh as it moves, without subdivision, in the format that the name ends in.

    ``.npy`` holds (T, V, 3) float32 in metres in the model's axes (y up, z forward), the head's object at
    the origin; Alembic and USD are written by Blender with the scene's own axes and frame rate.

    Args:
        scene: the context's scene.
        rig: the head.
        path: file to write.
        frames: consecutive scene frames.

    Raises:
        UserError: the name has another ending, there are no frames, or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"Cannot write {path.name}.", f"Give a name that ends in {', '.join(SUFFIXES)}.")
    if not len(frames):
        raise UserError("There are no frames to write.", "Set the scene's frame range.")
    write = _write_npy if suffix == ".npy" else _export
    with write_atomically(path) as temporary:
        try:
            write(scene, rig, temporary, frames)
        except RuntimeError as error:  # how Blender's operators fail
            raise UserError(f"Cannot write {path}: {error}.", "Choose another folder.") from error


def frame_vertices(rig: HeadRig) -> NDArray[np.float32]:
    """(V, 3) vertices as Blender shows them now, in the model's axes, in the mesh object's space."""
    graph = bpy.context.evaluated_depsgraph_get()
    evaluated = rig.mesh.evaluated_get(graph)
    mesh = evaluated.to_mesh()
    flat = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", flat)
    evaluated.to_mesh_clear()
    return (flat.reshape(-1, 3) @ MODEL_TO_BLENDER).astype(np.float32)


class _Unsubdivided:
    """The head with its subdivision off, and nothing selected but its mesh."""

    def __init__(self, rig: HeadRig) -> None:
        self._modifiers = [m for m in rig.mesh.modifiers if m.type == "SUBSURF"]
        self._rig = rig

    def __enter__(self) -> None:
        layer = view_layer_of(bpy.context)
        self._shown = [(m, m.show_viewport, m.show_render) for m in self._modifiers]
        self._selected = [o for o in layer.objects if o.select_get()]
        for modifier in self._modifiers:
            modifier.show_viewport = modifier.show_render = False
        for other in self._selected:
            other.select_set(False)
        self._rig.mesh.select_set(True)

    def __exit__(self, *_: object) -> None:
        self._rig.mesh.select_set(False)
        for other in self._selected:
            other.select_set(True)
        for modifier, viewport, render in self._shown:
            modifier.show_viewport, modifier.show_render = viewport, render


def _write_npy(scene: bpy.types.Scene, rig: HeadRig, path: Path, frames: Sequence[int]) -> None:
    shape = (len(frames), len(mesh_of(rig.mesh).vertices), 3)
    cache = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    present = scene.frame_current
    with _Unsubdivided(rig):
        for row, frame in enumerate(frames):
            scene.frame_set(frame)
            cache[row] = frame_vertices(rig)
    scene.frame_set(present)
    cache.flush()


def _export(scene: bpy.types.Scene, rig: HeadRig, path: Path, frames: Sequence[int]) -> None:
    before = scene.frame_start, scene.frame_end, scene.frame_current
    scene.frame_start, scene.frame_end = int(frames[0]), int(frames[-1])
    try:
        with _Unsubdivided(rig):
            if path.suffix.lower() == ".abc":
                bpy.ops.wm.alembic_export(
                    filepath=str(path), selected=True, start=scene.frame_start, end=scene.frame_end
                )
            else:
                bpy.ops.wm.usd_export(
                    filepath=str(path),
                    selected_objects_only=True,
                    export_animation=True,
                    export_armatures=False,
                    export_shapekeys=False,
                    export_materials=False,
                )
    finally:
        scene.frame_start, scene.frame_end = before[:2]
        scene.frame_set(before[2])
