"""Change the rows of a character's map: channels, and bones that turn."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from dataclasses import replace
from typing import Final

import bpy
from bpy.props import EnumProperty, StringProperty

from ...core.errors import UserError
from ...core.retarget.controls.vocabulary import CONTROLS
from ...core.retarget.map_editing import (
    described,
    with_channel,
    with_mirror_of,
    without_channel,
)
from ...core.retarget.rig_map import AXES, BONE_PLACES, PLACES, MapChannel, MapTurn
from ...core.retarget.turn_editing import JOINT_LABELS, with_mirror_of_turn, with_turn, without_turn
from ..context import OperatorResult, layout_of, scene_of
from ..data_of import mesh_of
from ..session.edited_map import edited_map, edited_root, names_of, own_spelling
from ..targets.character import character_of
from ..ui.chosen_row import chosen_channel, chosen_turn, row_address, row_bone, row_text, turn_text
from ..ui.rig_map_settings import rig_settings
from .dialog import InDialog
from .kept_map import WithMap, kept_map
from .report import report_error

_PLACES: Final = tuple((place, place.capitalize(), f"A {place}") for place in PLACES)


_JOINTS: Final = tuple(
    (name, label, f"It follows the {label.lower()}") for name, label in JOINT_LABELS.items()
)


class _WithRow(WithMap):
    """What is done to the row that is chosen."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether a row is chosen."""
        settings = rig_settings(scene_of(context))
        if chosen_channel(context, settings) is not None or chosen_turn(context, settings) is not None:
            return True
        cls.poll_message_set("Choose a row of the map first.")  # type: ignore[attr-defined]
        return False


class ELOCUTE_OT_choose_rig_row(bpy.types.Operator):
    """Show this row's fields"""

    bl_idname = "elocute.choose_rig_row"
    bl_label = "Choose row"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender's way

    row: StringProperty()

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Choose it."""
        settings = rig_settings(scene_of(context))
        settings.row = "" if settings.row == self.row else self.row
        settings.error = ""
        return {"FINISHED"}


class ELOCUTE_OT_add_rig_row(InDialog, WithMap, bpy.types.Operator):
    """Add a channel of the rig to the map"""

    bl_idname = "elocute.add_rig_row"
    bl_label = "Add a row"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    place: EnumProperty(name="Kind", items=_PLACES, description="What kind of number it is")
    channel: StringProperty(name="Name", description="Name of the shape key, custom property or bone")
    axis: EnumProperty(
        name="Axis", items=tuple((axis, axis.upper(), "") for axis in AXES), description="The bone's own axis"
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Show what is asked for."""
        layout = layout_of(self)
        layout.prop(self, "place")
        thing = context.active_object
        character = character_of(thing, scene_of(context)) if thing is not None else None
        keys = mesh_of(character.keyed[0]).shape_keys if character is not None and character.keyed else None
        if self.place in BONE_PLACES and character is not None and character.armature is not None:
            layout.prop_search(self, "channel", character.armature.data, "bones")
            layout.row().prop(self, "axis", expand=True)
        elif self.place == "key" and keys is not None:
            layout.prop_search(self, "channel", keys, "key_blocks")
        else:
            layout.prop(self, "channel")

    def accept(self, context: bpy.types.Context) -> OperatorResult:
        """Add it."""
        rig_map = edited_map(context)
        if rig_map is None:
            return {"CANCELLED"}
        try:
            name = own_spelling(context, self.place, self.channel)
        except UserError as error:
            return report_error(self, error)
        axis = AXES.index(self.axis) if self.place in BONE_PLACES else 0
        added = MapChannel(self.place, name, axis, {"jawOpen": 1.0}, gain=0.0, exact=True)
        try:
            changed = with_channel(rig_map, added)
        except UserError as error:
            return report_error(self, error)
        return kept_map(self, context, changed, row_text(added.address))


