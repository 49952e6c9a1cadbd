"""The editor's fields: of the chosen row, of the test poses, and what is searched for.

Nothing is stored but what is searched for and which row is chosen: the fields show the map itself, which is
kept with the character.
"""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from typing import Final

import bpy
from bpy.props import BoolProperty, IntProperty, PointerProperty, StringProperty

from .extra_fields import ExtraFields
from .row_error import RowError
from .row_fields import RowFields
from .test_pose_fields import TestPoseFields
from .turn_fields import TurnFields

RIG_PROPERTY: Final = "elocute_rig"


class ElocuteRigSettings(
    RowError, RowFields, TurnFields, ExtraFields, TestPoseFields, bpy.types.PropertyGroup
):
    """The fields of the editor of rig maps, one set a scene."""

    search: StringProperty(
        name="Search",
        description="Show rows whose channel or controls hold these words",
        options={"TEXTEDIT_UPDATE"},
    )
    page: IntProperty(name="Page", description="Page of the list", default=1, min=1)
    row: StringProperty(name="Row", options={"HIDDEN"})
    mirror: BoolProperty(
        name="Mirror", description="Change the channel of the other side as well", default=True
    )


def register() -> None:
    """Register the fields, and give every scene a set."""
    bpy.utils.register_class(ElocuteRigSettings)
    pointer = PointerProperty(type=ElocuteRigSettings)  # type: ignore[func-returns-value]  # the stubs say None
    setattr(bpy.types.Scene, RIG_PROPERTY, pointer)


def unregister() -> None:
    """Undo :func:`register`."""
    delattr(bpy.types.Scene, RIG_PROPERTY)
    bpy.utils.unregister_class(ElocuteRigSettings)


def rig_settings(scene: bpy.types.Scene) -> ElocuteRigSettings:
    """The fields of a scene."""
    found: ElocuteRigSettings = getattr(scene, RIG_PROPERTY)
    return found
