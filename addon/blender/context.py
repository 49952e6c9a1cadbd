"""Lookups that Blender's type stubs declare optional, with one error if the value is missing.

Scene, view layer and window manager are absent only while Blender starts or loads a file, where none of our
code runs; a layout is there whenever something is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

import bpy

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

OperatorResult: TypeAlias = "set[OperatorReturnItems]"
"""What ``invoke`` and ``execute`` of an operator return."""


class Drawn(Protocol):
    """A panel, popup or page of preferences while Blender draws it."""

    @property
    def layout(self) -> bpy.types.UILayout | None:
        """Where it draws."""
        ...


def scene_of(context: bpy.types.Context) -> bpy.types.Scene:
    """The scene that is open; RuntimeError where there is none."""
    if context.scene is None:
        raise RuntimeError("Blender has no open scene here")
    return context.scene


def view_layer_of(context: bpy.types.Context) -> bpy.types.ViewLayer:
    """The view layer that is open; RuntimeError where there is none."""
    if context.view_layer is None:
        raise RuntimeError("Blender has no open view layer here")
    return context.view_layer


def layer_in(scene: bpy.types.Scene) -> bpy.types.ViewLayer:
    """The view layer to work in: the open one, or the scene's first where the user looks at another scene."""
    if scene == bpy.context.scene:
        return view_layer_of(bpy.context)
    return scene.view_layers[0]


def window_manager_of(context: bpy.types.Context) -> bpy.types.WindowManager:
    """Blender's window manager; RuntimeError where there is none."""
    if context.window_manager is None:
        raise RuntimeError("Blender has no window manager here")
    return context.window_manager


def layout_of(drawn: Drawn) -> bpy.types.UILayout:
    """Where a panel draws; RuntimeError where it is not being drawn."""
    if drawn.layout is None:
        raise RuntimeError("The panel has no layout: it is not being drawn")
    return drawn.layout
