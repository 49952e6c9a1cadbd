"""Blender's properties for the table of options, and how they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ...core.options import OPTIONS, Option, SceneOptions, from_values
from ..session import jobs
from ..version_compat import relative_path_options

SCENE_PROPERTY: Final = "elocute"
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


def register() -> None:
    """Register the property group, and give every scene one.

    Blender reads a class's properties from its annotations, while it registers it. They are taken away again:
    Blender 4.2 crashes at its end when a property with a search function still stands there.
    """
    made = {name: value for option in OPTIONS for name, value in _properties(option).items()}
    ElocuteSceneSettings.__annotations__ = made
    bpy.utils.register_class(ElocuteSceneSettings)
    ElocuteSceneSettings.__annotations__ = {}
    pointer = PointerProperty(type=ElocuteSceneSettings)  # type: ignore[func-returns-value]  # the stubs say None
    setattr(bpy.types.Scene, SCENE_PROPERTY, pointer)


def unregister() -> None:
    """Undo :func:`register`."""
    delattr(bpy.types.Scene, SCENE_PROPERTY)
    bpy.utils.unregister_class(ElocuteSceneSettings)


def scene_settings(scene: bpy.types.Scene) -> ElocuteSceneSettings:
    """The property group of a scene."""
    found: ElocuteSceneSettings = getattr(scene, SCENE_PROPERTY)
    return found


def read_options(scene: bpy.types.Scene) -> SceneOptions:
    """The options of a scene as they are now."""
    found = scene_settings(scene)
    return from_values({option.name: _value(found, option) for option in OPTIONS})


def _value(found: ElocuteSceneSettings, option: Option) -> Any:
    if option.switch and not getattr(found, option.switch):
        return None
    if option.text_block_name and (text := getattr(found, option.text_block_name)):
        return text.as_string()
    value = getattr(found, option.name)
    return bpy.path.abspath(value) if option.kind == "path" and value.strip() else value
