"""The fields of a channel's row in the editor of rig maps: they show the map itself, and change it."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty

from ...core.errors import UserError
from ...core.retarget.map_editing import (
    controls_text,
    curve_text,
    mirrored_channel,
    parse_controls,
    parse_curve,
    possible,
    with_channel,
    with_mirror_of,
)
from ...core.retarget.rig_map import AXES, BONE_PLACES, PLACES, MapChannel, RigMap
from ..session.edited_map import edited_map, keep_map, names_of, own_spelling
from .chosen_row import chosen_channel, row_text

_FAR: Final = 1e6
_USUAL: Final = (0.0, 1.0)
_PLACES: Final = (
    ("key", "Shape key", "The value of a shape key"),
    ("property", "Property", "A custom property"),
    ("location", "Bone location", "A bone's location, along one of its own axes"),
    ("rotation", "Bone rotation", "A bone's rotation, about one of its own axes"),
    ("scale", "Bone scale", "A bone's scale, along one of its own axes"),
)
_PLAYS: Final = (
    ("CONTROLS", "Plays controls", "It is a sum of controls"),
    ("POSE", "Looks like", "At 1 the face looks like these controls: a mixture of such shapes is found"),
    ("GEOMETRY", "By geometry", "The fit to the face places it"),
)


def _change(self: Any, **changes: Any) -> None:
    """Change the chosen channel, and its partner on the other side where that is wanted."""
    context = bpy.context
    rig_map, channel = edited_map(context), chosen_channel(context, self)
    if rig_map is None or channel is None:
        return
    try:
        changed = possible(replace(channel, **({"exact": True} | changes)))
        rig_map = with_channel(rig_map, changed, channel.address)
        if self.mirror:
            rig_map = _mirrored(context, rig_map, changed, channel)
        keep_map(context, rig_map)
    except UserError as error:
        self.error = str(error)
        return
    self.row, self.error = row_text(changed.address), ""


def _mirrored(context: bpy.types.Context, rig_map: RigMap, channel: MapChannel, before: MapChannel) -> RigMap:
    """With the other side's row too; without another side the map as it is."""
    names = names_of(context, channel.place)
    if mirrored_channel(channel, names) is None:
        return rig_map
    return with_mirror_of(rig_map, channel, names, before)


def _reader(read: Callable[[MapChannel], Any], default: Any) -> Callable[[Any], Any]:
    def get(self: Any) -> Any:
        channel = chosen_channel(bpy.context, self)
        return read(channel) if channel is not None else default

    return get


def _writer(change: Callable[[Any], dict[str, Any]]) -> Callable[[Any, Any], None]:
    def put(self: Any, value: Any) -> None:
        try:
            changes = change(value)
        except UserError as error:
            self.error = str(error)
            return
        _change(self, **changes)

    return put


def _plays(channel: MapChannel) -> int:
    if channel.pose is not None:
        return 1
    return 0 if channel.mix else 2


def _set_plays(self: Any, value: int) -> None:
    channel = chosen_channel(bpy.context, self)
    if channel is None:
        return
    weights = dict(channel.pose or channel.mix) or {"jawOpen": 1.0}
    kinds: tuple[dict[str, Any], ...] = (
        {"mix": weights, "pose": None},
        {"mix": {}, "pose": weights, "exact": False},
        {"mix": {}, "pose": None, "exact": False},
    )
    _change(self, **kinds[value])


def _set_weights(self: Any, value: str) -> None:
    channel = chosen_channel(bpy.context, self)
    try:
        weights = parse_controls(value)
    except UserError as error:
        self.error = str(error)
        return
    if channel is not None and channel.pose is not None:
        _change(self, pose=weights, exact=channel.exact)
    else:
        _change(self, mix=weights)


def _set_place(self: Any, value: int) -> None:
    place = PLACES[value]
    channel = chosen_channel(bpy.context, self)
    axis = channel.axis if channel is not None and place in BONE_PLACES else 0
    _change(self, place=place, axis=axis)


def _set_name(self: Any, value: str) -> None:
    context = bpy.context
    channel = chosen_channel(context, self)
    if channel is None:
        return
    if not value.strip():
        self.error = "A row needs the name of a shape key, property or bone."
        return
    try:
        name = own_spelling(context, channel.place, value)
    except UserError as error:
        self.error = str(error)
        return
    _change(self, name=name)


def _set_limit(side: int) -> Callable[[Any, float], None]:
    def put(self: Any, value: float) -> None:
        channel = chosen_channel(bpy.context, self)
        if channel is not None:
            limits = list(channel.limits)
            limits[side] = math.copysign(math.inf, value) if abs(value) >= _FAR else value
            _change(self, limits=tuple(limits), exact=channel.exact)

    return put


