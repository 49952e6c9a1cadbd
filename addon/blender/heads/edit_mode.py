"""Edit mode of one object, restoring the user's selection and mode afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from ..context import view_layer_of


@contextmanager
def edit_mode(thing: bpy.types.Object) -> Iterator[None]:
    """Edit ``thing``; selection, active object and mode are put back afterwards."""
    layer = view_layer_of(bpy.context)
    active = layer.objects.active
    selected = [o for o in layer.objects if o.select_get()]
    mode = active.mode if active is not None else "OBJECT"
    if mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    for other in selected:
        other.select_set(False)
    thing.select_set(True)
    layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        yield
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
        thing.select_set(False)
        for other in selected:
            other.select_set(True)
        layer.objects.active = active
        if mode != "OBJECT" and active is not None:
            bpy.ops.object.mode_set(mode=mode)
