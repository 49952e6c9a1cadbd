"""Add a head from a face model file, for example the user's own FLAME."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ...core.clip.face_model import read_face_model
from ...core.clip.identity import read_identity
from ...core.errors import UserError
from ..context import OperatorResult, scene_of, window_manager_of
from ..heads.head_builder import HeadOptions, build_head
from ..heads.placement import stand_clear
from ..heads.view import select_head
from .report import report_error


class ELOCUTE_OT_add_head_file(bpy.types.Operator):
    """Add a head from a face model, such as a FLAME head that "elocute convert flame" made"""

    bl_idname = "elocute.add_head_file"
    bl_label = "Add head from file"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    filepath: StringProperty(subtype="FILE_PATH")
    filter_glob: StringProperty(default="*.npz", options={"HIDDEN"})
    identity: StringProperty(
        name="Identity",
        description="Clip, motion file or array with identity coefficients; empty for the mean face",
        subtype="FILE_PATH",
    )
    live_identity: BoolProperty(
        name="Identity as shape keys",
        description="Keep every identity direction as a shape key; slower to play than a baked identity",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the button works; its tooltip says why not."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave this mode first (Tab).")
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Ask for the file."""
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Build the head and make it the active object."""
        try:
            face = read_face_model(Path(bpy.path.abspath(self.filepath)))
            identity = self.identity.strip()
            shape = read_identity(Path(bpy.path.abspath(identity))) if identity else None
            options = HeadOptions(name=f"{face.basis} head", shape=shape, live_identity=self.live_identity)
            scene = scene_of(context)
            rig = build_head(scene, face, options)
            stand_clear(scene, rig)
        except UserError as error:
            return report_error(self, error)
        select_head(context, scene, rig)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_add_head_file,)
