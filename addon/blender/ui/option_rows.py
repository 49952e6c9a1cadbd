"""Rows of the panel, made from the table of options."""

from __future__ import annotations

import bpy

from ...core.options import Group, Option, options_in
from ..session import jobs
from .properties import ElocuteSceneSettings


def draw_options(layout: bpy.types.UILayout, settings: ElocuteSceneSettings, group: Group) -> None:
    """Draw a row for every option of one part of the panel."""
    for option in options_in(group):
        if option.group == "recording":
            layout.label(text=option.label)
            _draw_field(layout, settings, option, text="")
        elif option.switch:
            _draw_switched(layout, settings, option)
        else:
            _draw_field(layout, settings, option, text=option.label)


def _draw_field(
    layout: bpy.types.UILayout, settings: ElocuteSceneSettings, option: Option, text: str
) -> None:
    placeholder = option.placeholder
    if option.suggestions == "models":
        placeholder = jobs.session().model_names()[0]
    layout.prop(settings, option.name, text=text, placeholder=placeholder)
    if option.text_block_name:
        layout.prop(settings, option.text_block_name, text="", icon="TEXT")


def _draw_switched(layout: bpy.types.UILayout, settings: ElocuteSceneSettings, option: Option) -> None:
    """A switch, and a number that counts while it is on."""
    row = layout.row(heading=option.label)
    row.prop(settings, option.switch, text="")
    number = row.row()
    number.active = getattr(settings, option.switch)
    number.prop(settings, option.name, text="")