class ELOCUTE_OT_remove_rig_row(_WithRow, bpy.types.Operator):
    """Take the chosen row out of the map"""

    bl_idname = "elocute.remove_rig_row"
    bl_label = "Remove the row"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Take it out."""
        rig_map, row = edited_map(context), rig_settings(scene_of(context)).row
        address, bone = row_address(row), row_bone(row)
        if rig_map is None or (address is None and not bone):
            return {"CANCELLED"}
        try:
            changed = (
                without_channel(rig_map, address) if address is not None else without_turn(rig_map, bone)
            )
        except UserError as error:
            return report_error(self, error)
        return kept_map(self, context, changed, "")


class ELOCUTE_OT_mirror_rig_row(_WithRow, bpy.types.Operator):
    """Let the channel of the other side do the same with the other side's controls"""

    bl_idname = "elocute.mirror_rig_row"
    bl_label = "Mirror the row"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Mirror it."""
        rig_map, settings = edited_map(context), rig_settings(scene_of(context))
        channel, turn = chosen_channel(context, settings), chosen_turn(context, settings)
        if rig_map is None:
            return {"CANCELLED"}
        try:
            if channel is not None:
                names, name = names_of(context, channel.place), described(channel)
                changed = with_mirror_of(rig_map, channel, names)
            elif turn is not None:
                names, name = names_of(context, "rotation"), turn.bone
                changed = with_mirror_of_turn(rig_map, turn, names)
            else:
                return {"CANCELLED"}
        except UserError as error:
            return report_error(self, error)
        self.report({"INFO"}, f"Mirrored {name}.")
        return kept_map(self, context, changed)


class ELOCUTE_OT_add_rig_turn(InDialog, WithMap, bpy.types.Operator):
    """Let a bone turn as the jaw, the head, the neck or an eye does"""

    bl_idname = "elocute.add_rig_turn"
    bl_label = "Add a bone that turns"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    bone: StringProperty(name="Bone", description="Bone of the rig that turns")
    joint: EnumProperty(name="Turns as", items=_JOINTS, description="What it follows")

    def draw(self, context: bpy.types.Context) -> None:
        """Show what is asked for."""
        layout, root = layout_of(self), edited_root(context)
        layout.prop(self, "joint")
        if root is not None and root.type == "ARMATURE":
            layout.prop_search(self, "bone", root.data, "bones")
        else:
            layout.prop(self, "bone")

    def accept(self, context: bpy.types.Context) -> OperatorResult:
        """Add it."""
        rig_map = edited_map(context)
        if rig_map is None:
            return {"CANCELLED"}
        try:
            bone = own_spelling(context, "rotation", self.bone)
            changed = with_turn(rig_map, MapTurn(self.joint, bone))
        except UserError as error:
            return report_error(self, error)
        return kept_map(self, context, changed, turn_text(bone))


class ELOCUTE_OT_add_rig_control(_WithRow, bpy.types.Operator):
    """Add a control to the chosen row"""

    bl_idname = "elocute.add_rig_control"
    bl_label = "Add a control"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    control: EnumProperty(
        name="Control",
        items=tuple((name, name, f"Add {name}") for name in CONTROLS),
        description="A control",
    )

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add it."""
        rig_map, channel = edited_map(context), chosen_channel(context, rig_settings(scene_of(context)))
        if rig_map is None or channel is None:
            return {"CANCELLED"}
        if channel.pose is not None:
            changed = replace(channel, pose=dict(channel.pose) | {self.control: 1.0})
        else:
            changed = replace(channel, mix=dict(channel.mix) | {self.control: 1.0}, exact=True)
        return kept_map(self, context, with_channel(rig_map, changed, channel.address))


CLASSES = (
    ELOCUTE_OT_choose_rig_row,
    ELOCUTE_OT_add_rig_row,
    ELOCUTE_OT_add_rig_turn,
    ELOCUTE_OT_remove_rig_row,
    ELOCUTE_OT_mirror_rig_row,
    ELOCUTE_OT_add_rig_control,
)
