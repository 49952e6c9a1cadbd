"""The fields of a bone that turns, in the editor of rig maps: they show the map itself, and change it."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, FloatVectorProperty, StringProperty

from ...core.errors import UserError
from ...core.retarget.controls.vocabulary import JAW_OPEN_RADIANS
from ...core.retarget.rig_map import JOINTS, MapTurn
from ...core.retarget.turn_editing import JOINT_LABELS, mirrored_turn, with_mirror_of_turn, with_turn
from ..session.edited_map import edited_map, keep_map, names_of, own_spelling
from .chosen_row import chosen_turn, turn_text

LIMITABLE: Final = 180.0
_USUAL_LIMIT: Final = 45.0
_LEAST_ANGLE: Final = 0.1
_JOINTS: Final = tuple((name, JOINT_LABELS[name], f"It turns as the {name} does") for name in JOINTS)
_AXES: Final = (
    ("AUTO", "Automatic", "As the bone lies in the face"),
    ("X", "X", "The bone's x axis"),
    ("Y", "Y", "The bone's y axis"),
    ("Z", "Z", "The bone's z axis"),
    ("-X", "-X", "The bone's x axis, the other way round"),
    ("-Y", "-Y", "The bone's y axis, the other way round"),
    ("-Z", "-Z", "The bone's z axis, the other way round"),
    ("OWN", "Own", "Any axis of the bone's"),
)
_VECTORS: Final[dict[str, tuple[float, float, float]]] = {
    "X": (1.0, 0.0, 0.0),
    "Y": (0.0, 1.0, 0.0),
    "Z": (0.0, 0.0, 1.0),
    "-X": (-1.0, 0.0, 0.0),
    "-Y": (0.0, -1.0, 0.0),
    "-Z": (0.0, 0.0, -1.0),
}
_DIAGONAL: Final = (1.0, 1.0, 0.0)
"""What an own axis begins with where the axis before was one of the six."""


def _change(self: Any, **changes: Any) -> None:
    """Change the chosen turn, and the other eye's where that is wanted."""
    context = bpy.context
    rig_map, turn = edited_map(context), chosen_turn(context, self)
    if rig_map is None or turn is None:
        return
    changed = replace(turn, **changes)
    try:
        after = with_turn(rig_map, changed, turn.bone)
        bones = names_of(context, "rotation") if self.mirror else []
        if mirrored_turn(changed, bones) is not None:
            after = with_mirror_of_turn(after, changed, bones, turn)
        keep_map(context, after)
    except UserError as error:
        self.error = str(error)
        return
    self.row, self.error = turn_text(changed.bone), ""


def _turn(self: Any) -> MapTurn:
    """The chosen turn; fields of a row that is not there show a usual one."""
    return chosen_turn(bpy.context, self) or MapTurn("jaw", "")


def _get_bone(self: Any) -> str:
    return _turn(self).bone


def _set_bone(self: Any, value: str) -> None:
    if not value.strip():
        self.error = "A row needs the name of a bone."
        return
    try:
        bone = own_spelling(bpy.context, "rotation", value)
    except UserError as error:
        self.error = str(error)
        return
    _change(self, bone=bone)


def _get_joint(self: Any) -> int:
    return JOINTS.index(_turn(self).joint)


def _set_joint(self: Any, value: int) -> None:
    joint = JOINTS[value]
    others = {} if joint == "jaw" else {"axis": None, "degrees": None, "exact": False}
    _change(self, joint=joint, **others)


def _get_share(self: Any) -> float:
    return _turn(self).share


def _set_share(self: Any, value: float) -> None:
    _change(self, share=value, exact=_turn(self).joint == "jaw")


def _get_axis(self: Any) -> int:
    axis = _turn(self).axis
    names = [item[0] for item in _AXES]
    if axis is None:
        return 0
    return next((names.index(name) for name, own in _VECTORS.items() if own == axis), names.index("OWN"))


def _set_axis(self: Any, value: int) -> None:
    name = _AXES[value][0]
    _change(self, axis=None if name == "AUTO" else _VECTORS.get(name, _DIAGONAL))


def _get_vector(self: Any) -> tuple[float, float, float]:
    return _turn(self).axis or (1.0, 0.0, 0.0)


def _set_vector(self: Any, value: tuple[float, float, float]) -> None:
    x, y, z = (float(number) for number in value)
    if not math.hypot(x, y, z) > 0:
        self.error = "An axis needs a length: set one of its three numbers."
        return
    _change(self, axis=(x, y, z))


def _get_angle(self: Any) -> float:
    degrees = _turn(self).degrees
    return JAW_OPEN_RADIANS if degrees is None else math.radians(degrees)


def _set_angle(self: Any, value: float) -> None:
    degrees = round(math.degrees(value), 6)
    if abs(degrees) < _LEAST_ANGLE:
        self.error = "A jaw that opens by 0 degrees does not open: set another angle."
        return
    _change(self, degrees=degrees, exact=True)


def _get_limited(self: Any) -> bool:
    return math.isfinite(_turn(self).limit)


def _set_limited(self: Any, value: bool) -> None:
    _change(self, limit=_USUAL_LIMIT if value else math.inf)


def _get_limit(self: Any) -> float:
    return math.radians(min(_turn(self).limit, LIMITABLE))


def _set_limit(self: Any, value: float) -> None:
    _change(self, limit=round(math.degrees(value), 6))


def _get_exact(self: Any) -> bool:
    return _turn(self).exact


def _set_exact(self: Any, value: bool) -> None:
    _change(self, exact=value)


class TurnFields:
    """The fields of the chosen bone that turns."""

    row: str
    mirror: bool

    turn_bone: StringProperty(
        name="Bone", description="Bone of the rig that turns", get=_get_bone, set=_set_bone
    )
    turn_joint: EnumProperty(
        name="Turns as",
        description="What of the performance it follows",
        items=_JOINTS,
        get=_get_joint,
        set=_set_joint,
    )
    turn_share: FloatProperty(
        name="Share",
        description="How much of the rotation it takes; several bones may divide one",
        soft_min=0.0,
        soft_max=1.0,
        step=5,
        precision=3,
        get=_get_share,
        set=_set_share,
    )
    turn_axis: EnumProperty(
        name="Axis",
        description="The bone's own axis about which the jaw opens",
        items=_AXES,
        get=_get_axis,
        set=_set_axis,
    )
    turn_vector: FloatVectorProperty(
        name="Own axis",
        description="The axis about which the jaw opens, in the bone's own axes",
        size=3,
        get=_get_vector,
        set=_set_vector,
    )
    turn_angle: FloatProperty(
        name="Open angle",
        description="How far the jaw turns when it is fully open",
        subtype="ANGLE",
        soft_min=math.radians(-60.0),
        soft_max=math.radians(60.0),
        step=100,
        get=_get_angle,
        set=_set_angle,
    )
    turn_limited: BoolProperty(
        name="Limit",
        description="Never let it turn farther than an angle",
        get=_get_limited,
        set=_set_limited,
    )
    turn_limit: FloatProperty(
        name="Turns at most",
        description="It never turns farther from rest",
        subtype="ANGLE",
        min=0.0,
        max=math.radians(LIMITABLE),
        step=100,
        get=_get_limit,
        set=_set_limit,
    )
    turn_exact: BoolProperty(
        name="Exact",
        description="Open just as far as this row says; off lets the fit to the face decide how far",
        get=_get_exact,
        set=_set_exact,
    )
