"""A character in the sidebar: its rig map, test poses, marked points, calibration, strength. Drawing only."""

from __future__ import annotations

import math
from typing import Final

import bpy

from ...core.errors import UserError
from ...core.retarget.map_editing import controls_text, found_rows
from ...core.retarget.rig_map import AXES, BONE_PLACES, MapChannel, RigMap
from ...core.retarget.test_poses import TEST_POSES
from ..context import layout_of, scene_of
from ..session import jobs
from ..targets.character_rig import CharacterRig
from ..targets.find import target_of
from ..targets.rig_state import held_map, held_points, held_shapes
from .option_rows import draw_options
from .properties import scene_settings
from .rig_map_settings import (
    OFF,
    ElocuteRigSettings,
    chosen_channel,
    edited_root,
    rig_settings,
    row_text,
)
from .wrapped_text import draw_wrapped

ROWS: Final = 12
"""Rows of the list on one page."""
_LONGEST: Final = 40


class _OfCharacter:
    """What the panels share: they are there for characters of the user's."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether a character is active."""
        return edited_root(context) is not None


class ELOCUTE_PT_rig_map(_OfCharacter, bpy.types.Panel):
    """What plays which control"""

    bl_label = "Rig map"
    bl_idname = "ELOCUTE_PT_rig_map"
    bl_parent_id = "ELOCUTE_PT_generate"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Elocute"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender's way

    def draw(self, context: bpy.types.Context) -> None:
        """Show the map, or how to get one."""
        layout, root = layout_of(self), edited_root(context)
        if root is None:
            return
        settings = rig_settings(scene_of(context))
        try:
            rig_map = held_map(root)
        except UserError as error:
            rig_map = None
            draw_wrapped(layout, context, str(error), icon="ERROR")
        if rig_map is None:
            _draw_without_map(layout, context)
            return
        _draw_list(layout, context, settings, rig_map)
        if settings.error:
            box = layout.box()
            box.alert = True
            draw_wrapped(box, context, settings.error, icon="ERROR")
        channel = chosen_channel(context, settings)
        if channel is not None:
            _draw_channel(layout.box(), settings, channel)
        layout.operator("elocute.apply_rig_map", icon="FILE_REFRESH")
        row = layout.row(align=True)
        row.operator("elocute.fill_rig_map", icon="SHADERFX")
        row.operator("elocute.release_rig_map", text="", icon="X")
        _draw_files(layout)


class ELOCUTE_PT_test_pose(_OfCharacter, bpy.types.Panel):
    """Shapes of the face that show whether the map is right"""

    bl_label = "Test poses"
    bl_idname = "ELOCUTE_PT_test_pose"
    bl_parent_id = "ELOCUTE_PT_generate"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Elocute"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender's way

    def draw(self, context: bpy.types.Context) -> None:
        """Show the poses."""
        layout, settings = layout_of(self), rig_settings(scene_of(context))
        grid = layout.grid_flow(row_major=True, columns=3, even_columns=True, align=True)
        grid.prop(settings, "pose", expand=True)
        row = layout.row()
        row.enabled = settings.pose != OFF
        row.prop(settings, "blend", slider=True)
        posing = jobs.session().test_pose
        if posing.busy:
            layout.label(text="Measuring the face", icon="SORTTIME")
        if posing.error:
            draw_wrapped(layout, context, posing.error, icon="ERROR")


class ELOCUTE_PT_mouth_points(_OfCharacter, bpy.types.Panel):
    """Where the mouth is, where that is not found"""

    bl_label = "Mouth points"
    bl_idname = "ELOCUTE_PT_mouth_points"
    bl_parent_id = "ELOCUTE_PT_generate"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Elocute"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender's way

    def draw(self, context: bpy.types.Context) -> None:
        """Say what to mark, and what is marked."""
        layout, root = layout_of(self), edited_root(context)
        marked = held_points(root) if root is not None else None
        if marked is not None:
            mesh = next(iter(marked.vertices.values()))[0]
            layout.label(text=f"Four points on {mesh}", icon="CHECKMARK")
        else:
            draw_wrapped(
                layout, context,
                "Where lips are not found: select four vertices, or four empties: both lips in the middle, "
                "and both corners.", icon="INFO",
            )  # fmt: skip
        row = layout.row(align=True)
        row.operator("elocute.mark_mouth", icon="VERTEXSEL")
        if marked is not None:
            row.operator("elocute.forget_mouth", text="", icon="X")


class ELOCUTE_PT_calibration(_OfCharacter, bpy.types.Panel):
    """A map from poses: pose the rig once for each shape"""

    bl_label = "Calibration"
    bl_idname = "ELOCUTE_PT_calibration"
    bl_parent_id = "ELOCUTE_PT_generate"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Elocute"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender's way

    def draw(self, context: bpy.types.Context) -> None:
        """Show the shapes, and which of them are recorded."""
        layout, root = layout_of(self), edited_root(context)
        recorded = held_shapes(root) if root is not None else {}
        column = layout.column(align=True)
        for pose in TEST_POSES.values():
            row = column.row(align=True)
            row.label(text=pose.label, icon="CHECKMARK" if pose.name in recorded else "BLANK1")
            row.operator("elocute.record_shape", icon="REC").shape = pose.name
            row.operator("elocute.record_action", text="", icon="ACTION").shape = pose.name
        row = layout.row(align=True)
        row.operator("elocute.solve_shapes", icon="SHADERFX")
        row.operator("elocute.forget_shapes", text="", icon="X")


