"""A stand-in for Blender's layouts, which exist only while a window is drawn.

It records what is drawn, and refuses what Blender would refuse: unknown functions, arguments, attributes and
icons, properties that their data lacks, operators that nobody registered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import bpy

CONTAINERS = {"box", "row", "column", "split", "column_flow", "grid_flow"}
FUNCTIONS = bpy.types.UILayout.bl_rna.functions
ATTRIBUTES = set(bpy.types.UILayout.bl_rna.properties.keys())


@dataclass
class Drawn:
    """What was drawn, in order.

    Attributes:
        properties: names of the properties, in order.
        operators: names of the operators.
        labels: texts of the labels and progress bars.
        icons: what icons stand in them.
        alerts: labels and properties inside a layout that is marked red.
        disabled: properties inside a layout that is switched off.
        placeholders: what the properties show while they are empty.
        menus: names of the submenus and of panels that open from a button.
        lists: names of the collections that are shown as lists.
        buttons: texts of the operators' buttons, empty where they are their own.
    """

    properties: list[str] = field(default_factory=list)
    operators: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    icons: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    disabled: list[str] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)
    menus: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All labels, joined."""
        return " ".join(self.labels)


class StandInLayout:
    """A layout that records into ``drawn``."""

    def __init__(self, drawn: Drawn, **inherited: Any) -> None:
        object.__setattr__(self, "drawn", drawn)
        object.__setattr__(self, "set", dict(inherited))

    def __setattr__(self, name: str, value: Any) -> None:
        assert name in ATTRIBUTES, f"UILayout has no {name}"
        self.set[name] = value

    def __getattr__(self, name: str) -> Any:
        if name in self.set:
            return self.set[name]
        assert name in FUNCTIONS, f"UILayout has no {name}()"

        def call(*args: Any, **kwargs: Any) -> Any:
            parameters = FUNCTIONS[name].parameters
            for argument, value in kwargs.items():
                assert argument in parameters, f"UILayout.{name}() has no argument {argument}"
                if argument == "icon":
                    assert value in parameters["icon"].enum_items, f"there is no icon {value}"
                    self.drawn.icons.append(value)
            return self._record(name, args, kwargs)

        return call

    def _record(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: C901, PLR0911 - one each
        if name in CONTAINERS:
            return StandInLayout(self.drawn, **self.set)
        if name == "prop":
            data, prop = args
            assert prop in data.bl_rna.properties, f"{data} has no property {prop}"
            getattr(data, prop)
            self.drawn.properties.append(prop)
            self.drawn.placeholders.append(kwargs.get("placeholder", ""))
            if not self.set.get("enabled", True):
                self.drawn.disabled.append(prop)
            if self.set.get("alert"):
                self.drawn.alerts.append(prop)
            return None
        if name == "operator":
            (idname,) = args
            group, _, operator = idname.partition(".")
            getattr(getattr(bpy.ops, group), operator).get_rna_type()  # KeyError where it is not registered
            self.drawn.operators.append(idname)
            self.drawn.buttons.append(kwargs.get("text", ""))
            return SimpleNamespace()
        if name == "prop_search":
            data, prop, searched, found = args
            assert prop in data.bl_rna.properties, f"{data} has no property {prop}"
            assert found in searched.bl_rna.properties, f"{searched} has no property {found}"
            self.drawn.properties.append(prop)
            return None
        if name == "operator_menu_enum":
            idname, prop = args
            group, _, operator = idname.partition(".")
            assert prop in getattr(getattr(bpy.ops, group), operator).get_rna_type().properties
            self.drawn.operators.append(idname)
            self.drawn.labels.append(kwargs.get("text", ""))
            return None
        if name == "template_list":
            kind, _, data, listed, active_data, active = args
            assert issubclass(getattr(bpy.types, kind), bpy.types.UIList)
            assert listed in data.bl_rna.properties
            assert active in active_data.bl_rna.properties
            self.drawn.lists.append(listed)
            return None
        if name in {"menu", "popover"}:
            (idname,) = args
            kind = bpy.types.Menu if name == "menu" else bpy.types.Panel
            assert issubclass(getattr(bpy.types, idname), kind)
            self.drawn.menus.append(idname)
            return None
        if name == "prop_decorator":
            data, key = args
            assert key in data.bl_rna.properties
            return None
        assert name in {"label", "progress", "separator", "template_icon"}, f"teach the stand-in {name}()"
        assert not args, "labels take named arguments"
        if "text" in kwargs:
            self.drawn.labels.append(kwargs["text"])
            if self.set.get("alert"):
                self.drawn.alerts.append(kwargs["text"])
        return None


class OnPage:
    """A panel or page of preferences while it is drawn: a layout, and what it stands for."""

    def __init__(self, layout: StandInLayout, stands_for: Any = None) -> None:
        self.layout = layout
        self._stands_for = stands_for

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stands_for, name)


def draw(cls: Any, instance: Any = None, context: Any = None) -> Drawn:
    """What ``cls.draw`` draws."""
    drawn = Drawn()
    cls.draw(OnPage(StandInLayout(drawn), instance), context or bpy.context)
    return drawn
