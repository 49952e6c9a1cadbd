"""Mark the four points of a character's mouth."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.errors import UserError
from ...core.retarget.marked_points import MARKS, which_is_which
from ..context import OperatorResult, scene_of
from ..data_of import mesh_of
from ..session.edited_map import edited_root, show_edit
from ..targets.character import Character, character_of
from ..targets.rig_state import POINTS_KEY, HeldPoints, held_points, hold_points, release
from .kept_map import WithCharacter
from .report import report_error

_UP = np.array([0.0, 0.0, 1.0])


class ELOCUTE_OT_mark_mouth(WithCharacter, bpy.types.Operator):
    """Take four selected vertices or empties for the lips' middle and the corners of the mouth"""

    bl_idname = "elocute.mark_mouth"
    bl_label = "Mark four selected points"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Mark them."""
        root = edited_root(context)
        character = character_of(context.active_object, scene_of(context))
        if root is None or character is None:
            return {"CANCELLED"}
        try:
            mesh, vertices = _marked(context, character)
            hold_points(root, ordered_points(root, mesh, vertices))
        except UserError as error:
            return report_error(self, error)
        show_edit(context)
        self.report({"INFO"}, f"Marked four points on {mesh.name}.")
        return {"FINISHED"}


class ELOCUTE_OT_forget_mouth(bpy.types.Operator):
    """Forget the four points and look for the lips again"""

    bl_idname = "elocute.forget_mouth"
    bl_label = "Forget the points"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether points are marked; the tooltip says why nothing can be forgotten."""
        root = edited_root(context)
        if root is not None and held_points(root) is not None:
            return True
        cls.poll_message_set(
            f"No points are marked on {root.name}." if root is not None else "Click on the character first."
        )
        return False

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Forget them."""
        root = edited_root(context)
        if root is not None:
            release(root, POINTS_KEY)
            show_edit(context)
        return {"FINISHED"}


def _marked(context: bpy.types.Context, character: Character) -> tuple[bpy.types.Object, list[int]]:
    """The mesh and its four vertices: those selected in edit mode, or those nearest to four empties."""
    thing = context.active_object
    if thing is not None and thing.type == "MESH" and thing.mode == "EDIT":
        thing.update_from_editmode()
        return thing, _four([vertex.index for vertex in mesh_of(thing).vertices if vertex.select])
    empties = [one for one in context.selected_objects if one.type == "EMPTY"]
    if len(empties) == len(MARKS):
        return _nearest(character, np.array([one.matrix_world.translation for one in empties]))
    if thing is not None and thing.type == "MESH":
        chosen = [vertex.index for vertex in mesh_of(thing).vertices if vertex.select]
        if len(chosen) == len(MARKS):
            return thing, chosen
    raise UserError(
        "Four points have to be selected.",
        "Select four vertices in edit mode, or four empties and then the character: the lips' middle above "
        "and below, and both corners.",
    )


def _four(chosen: list[int]) -> list[int]:
    if len(chosen) != len(MARKS):
        raise UserError(
            f"Four vertices have to be selected, not {len(chosen)}.",
            "Select the lips' middle above and below, and both corners.",
        )
    return chosen


def _nearest(character: Character, points: np.ndarray) -> tuple[bpy.types.Object, list[int]]:
    """The mesh that comes nearest to the points, and its vertices."""
    best: tuple[float, bpy.types.Object, list[int]] | None = None
    for mesh in character.meshes:
        placed = _placed(mesh)
        if not len(placed):
            continue
        apart = np.linalg.norm(placed[None] - points[:, None], axis=2)
        total = float(apart.min(axis=1).sum())
        if best is None or total < best[0]:
            best = total, mesh, [int(index) for index in apart.argmin(axis=1)]
    if best is None or len(set(best[2])) != len(MARKS):
        raise UserError(
            "The four empties do not lie at four vertices of the character.", "Move them to its lips."
        )
    return best[1], best[2]


def _placed(mesh: bpy.types.Object) -> np.ndarray:
    """(V, 3) vertices in the scene, at rest."""
    flat = np.empty(3 * len(mesh_of(mesh).vertices), np.float32)
    mesh_of(mesh).vertices.foreach_get("co", flat)
    frame = np.array(mesh.matrix_world, np.float64)
    placed: np.ndarray = flat.reshape(-1, 3) @ frame[:3, :3].T + frame[:3, 3]
    return placed


def ordered_points(root: bpy.types.Object, mesh: bpy.types.Object, vertices: list[int]) -> HeldPoints:
    """Which point is which. Characters stand upright in the scene when their points are marked."""
    placed = _placed(mesh)
    inside = 0.5 * (placed.min(axis=0) + placed.max(axis=0))
    found = which_is_which(placed[vertices], _UP, inside)
    up = np.array(root.matrix_world.inverted_safe(), np.float64)[:3, :3] @ _UP
    x, y, z = (up / np.linalg.norm(up)).tolist()
    return HeldPoints({landmark: (mesh.name, vertices[row]) for landmark, row in found.items()}, (x, y, z))


CLASSES = (ELOCUTE_OT_mark_mouth, ELOCUTE_OT_forget_mouth)
