"""The fields of what a map says besides its rows: what the eyes look at, and corrective keys."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import bpy
from bpy.props import BoolProperty, StringProperty

from ...core.errors import UserError
from ...core.retarget.extra_editing import (
    LookSide,
    combinations_text,
    look_at,
    parse_combinations,
    with_look,
)
from ...core.retarget.rig_map import RigMap
from ..session.edited_map import edited_map, keep_map, look_spelling, own_spelling


def _reader(read: Callable[[RigMap], str]) -> Callable[[Any], str]:
    def get(_: Any) -> str:
        rig_map = edited_map(bpy.context)
        return read(rig_map) if rig_map is not None else ""

    return get


def _writer(change: Callable[[RigMap, str], RigMap]) -> Callable[[Any, str], None]:
    def put(self: Any, value: str) -> None:
        rig_map = edited_map(bpy.context)
        if rig_map is None:
            return
        try:
            keep_map(bpy.context, change(rig_map, value.strip()))
        except UserError as error:
            self.error = str(error)
            return
        self.error = ""

    return put


def _look(side: LookSide) -> tuple[Callable[[Any], str], Callable[[Any, str], None]]:
    def change(rig_map: RigMap, value: str) -> RigMap:
        return with_look(rig_map, side, look_spelling(bpy.context, value) if value else "")

    return _reader(lambda rig_map: look_at(rig_map, side)), _writer(change)


def _with_combinations(rig_map: RigMap, text: str) -> RigMap:
    listed = tuple(
        replace(one, name=own_spelling(bpy.context, "key", one.name)) for one in parse_combinations(text)
    )
    return replace(rig_map, combinations=listed)


# Blender evaluates the class's annotations as text; functions made there would not find this module's names.
_BOTH: Final = _look("both")
_LEFT: Final = _look("left")
_RIGHT: Final = _look("right")
_COMBINATIONS: Final = (
    _reader(lambda rig_map: combinations_text(rig_map.combinations)),
    _writer(_with_combinations),
)


class ExtraFields:
    """The fields below the rows."""

    extras: BoolProperty(
        name="Eye targets and correctives",
        description="Show what the eyes look at, and keys that play where others play together",
    )
    look_both: StringProperty(
        name="Both eyes look at",
        description="Bone or object that both eyes follow; empty for none",
        get=_BOTH[0],
        set=_BOTH[1],
    )
    look_left: StringProperty(
        name="Left eye looks at",
        description="Bone or object that the left eye follows; empty for none",
        get=_LEFT[0],
        set=_LEFT[1],
    )
    look_right: StringProperty(
        name="Right eye looks at",
        description="Bone or object that the right eye follows; empty for none",
        get=_RIGHT[0],
        set=_RIGHT[1],
    )
    combinations: StringProperty(
        name="Correctives",
        description="Keys that play the product of controls, such as smileOpen = jawOpen * mouthSmileLeft; "
        "pinch = 0.5 * jawOpen * mouthPucker",
        get=_COMBINATIONS[0],
        set=_COMBINATIONS[1],
    )
