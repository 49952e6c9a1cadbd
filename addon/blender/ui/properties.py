"""Blender's properties for the table of options, and how they are read.

A scene has one set of them, and each line in its list of lines has one of its own; what stands in
:data:`~addon.core.option.SCENE_GROUPS` is the scene's in any case. With an empty list all are the scene's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ...core.option import SCENE_GROUPS, Group, Option
from ...core.options import OPTIONS, VARYING, SceneOptions, from_values
from ..keyed_values import animated_values
from ..session import jobs
from ..targets.find import may_stand_for_a_target
from ..version_compat import relative_path_options

SCENE_PROPERTY: Final = "elocute"
LINES_PROPERTY: Final = "elocute_lines"
ACTIVE_LINE_PROPERTY: Final = "elocute_active_line"
MODEL_OPTION: Final = next(option.name for option in OPTIONS if option.suggestions == "models")


def _known_styles(self: Any, _context: bpy.types.Context, typed: str) -> list[str]:
    return [
        name
        for name in jobs.session().styles(getattr(self, MODEL_OPTION).strip())
        if typed.lower() in name.lower()
    ]


def _known_models(_self: Any, _context: bpy.types.Context, typed: str) -> list[str]:
    return [name for name in jobs.session().model_names() if typed.lower() in name.lower()]


_SUGGESTIONS: Final[dict[str, Callable[[Any, bpy.types.Context, str], list[str]]]] = {
    "styles": _known_styles,
    "models": _known_models,
}


_MAKERS: Final[dict[str, Callable[..., Any]]] = {
    "bool": BoolProperty,
    "int": IntProperty,
    "float": FloatProperty,
    "enum": EnumProperty,
    "text": StringProperty,
    "path": StringProperty,
    "text block": PointerProperty,
}


def _properties(option: Option) -> dict[str, Any]:
    """Blender's properties of one option, by name: its own, and its switch or text data-block."""
    facts: dict[str, Any] = {
        "name": option.label,
        "description": option.description,
        "default": option.default,
    }
    if option.lowest is not None:
        facts["min"] = option.lowest
    if option.highest is not None:
        facts["max"] = option.highest
    if option.kind == "enum":
        facts["items"] = tuple((c.id, c.label, c.tooltip) for c in option.choices)
    if option.kind == "path":
        facts |= {"subtype": "FILE_PATH", "options": relative_path_options()}
    if option.suggestions:
        facts["search"] = _SUGGESTIONS[option.suggestions]
    made = {option.name: _MAKERS[option.kind](**facts)}
    if option.switch:
        made[option.switch] = _MAKERS["bool"](
            name=option.label, description=f"Set {option.label.lower()} here; off uses the model's default"
        )
    if option.text_block_name:
        made[option.text_block_name] = _MAKERS["text block"](
            type=bpy.types.Text,
            name="Text",
            description="Take the text from this text data-block instead of the line above",
        )
    return made


class ElocuteSceneSettings(bpy.types.PropertyGroup):
    """Settings of the sidebar tab, one set a scene: the table of options as Blender's properties."""


class ElocuteLine(bpy.types.PropertyGroup):
    """A line of a scene: its options, and besides them who speaks it and what became of it.

    ``key`` names it for good, ``problem`` is a sentence on why it could not be generated, ``speaker`` is what
    its character was called when it was chosen: Blender empties ``character`` where that is deleted.
    """


def _may_speak(_self: Any, thing: bpy.types.Object) -> bool:
    return may_stand_for_a_target(thing) and bool(thing.users_scene)


def _character_chosen(self: Any, _context: bpy.types.Context) -> None:
    self.speaker = self.character.name if self.character is not None else ""


