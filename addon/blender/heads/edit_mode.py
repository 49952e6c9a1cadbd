"""Edit mode of one object, restoring the user's selection and mode afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import bpy

from ..context import layer_in


@contextmanager
def edit_mode(thing: bpy.types.Object, scene: bpy.types.Scene | None = None) -> Iterator[None]:
    """Edit ``thing``; selection, active object and mode are put back afterwards.

    Args:
        thing: the object.
        scene: that it is in, which need not be the one that the user looks at; None for that one.
    """
    scene = scene or bpy.context.scene
    if scene is None:
        raise RuntimeError("Blender has no open scene here")
    layer = layer_in(scene)
    with bpy.context.temp_override(scene=scene, view_layer=layer):
        active = layer.objects.active
        selected = [o for o in layer.objects if o.select_get(view_layer=layer)]
        mode = active.mode if active is not None else "OBJECT"
        if active is not None and mode != "OBJECT":
            _leave(active)
        for other in selected:
            other.select_set(False, view_layer=layer)
        thing.select_set(True, view_layer=layer)
        layer.objects.active = thing
        with _entered(thing):
            bpy.ops.object.mode_set(mode="EDIT")
        try:
            yield
        finally:
            _leave(thing)
            thing.select_set(False, view_layer=layer)
            for other in selected:
                other.select_set(True, view_layer=layer)
            layer.objects.active = active
            if mode != "OBJECT" and active is not None:
                with _entered(active):
                    bpy.ops.object.mode_set(mode=mode)


def _entered(thing: bpy.types.Object) -> AbstractContextManager[Any]:
    """Where an object enters a mode, whatever is edited in the open window, which may show another scene."""
    return bpy.context.temp_override(edit_object=None, active_object=thing, object=thing)


def _leave(thing: bpy.types.Object) -> None:
    """Object mode. Blender takes what is edited from the open window, unless it is told."""
    with bpy.context.temp_override(edit_object=thing, active_object=thing, object=thing):
        bpy.ops.object.mode_set(mode="OBJECT")