def _set_limited(self: Any, value: bool) -> None:
    channel = chosen_channel(bpy.context, self)
    if channel is not None:
        _change(self, limits=_USUAL if value else (-math.inf, math.inf), exact=channel.exact)


def _limit(side: int) -> Callable[[MapChannel], float]:
    return lambda channel: max(-_FAR, min(_FAR, channel.limits[side]))


# Blender evaluates the class's annotations as text; functions made there would not find this module's names.
_GET: Final[dict[str, Callable[[Any], Any]]] = {
    "channel": _reader(lambda channel: channel.name, ""),
    "place": _reader(lambda channel: PLACES.index(channel.place), 0),
    "axis": _reader(lambda channel: channel.axis, 0),
    "plays": _reader(_plays, 0),
    "controls": _reader(lambda channel: controls_text(dict(channel.pose or channel.mix)), ""),
    "gain": _reader(lambda channel: channel.gain, 1.0),
    "offset": _reader(lambda channel: channel.offset, 0.0),
    "limited": _reader(lambda channel: any(map(math.isfinite, channel.limits)), False),
    "lowest": _reader(_limit(0), -_FAR),
    "highest": _reader(_limit(1), _FAR),
    "curve": _reader(lambda channel: curve_text(channel.curve), ""),
    "exact": _reader(lambda channel: channel.exact, False),
}
_PUT: Final[dict[str, Callable[[Any, Any], None]]] = {
    "axis": _writer(lambda value: {"axis": value}),
    "gain": _writer(lambda value: {"gain": value}),
    "offset": _writer(lambda value: {"offset": value}),
    "limited": _set_limited,
    "lowest": _set_limit(0),
    "highest": _set_limit(1),
    "curve": _writer(lambda value: {"curve": parse_curve(value)}),
    "exact": _writer(lambda value: {"exact": value}),
}


class RowFields:
    """The fields of the chosen channel."""

    row: str
    mirror: bool

    channel: StringProperty(
        name="Channel",
        description="Shape key, custom property or bone of the rig",
        get=_GET["channel"],
        set=_set_name,
    )
    place: EnumProperty(
        name="Kind",
        description="What kind of number it is",
        items=_PLACES,
        get=_GET["place"],
        set=_set_place,
    )
    axis: EnumProperty(
        name="Axis",
        description="The bone's own axis",
        items=tuple((axis, axis.upper(), f"The bone's {axis}") for axis in AXES),
        get=_GET["axis"],
        set=_PUT["axis"],
    )
    plays: EnumProperty(
        name="Plays",
        description="What decides what it plays",
        items=_PLAYS,
        get=_GET["plays"],
        set=_set_plays,
    )
    controls: StringProperty(
        name="Controls",
        description="A sum of controls, such as jawOpen + 0.5 mouthClose - mouthFunnel",
        get=_GET["controls"],
        set=_set_weights,
    )
    gain: FloatProperty(
        name="Gain",
        description="Factor of what it plays",
        soft_min=-2.0,
        soft_max=2.0,
        step=5,
        precision=4,
        get=_GET["gain"],
        set=_PUT["gain"],
    )
    offset: FloatProperty(
        name="Offset",
        description="Its value at rest",
        soft_min=-1.0,
        soft_max=1.0,
        step=1,
        precision=4,
        get=_GET["offset"],
        set=_PUT["offset"],
    )
    limited: BoolProperty(
        name="Limits",
        description="Never let it go beyond two values, besides the slider's own range",
        get=_GET["limited"],
        set=_PUT["limited"],
    )
    lowest: FloatProperty(
        name="Lowest",
        description="It never goes lower",
        soft_min=-2.0,
        soft_max=2.0,
        step=5,
        precision=3,
        get=_GET["lowest"],
        set=_PUT["lowest"],
    )
    highest: FloatProperty(
        name="Highest",
        description="It never goes higher",
        soft_min=-2.0,
        soft_max=2.0,
        step=5,
        precision=3,
        get=_GET["highest"],
        set=_PUT["highest"],
    )
    curve: StringProperty(
        name="Curve",
        description="Points that bend the controls' sum before the gain, such as 0 0, 0.5 0.2, 1 1; "
        "empty for a straight line",
        get=_GET["curve"],
        set=_PUT["curve"],
    )
    exact: BoolProperty(
        name="Exact",
        description="Play just what this row says; off lets the fit to the face decide how much",
        get=_GET["exact"],
        set=_PUT["exact"],
    )