class ELOCUTE_PT_strength(_OfCharacter, bpy.types.Panel):
    """How strongly each part of the face plays"""

    bl_label = "Strength"
    bl_idname = "ELOCUTE_PT_strength"
    bl_parent_id = "ELOCUTE_PT_generate"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Elocute"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender's way

    def draw(self, context: bpy.types.Context) -> None:
        """Show the sliders."""
        layout = layout_of(self)
        layout.use_property_split = True
        layout.use_property_decorate = False
        draw_options(layout, scene_settings(scene_of(context)), "strength")


def _draw_without_map(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    target = target_of(context.active_object)
    bound = target.bound if isinstance(target, CharacterRig) else None
    if bound is not None:
        layout.label(text=f"{bound.rig_map.title}: {len(bound.drives)} channels", icon="CHECKMARK")
        layout.operator("elocute.edit_rig_map", icon="GREASEPENCIL")
    else:
        said = target.question if isinstance(target, CharacterRig) else ""
        draw_wrapped(
            layout, context, said or "No kind of face rig is known here: fill in a map, or load one.",
            icon="QUESTION",
        )  # fmt: skip
    layout.operator("elocute.fill_rig_map", icon="SHADERFX")
    _draw_files(layout)


def _draw_files(layout: bpy.types.UILayout) -> None:
    row = layout.row(align=True)
    row.operator("elocute.save_rig_map", text="Save", icon="EXPORT")
    row.operator("elocute.load_rig_map", text="Load", icon="IMPORT")
    row.operator("elocute.copy_rig_map", text="", icon="COPYDOWN")
    row.operator("elocute.paste_rig_map", text="", icon="PASTEDOWN")


def _draw_list(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: ElocuteRigSettings, rig_map: RigMap
) -> None:
    layout.prop(settings, "search", text="", icon="VIEWZOOM")
    found = found_rows(rig_map, settings.search)
    pages = max(1, math.ceil(len(found) / ROWS))
    page = min(settings.page, pages)
    row = layout.row()
    column = row.column(align=True)
    column.scale_y = 0.9
    for channel in found[(page - 1) * ROWS : page * ROWS]:
        address = row_text(channel.address)
        line = column.split(factor=0.5, align=True)
        chosen = line.operator(
            "elocute.choose_rig_row", text=_named(channel), depress=address == settings.row
        )
        chosen.row = address
        line.label(text=_shortened(_played_by(channel)))
    if not found:
        column.label(text="No row holds these words." if settings.search else "Only bones turn in this map.")
    buttons = row.column(align=True)
    buttons.operator("elocute.add_rig_row", text="", icon="ADD")
    buttons.operator("elocute.remove_rig_row", text="", icon="REMOVE")
    buttons.operator("elocute.mirror_rig_row", text="", icon="MOD_MIRROR")
    line = layout.row(align=True)
    line.label(text=f"{len(found)} of {len(rig_map.channels)} channels")
    if pages > 1:
        line.prop(settings, "page", text=f"Page (of {pages})")
    for turn in rig_map.turns if page == pages and not settings.search else ():
        layout.label(text=f"{turn.bone} turns with {turn.joint.replace('_', ' ')}", icon="BONE_DATA")


def _named(channel: MapChannel) -> str:
    """A channel in few letters: a list is narrow."""
    if channel.place not in BONE_PLACES:
        return _shortened(channel.name)
    return f"{_shortened(channel.name)} {channel.place[:3]} {AXES[channel.axis]}"


def _played_by(channel: MapChannel) -> str:
    if channel.pose is not None:
        return f"≈ {controls_text(dict(channel.pose))}"
    if channel.mix:
        gain = f"{channel.gain:.3g} × " if channel.gain != 1.0 else ""  # noqa: RUF001 - as it is written
        return f"← {gain}{controls_text(dict(channel.mix))}"
    return "by geometry"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _draw_channel(layout: bpy.types.UILayout, settings: ElocuteRigSettings, channel: MapChannel) -> None:
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(settings, "place")
    layout.prop(settings, "channel")
    if channel.place in BONE_PLACES:
        layout.row().prop(settings, "axis", expand=True)
    layout.prop(settings, "plays")
    if channel.mix or channel.pose is not None:
        layout.prop(settings, "controls")
        layout.operator_menu_enum("elocute.add_rig_control", "control", text="Add a control")
    column = layout.column(align=True)
    column.prop(settings, "gain")
    column.prop(settings, "offset")
    layout.prop(settings, "limited")
    if settings.limited:
        column = layout.column(align=True)
        column.prop(settings, "lowest")
        column.prop(settings, "highest")
    if channel.mix:
        layout.prop(settings, "curve")
    row = layout.row()
    row.prop(settings, "exact")
    row.prop(settings, "mirror")


CLASSES = (
    ELOCUTE_PT_rig_map,
    ELOCUTE_PT_test_pose,
    ELOCUTE_PT_mouth_points,
    ELOCUTE_PT_calibration,
    ELOCUTE_PT_strength,
)