def register() -> None:
    """Register the property groups, and give every scene its own.

    Blender reads a class's properties from its annotations, while it registers it. They are taken away again:
    Blender 4.2 crashes at its end when a property with a search function still stands there.
    """
    made = {option.name: _properties(option) for option in OPTIONS}
    _register(ElocuteSceneSettings, {name: value for own in made.values() for name, value in own.items()})
    of_a_line = {
        name: value
        for option in OPTIONS
        if option.group not in SCENE_GROUPS
        for name, value in made[option.name].items()
    }
    of_a_line["character"] = PointerProperty(  # type: ignore[func-returns-value]  # the stubs say None
        type=bpy.types.Object,
        name="Character",
        description="Who speaks this line; empty for the selected character, or the only one",
        poll=_may_speak,
        update=_character_chosen,
    )
    of_a_line["speaker"] = StringProperty(options={"HIDDEN"})  # type: ignore[func-returns-value]
    of_a_line["key"] = StringProperty(options={"HIDDEN"})  # type: ignore[func-returns-value]
    of_a_line["problem"] = StringProperty(options={"HIDDEN"})  # type: ignore[func-returns-value]
    _register(ElocuteLine, of_a_line)
    pointer = PointerProperty(type=ElocuteSceneSettings)  # type: ignore[func-returns-value]
    setattr(bpy.types.Scene, SCENE_PROPERTY, pointer)
    lines = CollectionProperty(type=ElocuteLine)  # type: ignore[func-returns-value]
    setattr(bpy.types.Scene, LINES_PROPERTY, lines)
    active = IntProperty(  # type: ignore[func-returns-value]
        name="Active line", description="The line whose options are shown"
    )
    setattr(bpy.types.Scene, ACTIVE_LINE_PROPERTY, active)


def _register(group: type[bpy.types.PropertyGroup], made: dict[str, Any]) -> None:
    group.__annotations__ = made
    bpy.utils.register_class(group)
    group.__annotations__ = {}


def unregister() -> None:
    """Undo :func:`register`."""
    for name in (ACTIVE_LINE_PROPERTY, LINES_PROPERTY, SCENE_PROPERTY):
        delattr(bpy.types.Scene, name)
    bpy.utils.unregister_class(ElocuteLine)
    bpy.utils.unregister_class(ElocuteSceneSettings)


def scene_lines(scene: bpy.types.Scene) -> Any:
    """The collection of a scene's lines, each an :class:`ElocuteLine`."""
    return getattr(scene, LINES_PROPERTY)


def active_line(scene: bpy.types.Scene) -> Any | None:
    """The line whose options are shown, or None where the list is empty."""
    lines, index = scene_lines(scene), getattr(scene, ACTIVE_LINE_PROPERTY)
    return lines[min(max(index, 0), len(lines) - 1)] if len(lines) else None


def shown_settings(scene: bpy.types.Scene, group: Group) -> Any:
    """The property group that holds the options of a part of the panel: the active line's, or the scene's."""
    line = None if group in SCENE_GROUPS else active_line(scene)
    return scene_settings(scene) if line is None else line


def scene_settings(scene: bpy.types.Scene) -> ElocuteSceneSettings:
    """The property group of a scene."""
    found: ElocuteSceneSettings = getattr(scene, SCENE_PROPERTY)
    return found


def read_options(scene: bpy.types.Scene, line: Any | None = None, *, keyed: bool = True) -> SceneOptions:
    """The options of a line as they are now: of the active one where none is given, of the scene where there
    are no lines.

    Args:
        scene: the scene.
        line: of its list.
        keyed: read keyed options over their frames too; not for every redraw, for that takes time.
    """
    own = line if line is not None else active_line(scene)
    found = scene_settings(scene)
    options = from_values(
        {
            option.name: _value(found if own is None or option.group in SCENE_GROUPS else own, option)
            for option in OPTIONS
        }
    )
    if not keyed:
        return options
    animated = animated_values(found if own is None else own, VARYING)
    return replace(options, animated=animated) if animated.curves else options


def _value(found: Any, option: Option) -> Any:
    if option.switch and not getattr(found, option.switch):
        return None
    if option.text_block_name and (text := getattr(found, option.text_block_name)):
        return text.as_string()
    value = getattr(found, option.name)
    return bpy.path.abspath(value) if option.kind == "path" and value.strip() else value
