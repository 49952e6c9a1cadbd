"""Prepare a head for other programs: plain keyframes, or its vertices in every frame."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ...core.errors import UserError
from ..context import OperatorResult, scene_of, window_manager_of
from ..export.vertex_cache import write_vertex_cache
from ..keys.baking import bake_live_parts
from ..targets.find import active_head
from ..targets.head_rig import HeadRig
from .report import report_error


def head_blocker(context: bpy.types.Context) -> str:
    """Why these tools cannot work now, or an empty string."""
    if context.mode != "OBJECT":
        return "Leave this mode first (Tab)."
    if active_head(context) is None:
        return "Add a head first."
    return ""


def _head(context: bpy.types.Context) -> HeadRig:
    rig = active_head(context)
    if rig is None:
        raise UserError("There is no head in this scene.", "Add a head first.")
    return rig


class _HeadTool:
    """What both tools share."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the button works; its tooltip says why not."""
        if blocker := head_blocker(context):
            cls.poll_message_set(blocker)  # type: ignore[attr-defined]
            return False
        return True


class ELOCUTE_OT_bake_head(_HeadTool, bpy.types.Operator):
    """Key what follows live on the head over the scene's frame range, and remove drivers and constraints"""

    bl_idname = "elocute.bake_head"
    bl_label = "Bake head to plain keys"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Bake."""
        scene = scene_of(context)
        try:
            count = bake_live_parts(scene, _head(context), range(scene.frame_start, scene.frame_end + 1))
        except UserError as error:
            return report_error(self, error)
        if not count:
            self.report({"INFO"}, "Nothing on this head is driven; it can be exported as it is.")
            return {"CANCELLED"}
        self.report({"INFO"}, f"Keyed {count} curves.")
        return {"FINISHED"}


class ELOCUTE_OT_write_vertex_cache(_HeadTool, bpy.types.Operator):
    """Write the head's vertices over the scene's frame range: .npy, .abc (Alembic) or .usdc (USD)"""

    bl_idname = "elocute.write_vertex_cache"
    bl_label = "Write vertex cache"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    filepath: StringProperty(subtype="FILE_PATH")
    filter_glob: StringProperty(default="*.npy;*.abc;*.usd;*.usda;*.usdc", options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Ask for the file."""
        if not self.filepath:
            self.filepath = "head.npy"
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write."""
        scene = scene_of(context)
        path = Path(bpy.path.abspath(self.filepath))
        try:
            write_vertex_cache(scene, _head(context), path, range(scene.frame_start, scene.frame_end + 1))
        except UserError as error:
            return report_error(self, error)
        self.report({"INFO"}, f"Wrote {path}")
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_bake_head, ELOCUTE_OT_write_vertex_cache)
