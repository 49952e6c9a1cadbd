"""The rows of a rig map in the sidebar, and the fields of the one that is chosen. Drawing only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import bpy

from ...core.retarget.map_editing import controls_text, found_rows
from ...core.retarget.rig_map import AXES, BONE_PLACES, MapChannel, MapTurn, Place, RigMap
from ...core.retarget.turn_editing import JOINT_LABELS, found_turns
from ..session.edited_map import edited_root, lacking, lacks_sentence
from .chosen_row import chosen_channel, chosen_turn, row_text, turn_text
from .rig_map_settings import ElocuteRigSettings
from .wrapped_text import draw_wrapped

ROWS: Final = 12
"""Rows of the list on one page."""
_LONGEST: Final = 40
_TURNED: Final[Place] = "rotation"


@dataclass(frozen=True)
class _Row:
    """A row of the list.

    Attributes:
        text: what it is chosen by.
        shown: what is driven.
        plays: what it plays.
        name: place and name on the rig.
    """

    text: str
    shown: str
    plays: str
    name: tuple[Place, str]


def draw_rows(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: ElocuteRigSettings, rig_map: RigMap
) -> None:
    """Draw the rows of a map, what is wrong, and the chosen row's fields."""
    rows = [_of_channel(one) for one in found_rows(rig_map, settings.search)]
    rows += [_of_turn(one) for one in found_turns(rig_map, settings.search)]
    every = [_of_channel(one) for one in rig_map.channels] + [_of_turn(one) for one in rig_map.turns]
    lacks = lacking(context, [row.name for row in every])
    _draw_list(layout, settings, rows, lacks, len(every))
    channel, turn = chosen_channel(context, settings), chosen_turn(context, settings)
    chosen: tuple[Place, str] | None = None
    if channel is not None:
        chosen = channel.place, channel.name
        _draw_channel(layout.box(), context, settings, channel)
    elif turn is not None:
        chosen = _TURNED, turn.bone
        _draw_turn(layout.box(), context, settings, turn)
    _draw_extras(layout, settings)
    wrong = settings.error
    if not wrong and chosen is not None and chosen in lacks:
        wrong = f"{lacks_sentence(context, *chosen)} Choose one that it has, or remove the row."
    if wrong:
        box = layout.box()
        box.alert = True
        draw_wrapped(box, context, wrong, icon="ERROR")


def _draw_list(
    layout: bpy.types.UILayout,
    settings: ElocuteRigSettings,
    rows: list[_Row],
    lacks: set[tuple[Place, str]],
    count: int,
) -> None:
    layout.prop(settings, "search", text="", icon="VIEWZOOM")
    pages = max(1, math.ceil(len(rows) / ROWS))
    page = min(settings.page, pages)
    split = layout.row()
    column = split.column(align=True)
    column.scale_y = 0.9
    for row in rows[(page - 1) * ROWS : page * ROWS]:
        line = column.split(factor=0.5, align=True)
        line.alert = row.name in lacks
        chosen = line.operator("elocute.choose_rig_row", text=row.shown, depress=row.text == settings.row)
        chosen.row = row.text
        line.label(text=row.plays, icon="ERROR" if row.name in lacks else "NONE")
    if not rows:
        column.label(text="No row holds these words.")
    buttons = split.column(align=True)
    buttons.operator("elocute.add_rig_row", text="", icon="ADD")
    buttons.operator("elocute.add_rig_turn", text="", icon="BONE_DATA")
    buttons.operator("elocute.remove_rig_row", text="", icon="REMOVE")
    buttons.operator("elocute.mirror_rig_row", text="", icon="MOD_MIRROR")
    line = layout.row(align=True)
    line.label(text=f"{len(rows)} of {count} rows")
    if pages > 1:
        line.prop(settings, "page", text=f"Page (of {pages})")
    if lacks:
        line = layout.row()
        line.alert = True
        line.label(text=f"{len(lacks)} not on this rig, marked red", icon="ERROR")


def _of_channel(channel: MapChannel) -> _Row:
    name = (channel.place, channel.name)
    return _Row(row_text(channel.address), _named(channel), _shortened(_played_by(channel)), name)


def _of_turn(turn: MapTurn) -> _Row:
    plays = f"turns as {JOINT_LABELS[turn.joint].lower()}"
    if turn.share != 1.0:
        plays += f", {turn.share:.3g}"
    return _Row(turn_text(turn.bone), _shortened(turn.bone), plays, (_TURNED, turn.bone))


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


def _draw_channel(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: ElocuteRigSettings, channel: MapChannel
) -> None:
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(settings, "place")
    if channel.place in BONE_PLACES:
        _draw_bone(layout, context, settings, "channel")
    else:
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


def _draw_turn(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: ElocuteRigSettings, turn: MapTurn
) -> None:
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(settings, "turn_joint")
    _draw_bone(layout, context, settings, "turn_bone")
    layout.prop(settings, "turn_share")
    if turn.joint == "jaw":
        layout.prop(settings, "turn_axis")
        if settings.turn_axis == "OWN":
            layout.column(align=True).prop(settings, "turn_vector")
        layout.prop(settings, "turn_angle")
    layout.prop(settings, "turn_limited")
    if settings.turn_limited:
        layout.prop(settings, "turn_limit")
    row = layout.row()
    if turn.joint == "jaw":
        row.prop(settings, "turn_exact")
    row.prop(settings, "mirror")


def _draw_extras(layout: bpy.types.UILayout, settings: ElocuteRigSettings) -> None:
    layout.prop(settings, "extras", icon="DOWNARROW_HLT" if settings.extras else "RIGHTARROW", emboss=False)
    if not settings.extras:
        return
    column = layout.column(align=True)
    column.use_property_split = True
    column.use_property_decorate = False
    for field in ("look_both", "look_left", "look_right", "combinations"):
        column.prop(settings, field)


def _draw_bone(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: ElocuteRigSettings, field: str
) -> None:
    """A bone's name, with the rig's bones to choose from."""
    root = edited_root(context)
    if root is not None and root.type == "ARMATURE":
        layout.prop_search(settings, field, root.data, "bones")
    else:
        layout.prop(settings, field)
