"""A character in the sidebar: its rig map, test poses, marked points, calibration, strength. Drawing only."""

from __future__ import annotations

from typing import Final

import bpy

from ...core.errors import UserError
from ...core.retarget.detect import Decision
from ...core.retarget.test_poses import TEST_POSES
from ..context import layout_of, scene_of
from ..session import jobs
from ..session.edited_map import edited_root
from ..targets.character_rig import CharacterRig
from ..targets.find import target_of
from ..targets.rig_state import held_map, held_points, held_shapes
from .rig_map_rows import draw_rows
from .rig_map_settings import rig_settings
from .sub_panel import SubPanel
from .test_pose_fields import OFF
from .wrapped_text import draw_wrapped

KINDS: Final = 3
"""Kinds whose score is shown."""


class _OfCharacter:
    """What the panels share: they are there for characters of the user's."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether a character is active."""
        return edited_root(context) is not None


class ELOCUTE_PT_rig_map(_OfCharacter, SubPanel, bpy.types.Panel):
    """What plays which control"""

    bl_label = "Rig map"
    bl_idname = "ELOCUTE_PT_rig_map"

    def draw(self, context: bpy.types.Context) -> None:
        """Show the map, or how to get one."""
        layout, root = layout_of(self), edited_root(context)
        if root is None:
            return
        try:
            rig_map = held_map(root)
        except UserError as error:
            _draw_damaged(layout, context, error)
            return
        if rig_map is None:
            _draw_without_map(layout, context)
            return
        draw_rows(layout, context, rig_settings(scene_of(context)), rig_map)
        layout.operator("elocute.apply_rig_map", icon="FILE_REFRESH")
        row = layout.row(align=True)
        row.operator("elocute.fill_rig_map", icon="SHADERFX")
        row.operator("elocute.release_rig_map", text="", icon="X")
        _draw_files(layout)


class ELOCUTE_PT_test_pose(_OfCharacter, SubPanel, bpy.types.Panel):
    """Shapes of the face that show whether the map is right"""

    bl_label = "Test poses"
    bl_idname = "ELOCUTE_PT_test_pose"

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


class ELOCUTE_PT_mouth_points(_OfCharacter, SubPanel, bpy.types.Panel):
    """Where the mouth is, where that is not found"""

    bl_label = "Mouth points"
    bl_idname = "ELOCUTE_PT_mouth_points"

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
                "Where lips are not found: click both lips in the middle and both corners, or select four "
                "vertices or four empties there.", icon="INFO",
            )  # fmt: skip
        layout.operator("elocute.pick_mouth", icon="RESTRICT_SELECT_OFF")
        row = layout.row(align=True)
        row.operator("elocute.mark_mouth", icon="VERTEXSEL")
        if marked is not None:
            row.operator("elocute.forget_mouth", text="", icon="X")


class ELOCUTE_PT_calibration(_OfCharacter, SubPanel, bpy.types.Panel):
    """A map from poses: pose the rig once for each shape"""

    bl_label = "Calibration"
    bl_idname = "ELOCUTE_PT_calibration"

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


def _draw_without_map(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    target = target_of(context.active_object)
    rig = target if isinstance(target, CharacterRig) else None
    if rig is not None and rig.bound is not None:
        layout.label(text=f"{rig.bound.rig_map.title}: {len(rig.bound.drives)} channels", icon="CHECKMARK")
        _draw_decision(layout, context, rig.found)
        layout.operator("elocute.edit_rig_map", icon="GREASEPENCIL")
    else:
        said = rig.question if rig is not None else ""
        draw_wrapped(
            layout, context, said or "No kind of face rig is known here: fill in a map, or load one.",
            icon="QUESTION",
        )  # fmt: skip
        _draw_decision(layout, context, rig.found if rig is not None else None)
    layout.operator("elocute.fill_rig_map", icon="SHADERFX")
    _draw_files(layout)


def _draw_decision(layout: bpy.types.UILayout, context: bpy.types.Context, found: Decision | None) -> None:
    """The kinds that come nearest, how well each fits, and why."""
    if found is None:
        return
    box = layout.box()
    listed = sorted(found.candidates, key=lambda one: (one is not found.chosen, -one.score))[:KINDS]
    for one in sorted(listed, key=lambda one: -one.score):
        chosen = one is found.chosen
        box.label(text=f"{one.rig_map.title}: {one.score:.0%}", icon="CHECKMARK" if chosen else "DOT")
        draw_wrapped(box, context, " ".join(one.reasons))
    if found.beside:
        draw_wrapped(box, context, found.beside, icon="INFO")


def _draw_damaged(layout: bpy.types.UILayout, context: bpy.types.Context, error: UserError) -> None:
    """What is wrong with the map, and what leads out of it."""
    box = layout.box()
    box.alert = True
    draw_wrapped(box, context, str(error), icon="ERROR")
    layout.operator("elocute.release_rig_map", icon="X")
    layout.operator("elocute.fill_rig_map", icon="SHADERFX")
    _draw_files(layout)


def _draw_files(layout: bpy.types.UILayout) -> None:
    row = layout.row(align=True)
    row.operator("elocute.save_rig_map", text="Save", icon="EXPORT")
    row.operator("elocute.load_rig_map", text="Load", icon="IMPORT")
    row.operator("elocute.copy_rig_map", text="", icon="COPYDOWN")
    row.operator("elocute.paste_rig_map", text="", icon="PASTEDOWN")


CLASSES = (
    ELOCUTE_PT_rig_map,
    ELOCUTE_PT_test_pose,
    ELOCUTE_PT_mouth_points,
    ELOCUTE_PT_calibration,
)
