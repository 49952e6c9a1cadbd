"""The fields of the editor of rig maps: Blender's properties that read and change the active character's map.

Nothing is stored but what is searched for and which row is chosen: the fields show the map itself, which
stands in a custom property of the character.
"""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ...core.errors import UserError
from ...core.retarget.map_editing import (
    channel_at,
    controls_text,
    curve_text,
    parse_controls,
    parse_curve,
    validated,
    with_channel,
    with_mirror_of,
)
from ...core.retarget.rig_map import AXES, BONE_PLACES, PLACES, Address, MapChannel, RigMap
from ...core.retarget.test_poses import TEST_POSES
from ..context import scene_of
from ..session import jobs
from ..session.test_pose import LINE, Shown, shown_in
from ..targets.character import character_of, key_count, root_of
from ..targets.head_rig import is_head_part
from ..targets.rig_state import held_map, held_text, hold_map
from ..targets.survey_character import survey_character

RIG_PROPERTY: Final = "elocute_rig"
OFF: Final = "OFF"
_FAR: Final = 1e6
_USUAL: Final = (0.0, 1.0)
_POSES: Final = (
    (OFF, "None", "The character as it is"),
    *((one.name, one.label, f"Show the shape {one.label}") for one in TEST_POSES.values()),
    (LINE, "Line", "Show the current frame of the line that was generated last"),
)
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


def edited_root(context: bpy.types.Context) -> bpy.types.Object | None:
    """The object that stands for the active character; None for Elocute's own heads, and for meshes that have
    neither keys nor an armature."""
    thing = context.active_object
    if thing is None or not thing.users_scene or is_head_part(thing):
        return None
    root = root_of(thing, scene_of(context))
    if root is None or (root.type != "ARMATURE" and not key_count(root) and not held_text(root)):
        return None
    return root


def edited_map(context: bpy.types.Context) -> RigMap | None:
    """The active character's own map, or None where it has none that can be read."""
    root = edited_root(context)
    try:
        return held_map(root) if root is not None else None
    except UserError:
        return None


def keep_map(context: bpy.types.Context, rig_map: RigMap) -> None:
    """Keep a changed map, and show what it does.

    Raises:
        UserError: it says something that a map cannot say. Nothing is changed then.
    """
    root = edited_root(context)
    if root is None:
        raise UserError("No character is active.", "Click on the character.")
    hold_map(root, validated(rig_map, f"The map of {root.name}"))
    show_edit(context)


def show_edit(context: bpy.types.Context) -> None:
    """Show what a changed map does: on the test pose, or on the frame of the line where one is known."""
    scene, root = scene_of(context), edited_root(context)
    posing = jobs.session().test_pose
    if shown_in(scene) is not None:
        posing.refresh(scene)
        return
    line = jobs.session().lines.of(root.session_uid) if root is not None else None
    if root is not None and line is not None and line.plays_at(scene):
        posing.show(scene, Shown(LINE, 1.0, root.name))


def names_of(context: bpy.types.Context, place: str) -> list[str]:
    """The active character's names of one place: keys, properties or bones."""
    thing = context.active_object
    character = character_of(thing, scene_of(context)) if thing is not None else None
    if character is None:
        return []
    survey = survey_character(character).survey
    if place in BONE_PLACES:
        return [bone.name for bone in survey.bones]
    return [slider.name for slider in (survey.keys if place == "key" else survey.properties)]


def row_address(text: str) -> Address | None:
    """The address that a row's text says, or None."""
    try:
        match json.loads(text or "null"):
            case [str(place), str(name), int(axis)] if place in PLACES:
                return place, name, axis
    except ValueError:
        return None
    return None


def row_text(address: Address) -> str:
    """An address as the text of a row."""
    return json.dumps(list(address), ensure_ascii=False)


def chosen_channel(context: bpy.types.Context, settings: ElocuteRigSettings) -> MapChannel | None:
    """The channel of the row that is chosen, or None."""
    address, rig_map = row_address(settings.row), edited_map(context)
    return channel_at(rig_map, address) if address is not None and rig_map is not None else None


def _change(self: Any, **changes: Any) -> None:
    """Change the chosen channel, and its partner on the other side where that is wanted."""
    context = bpy.context
    rig_map, channel = edited_map(context), chosen_channel(context, self)
    if rig_map is None or channel is None:
        return
    try:
        changed = replace(channel, **({"exact": True} | changes))
        rig_map = with_channel(rig_map, changed, channel.address)
        if self.mirror:
            rig_map = _mirrored(context, rig_map, changed)
        keep_map(context, rig_map)
    except UserError as error:
        self.error = str(error)
        return
    self.row, self.error = row_text(changed.address), ""


def _mirrored(context: bpy.types.Context, rig_map: RigMap, channel: MapChannel) -> RigMap:
    """With the other side's row too; without another side the map as it is."""
    try:
        return with_mirror_of(rig_map, channel, names_of(context, channel.place))
    except UserError:
        return rig_map


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
    if not value.strip():
        self.error = "A row needs the name of a shape key, property or bone."
    else:
        _change(self, name=value)


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


class ElocuteRigSettings(bpy.types.PropertyGroup):
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
    error: StringProperty(name="Error", options={"HIDDEN", "SKIP_SAVE"})
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
