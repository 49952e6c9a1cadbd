"""Calibrate a rig: record what it is posed to for a few shapes of the face, and solve a map from them."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from typing import Final

import bpy
from bpy.props import EnumProperty, StringProperty

from ...core.errors import UserError
from ...core.retarget.calibration import solved_map
from ...core.retarget.test_poses import TEST_POSES
from ..context import OperatorResult, layout_of, scene_of
from ..session import jobs
from ..session.edited_map import edited_root, keep_map
from ..targets.character import Character, character_of
from ..targets.character_rig import CharacterRig
from ..targets.find import target_of
from ..targets.recorded_shapes import shape_now, shape_of_action
from ..targets.rig_state import SHAPES_KEY, held_shapes, hold_shape, release
from ..targets.survey_character import survey_character
from ..ui.rig_map_settings import rig_settings
from .dialog import InDialog
from .kept_map import WithCharacter
from .report import report_error

_SHAPES: Final = tuple(
    (one.name, one.label, f"The rig now shows the shape {one.label}") for one in TEST_POSES.values()
)


def _character(context: bpy.types.Context) -> Character:
    character = character_of(context.active_object, scene_of(context))
    if character is None:
        raise UserError("No character is active.", "Click on the character.")
    return character


class ELOCUTE_OT_record_shape(WithCharacter, bpy.types.Operator):
    """Record the pose that the rig is in now as this shape of the face"""

    bl_idname = "elocute.record_shape"
    bl_label = "Record"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    shape: EnumProperty(name="Shape", items=_SHAPES, description="Shape of the face")

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Record it."""
        jobs.session().test_pose.leave()
        try:
            character = _character(context)
            hold_shape(character.root, self.shape, shape_now(character))
        except UserError as error:
            return report_error(self, error)
        self.report({"INFO"}, f"Recorded {TEST_POSES[self.shape].label}.")
        return {"FINISHED"}


class ELOCUTE_OT_record_action(InDialog, WithCharacter, bpy.types.Operator):
    """Record this shape of the face from an action or a pose of the pose library"""

    bl_idname = "elocute.record_action"
    bl_label = "Record from an action"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    shape: EnumProperty(name="Shape", items=_SHAPES, description="Shape of the face")
    action: StringProperty(name="Action", description="Its first frame is recorded")

    def draw(self, _context: bpy.types.Context) -> None:
        """Show what is asked for."""
        layout_of(self).prop_search(self, "action", bpy.data, "actions")

    def accept(self, context: bpy.types.Context) -> OperatorResult:
        """Record it."""
        action = bpy.data.actions.get(self.action)
        try:
            if action is None:
                raise UserError(f"There is no action {self.action}.", "Choose one of this file.")
            character = _character(context)
            hold_shape(character.root, self.shape, shape_of_action(character, action))
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class ELOCUTE_OT_solve_shapes(WithCharacter, bpy.types.Operator):
    """Make a map that plays the recorded shapes and all that lies between them"""

    bl_idname = "elocute.solve_shapes"
    bl_label = "Solve"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Make it."""
        target = target_of(context.active_object)
        turns = target.bound.turns if isinstance(target, CharacterRig) and target.bound is not None else ()
        try:
            character = _character(context)
            survey = survey_character(character).survey
            rig_map = solved_map(held_shapes(character.root), survey, turns)
            keep_map(context, rig_map)
        except UserError as error:
            return report_error(self, error)
        settings = rig_settings(scene_of(context))
        settings.row = settings.error = ""
        self.report({"INFO"}, f"Solved {len(rig_map.channels)} channels.")
        return {"FINISHED"}


class ELOCUTE_OT_forget_shapes(WithCharacter, bpy.types.Operator):
    """Forget all recorded shapes"""

    bl_idname = "elocute.forget_shapes"
    bl_label = "Forget the shapes"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Forget them."""
        root = edited_root(context)
        if root is not None:
            release(root, SHAPES_KEY)
        return {"FINISHED"}


CLASSES = (
    ELOCUTE_OT_record_shape,
    ELOCUTE_OT_record_action,
    ELOCUTE_OT_solve_shapes,
    ELOCUTE_OT_forget_shapes,
)
