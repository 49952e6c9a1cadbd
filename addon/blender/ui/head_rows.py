"""The head in the sidebar: which one, what is needed before it can be keyed, and its tools."""

from __future__ import annotations

import bpy

from ..context import layout_of, scene_of
from ..heads.library_override import linked_target
from ..targets.character_rig import CharacterRig
from ..targets.find import active_head, active_target, names_to_choose_from, target_of
from .head_pictures import ELOCUTE_PT_cast
from .option_rows import draw_options
from .properties import active_line, scene_settings
from .sub_panel import SubPanel
from .wrapped_text import draw_wrapped


def draw_head(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The head that Generate would key, and the buttons that add one."""
    target = active_target(context)
    line = active_line(scene_of(context))
    if line is not None and line.character is not None:
        target = target_of(line.character)
    elif line is not None and line.speaker:
        draw_wrapped(
            layout, context, f"{line.speaker} was deleted: choose the line's character again.", icon="ERROR"
        )
        target = None
    elif names := names_to_choose_from(context):
        draw_wrapped(
            layout, context, f"{len(names)} characters: select the one that speaks.", icon="QUESTION"
        )
        target = None
    row = layout.row(align=True)
    if target is None:
        row.popover(ELOCUTE_PT_cast.bl_idname, text="Add a head", icon="ADD")
        if active_target(context) is None:
            draw_options(layout, scene_settings(scene_of(context)), "head")
    else:
        row.label(text=target.name, icon="ARMATURE_DATA")
        row.popover(ELOCUTE_PT_cast.bl_idname, text="", icon="ADD")
    row.operator("elocute.add_head_file", text="", icon="FILE_FOLDER")
    if target is not None:
        row.operator("elocute.add_portrait", text="", icon="OUTLINER_OB_CAMERA")
    if isinstance(target, CharacterRig):
        draw_character(layout, context, target)
    if linked := linked_target(context):
        draw_wrapped(layout, context, linked.sentence, icon="LINKED")
        layout.operator("elocute.make_editable", icon="LIBRARY_DATA_OVERRIDE")


def draw_character(layout: bpy.types.UILayout, context: bpy.types.Context, character: CharacterRig) -> None:
    """What a character's face rig is taken for, with a menu to say otherwise, and what has to be decided."""
    layout.operator_menu_enum("elocute.choose_rig_map", "kind", text=character.title or "Choose a face rig")
    if character.damaged:
        layout.label(text="Its rig map is damaged: see Rig map below.", icon="ERROR")
    elif character.question:
        draw_wrapped(layout, context, character.question, icon="QUESTION")


class ELOCUTE_PT_head(SubPanel, bpy.types.Panel):
    """What can be done with a head beside making it speak"""

    bl_label = "Head tools"
    bl_idname = "ELOCUTE_PT_head"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is a head or a character with a face rig."""
        return active_target(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Show the tools."""
        layout = layout_of(self)
        target, head = active_target(context), active_head(context)
        if head is not None and not isinstance(target, CharacterRig):
            layout.prop(head.armature, "show_in_front", text="Bones in front of the face")
        column = layout.column(align=True)
        column.operator("elocute.add_portrait", icon="OUTLINER_OB_CAMERA")
        if head is None or isinstance(target, CharacterRig):
            return  # a character's drivers are the user's own
        column.operator("elocute.bake_head", icon="KEYFRAME_HLT")
        column.operator("elocute.write_vertex_cache", icon="EXPORT")


CLASSES = (ELOCUTE_PT_head,)
