"""The vertex of a character that lies under a ray through the scene."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Vector

from ...core.retarget.picked_points import PickedPoint, nearest_vertex
from ..context import view_layer_of
from ..data_of import mesh_of
from .character import Character
from .vertex_order import own_vertices


def pick_vertex(
    context: bpy.types.Context, character: Character, origin: Vector, direction: Vector
) -> PickedPoint | None:
    """The vertex nearest to where a ray meets the character as it is seen, pose and modifiers included.

    Args:
        context: whose view layer is seen.
        character: its visible meshes are met, nothing else of the scene.
        origin: of the ray, in the scene.
        direction: of the ray.

    Returns:
        None where the ray meets none of its meshes.
    """
    graph = context.evaluated_depsgraph_get()
    best: tuple[float, bpy.types.Object, Vector] | None = None
    for mesh in character.meshes:
        if not mesh.visible_get(view_layer=view_layer_of(context)) or not len(mesh_of(mesh).polygons):
            continue
        seen = mesh.evaluated_get(graph)
        back = seen.matrix_world.inverted_safe()
        start = back @ origin
        met, place, _, _ = seen.ray_cast(start, (back @ (origin + direction)) - start, depsgraph=graph)
        if met:
            hit = seen.matrix_world @ place
            far = (hit - origin).length
            if best is None or far < best[0]:
                best = far, mesh, hit
    if best is None:
        return None
    _, mesh, hit = best
    vertex, place = _vertex_at(context, mesh, hit)
    return PickedPoint(mesh.name, vertex, (place.x, place.y, place.z))


def _vertex_at(context: bpy.types.Context, mesh: bpy.types.Object, hit: Vector) -> tuple[int, Vector]:
    """A mesh's own vertex at a place of its surface, and where it is seen.

    It is one of the face's that lies there: where lips touch, each lip has vertices of its own.
    """
    with own_vertices([mesh]):
        view_layer_of(context).update()
        seen = mesh.evaluated_get(context.evaluated_depsgraph_get())
        if len(mesh_of(seen).vertices) != len(mesh_of(mesh).vertices):
            seen = mesh  # a modifier that is not known changes their number: as it is at rest
        vertices = mesh_of(seen).vertices
        flat = np.empty(3 * len(vertices), np.float32)
        vertices.foreach_get("co", flat)
        there = seen.matrix_world.inverted_safe() @ hit
        found, _, _, face = seen.closest_point_on_mesh(there)
        corners = np.array(mesh_of(seen).polygons[face].vertices) if found else None
        vertex = nearest_vertex(flat.reshape(-1, 3).astype(np.float64), np.array(there), corners)
        place = seen.matrix_world @ vertices[vertex].co
    view_layer_of(context).update()
    return vertex, place
