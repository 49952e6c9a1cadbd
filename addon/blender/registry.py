"""Register everything with Blender in order, and undo it in reverse."""

from __future__ import annotations

from typing import Any, Final

import bpy

from .operators import (
    add_head,
    add_head_file,
    add_portrait,
    apply_rig_map,
    calibrate,
    choose_files,
    choose_rig_map,
    fill_rig_map,
    fill_scene,
    first_sight,
    generate,
    head_tools,
    idle,
    layers,
    line_list,
    lines_from_strips,
    live_out,
    make_editable,
    mouth_points,
    pick_mouth,
    ranges,
    rekey,
    rig_map,
    rig_map_files,
    rig_map_rows,
    set_up,
    split_line,
    style_changes,
    style_from_face,
    takes,
    use_words,
    word_drag,
    words,
)
from .session import handlers, jobs
from .ui import (
    head_pictures,
    head_rows,
    keys_panel,
    languages,
    layers_panel,
    lines_panel,
    menus,
    panels,
    properties,
    rig_map_panel,
    rig_map_settings,
    style_panel,
    takes_panel,
    word_overlay,
    words_panel,
)
from .ui import words as selected_words
from .ui.preferences import ElocutePreferences, read_settings

CLASSES: Final = (
    ElocutePreferences,
    *set_up.CLASSES,
    *choose_files.CLASSES,
    *choose_rig_map.CLASSES,
    *generate.CLASSES,
    *first_sight.CLASSES,
    *use_words.CLASSES,
    *idle.CLASSES,
    *rekey.CLASSES,
    *fill_scene.CLASSES,
    *layers.CLASSES,
    *line_list.CLASSES,
    *lines_from_strips.CLASSES,
    *split_line.CLASSES,
    *takes.CLASSES,
    *style_changes.CLASSES,
    *style_from_face.CLASSES,
    *ranges.CLASSES,
    *words.CLASSES,
    *word_drag.CLASSES,
    *live_out.CLASSES,
    *add_head.CLASSES,
    *add_head_file.CLASSES,
    *head_tools.CLASSES,
    *add_portrait.CLASSES,
    *make_editable.CLASSES,
    *rig_map.CLASSES,
    *fill_rig_map.CLASSES,
    *rig_map_rows.CLASSES,
    *apply_rig_map.CLASSES,
    *rig_map_files.CLASSES,
    *mouth_points.CLASSES,
    *pick_mouth.CLASSES,
    *calibrate.CLASSES,
    *head_pictures.CLASSES,
    *lines_panel.CLASSES,
    *panels.CLASSES,
    *takes_panel.CLASSES,
    *style_panel.CLASSES,
    *words_panel.CLASSES,
    *keys_panel.CLASSES,
    *layers_panel.CLASSES,
    *head_rows.CLASSES,
    *rig_map_panel.CLASSES,
    *menus.CLASSES,
)


def _in_one_line(operator: Any) -> None:
    """Let its tooltip be its docstring without the line breaks of the source, which Blender would show."""
    operator.bl_description = " ".join((operator.__doc__ or "").split())


def register() -> None:
    """Register every class and property and begin the session."""
    jobs.register()
    languages.register()
    for cls in CLASSES:
        if issubclass(cls, bpy.types.Operator):
            _in_one_line(cls)
        bpy.utils.register_class(cls)
    head_pictures.register()
    properties.register()
    selected_words.register()
    word_overlay.register()
    word_drag.register()
    rig_map_settings.register()
    handlers.register()
    menus.register()
    jobs.session().service_changed(read_settings())


def unregister() -> None:
    """Leave nothing behind: no class, property, handler, timer, thread or process."""
    handlers.unregister()
    jobs.shutdown()
    menus.unregister()
    rig_map_settings.unregister()
    word_drag.unregister()
    word_overlay.unregister()
    selected_words.unregister()
    properties.unregister()
    head_pictures.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    languages.unregister()
