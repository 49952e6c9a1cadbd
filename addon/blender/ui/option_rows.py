"""Rows of the panel, made from the table of options."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.option import Group, Option
from ...core.options import options_in
from ..session import jobs
from .properties import MODEL_OPTION


def draw_options(layout: bpy.types.UILayout, settings: Any, group: Group) -> None:
    """Draw a row for every option of one part of the panel."""
    for option in options_in(group):
        if option.group == "recording":
            layout.label(text=option.label)
            _draw_field(layout, settings, option, text="")
        elif option.switch:
            _draw_switched(layout, settings, option)
        else:
            _draw_field(layout, settings, option, text=option.label)


def _draw_field(layout: bpy.types.UILayout, settings: Any, option: Option, text: str) -> None:
    placeholder = option.placeholder
    if option.suggestions == "models":
        placeholder = jobs.session().model_names()[0]
    row = layout.row(align=True)
    row.prop(settings, option.name, text=text, placeholder=placeholder)
    if option.suggestions == "styles":
        row.operator("elocute.add_style_file", text="", icon="FILE_FOLDER")
    if option.suggestions == "models":
        model = jobs.session().model(getattr(settings, option.name).strip())
        if model is not None:
            reason = f": {model.engine_reason}" if model.engine_reason else ""
            layout.label(text=f"Computed by {model.engine}{reason}")
    if option.text_block_name:
        layout.prop(settings, option.text_block_name, text="", icon="TEXT")


def _draw_switched(layout: bpy.types.UILayout, settings: Any, option: Option) -> None:
    """A switch, and beside it the number, or while it is off the model's own one."""
    model = jobs.session().model(getattr(settings, MODEL_OPTION).strip())
    own = model.options.get(option.wire.partition(".")[2]) if model is not None else None
    row = layout.row(heading=option.label)
    row.prop(settings, option.switch, text="")
    if getattr(settings, option.switch):
        row.alert = model is not None and own is None  # the service will refuse it, and say why
        row.prop(settings, option.name, text="")
    elif own is not None:
        row.label(text=f"Default: {own.default:g}")
    else:
        row.label(text="Model default" if model is None else f"Not in {model.id}")
