"""Meshes whose evaluated vertices are their own, one for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import bpy

_KEEPS_VERTICES: Final = frozenset(
    {"ARMATURE", "LATTICE", "MESH_DEFORM", "SURFACE_DEFORM", "SHRINKWRAP", "CORRECTIVE_SMOOTH", "HOOK",
     "CAST", "CURVE", "DISPLACE", "LAPLACIANDEFORM", "LAPLACIANSMOOTH", "SIMPLE_DEFORM", "SMOOTH",
     "WARP", "WAVE", "WEIGHTED_NORMAL", "NORMAL_EDIT", "DATA_TRANSFER", "UV_PROJECT", "UV_WARP",
     "VERTEX_WEIGHT_EDIT", "VERTEX_WEIGHT_MIX", "VERTEX_WEIGHT_PROXIMITY"}
)  # fmt: skip
"""Modifiers after which a mesh has as many vertices as before."""


@contextmanager
def own_vertices(meshes: Iterable[bpy.types.Object]) -> Iterator[None]:
    """Hold the modifiers off that change the number of vertices.

    They are as they were afterwards, but for the evaluated meshes: Blender sees to them when it draws.
    """
    hidden = [
        modifier
        for mesh in meshes
        for modifier in mesh.modifiers
        if modifier.type not in _KEEPS_VERTICES and modifier.show_viewport
    ]
    try:
        for modifier in hidden:
            modifier.show_viewport = False
        yield
    finally:
        for modifier in hidden:
            modifier.show_viewport = True
