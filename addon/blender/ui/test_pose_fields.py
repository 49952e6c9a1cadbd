"""The fields of the test poses."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import bpy
from bpy.props import EnumProperty, FloatProperty

from ...core.retarget.test_poses import TEST_POSES
from ..session import jobs
from ..session.edited_map import edited_root
from ..session.test_pose import LINE, Shown, shown_in

OFF: Final = "OFF"
_POSES: Final = (
    (OFF, "None", "The character as it is"),
    *((one.name, one.label, f"Show the shape {one.label}") for one in TEST_POSES.values()),
    (LINE, "Line", "Show the current frame of the line that was generated last"),
)


def _get_pose(self: Any) -> int:
    shown = shown_in(self.id_data)
    names = [item[0] for item in _POSES]
    return names.index(shown.pose) if shown is not None else 0


def _set_pose(self: Any, value: int) -> None:
    scene, pose = self.id_data, _POSES[value][0]
    root = edited_root(bpy.context)
    shown = shown_in(scene)
    if pose == OFF:
        jobs.session().test_pose.leave()
    elif root is not None or shown is not None:
        name = root.name if root is not None else shown.root if shown is not None else ""
        jobs.session().test_pose.show(scene, Shown(pose, self.blend, name))


def _get_blend(self: Any) -> float:
    shown = shown_in(self.id_data)
    return shown.blend if shown is not None else 1.0


def _set_blend(self: Any, value: float) -> None:
    shown = shown_in(self.id_data)
    if shown is not None:
        jobs.session().test_pose.show(self.id_data, replace(shown, blend=value))


class TestPoseFields:
    """Which pose is shown, and how much of it."""

    __test__ = False  # pytest takes classes of such names for its own

    pose: EnumProperty(
        name="Test pose",
        description="Show a shape of the face through the map; no keys are written",
        items=_POSES,
        get=_get_pose,
        set=_set_pose,
        options={"SKIP_SAVE"},
    )
    blend: FloatProperty(
        name="Amount",
        description="How much of the test pose is shown",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        get=_get_blend,
        set=_set_blend,
        options={"SKIP_SAVE"},
    )
