"""A map and a rig brought together: which numbers are to be found for every frame, and where they are
written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ..channel import Channel, custom_property, location, object_property, rotation, scale, shape_key
from ..errors import UserError
from .controls.vocabulary import UPPER_FACE
from .detect import RigNames
from .gaze_targets import GazeTargets, gaze_targets
from .presets import preset
from .rig_map import Combination, Joint, MapChannel, MapTurn, RigMap
from .skeleton import find_joint, neck_chain
from .survey import PINNED, Bone, Part, Slider, Survey
from .words import words_map

_NECK_SHARES: Final = {1: (1.0,), 2: (0.4, 0.6), 3: (0.2, 0.3, 0.5)}
_NAMED: Final = 3
_PLURAL: Final = {"is": "are", "has": "have", "its": "their"}
"""Of the words of reasons why a channel cannot be keyed."""
_LOOKS: Final = frozenset(
    f"eyeLook{way}{side}" for way in ("Up", "Down", "In", "Out") for side in ("Left", "Right")
)


@dataclass(frozen=True)
class Drive:
    """One number that is found for every frame.

    Attributes:
        source: what the map says of it.
        channels: where it is written: the same key of several meshes, or one channel.
        lowest: of what all of them can play.
        highest: of what all of them can play.
        parts: what it does to each channel where it is a pose; else empty, and each is the number itself.
    """

    source: MapChannel
    channels: tuple[Channel, ...]
    lowest: float
    highest: float
    parts: tuple[Part, ...] = ()

    @property
    def name(self) -> str:
        """Tells it from the others of its rig; the signal that its channels play."""
        return f"{self.source.place} {self.source.name} {self.source.axis}"


@dataclass(frozen=True)
class BoundTurn:
    """A bone that turns with a joint.

    Attributes:
        source: what the map says of it.
        bone: the rig's.
    """

    source: MapTurn
    bone: Bone


@dataclass(frozen=True)
class BoundCombination:
    """A corrective key and where it is written."""

    source: Combination
    channels: tuple[Channel, ...]
    highest: float


@dataclass(frozen=True)
class BoundMap:
    """A map on a rig.

    Attributes:
        rig_map: the map.
        survey: the rig.
        drives: what is found for every frame.
        turns: bones that turn.
        look: what both eyes, the left and the right one look at, where the rig has it.
        combinations: correctives.
        notes: sentences on what is left out, and why.
    """

    rig_map: RigMap
    survey: Survey
    drives: tuple[Drive, ...]
    turns: tuple[BoundTurn, ...]
    look: GazeTargets
    combinations: tuple[BoundCombination, ...]
    notes: tuple[str, ...]


def bind(rig_map: RigMap, survey: Survey) -> BoundMap:
    """Find a map's channels on a rig.

    What is muted, locked or driven is left out with a note. Brows and lids that the map does not name are
    taken from keys that are understood anyway. Head, neck, eyes and jaw are turned by their bones where no
    key does it.

    Raises:
        UserError: nothing of the map can be driven on this rig.
    """
    names = RigNames.of(survey)
    notes: list[str] = []
    drives = _drives(rig_map.channels, survey, names, notes)
    if not drives and not notes and not _has_turn(rig_map, names):
        raise _nothing(rig_map, survey, notes)  # though words may say what some of its keys are
    if rig_map.complete:  # other maps name what rigs of their kind may have
        _note_missing(rig_map, survey, names, notes)
    if any(part.channel.stepped for drive in drives for part in drive.parts):
        rig_map = replace(rig_map, pictures=True)
    drives += _supplement(drives, rig_map, survey, names, notes)
    by_keys = any(_LOOKS & set(drive.source.mix) for drive in drives)
    look = gaze_targets(rig_map, survey, names, notes, by_keys=by_keys)
    turned_eyes = rig_map.look is None and not by_keys and not any(look)
    turns = _turns(rig_map, drives, survey, names, notes, turned_eyes=turned_eyes)
    combinations = _combinations(rig_map.combinations, survey, names, notes)
    if not drives and not any(turn.source.joint == "jaw" for turn in turns):
        raise _nothing(rig_map, survey, notes)
    return BoundMap(rig_map, survey, tuple(drives), turns, look, combinations, tuple(notes))


def _has_turn(rig_map: RigMap, names: RigNames) -> bool:
    return any(names.bones.find(turn.bone) is not None for turn in rig_map.turns)


def _nothing(rig_map: RigMap, survey: Survey, notes: Sequence[str]) -> UserError:
    because = f": {notes[0]}" if notes else "."
    return UserError(
        f"Nothing of the map {rig_map.title} can be driven on {survey.name}{because}",
        "Choose another map, or map its channels by hand.",
    )


def _drives(channels: Iterable[MapChannel], survey: Survey, names: RigNames, notes: list[str]) -> list[Drive]:
    found: list[Drive] = []
    used: set[tuple[str, int]] = set()
    blocked: dict[str, list[str]] = {}
    for channel in channels:
        if channel.unless and all(names.has(other) for other in channel.unless):
            continue
        name = names.find(channel)
        if name is None or (name, channel.axis) in used:
            continue
        used.add((name, channel.axis))
        drive = _drive(replace(channel, name=name), survey, blocked)
        if drive is not None:
            found.append(drive)
    notes += [_left_alone(listed, reason) for reason, listed in blocked.items()]
    return found


def _left_alone(listed: Sequence[str], reason: str) -> str:
    if len(listed) == 1:
        return f"{listed[0]} {reason} and is left as it is."
    words = " ".join(_PLURAL.get(word, word) for word in reason.split(" "))
    return f"{listed[0]} and {len(listed) - 1} more {words} and are left as they are."


def _note_missing(rig_map: RigMap, survey: Survey, names: RigNames, notes: list[str]) -> None:
    """Tell which channels and bones of the user's own map the rig has no more."""
    missing = [channel.name for channel in rig_map.channels if names.find(channel) is None]
    missing += [one.name for one in rig_map.combinations if not names.has(one.name)]
    missing += [turn.bone for turn in rig_map.turns if survey.bone(turn.bone) is None]
    listed = list(dict.fromkeys(missing))
    if listed:
        others = f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else ""
        notes.append(
            f"{survey.name} lacks {', '.join(listed[:_NAMED])}{others}, which its map plays; correct or "
            "remove these rows."
        )


def _drive(channel: MapChannel, survey: Survey, blocked: dict[str, list[str]]) -> Drive | None:
    if channel.place in ("key", "property"):
        return _slider_drive(channel, survey, blocked)
    lowest, highest = channel.limits
    bone = survey.bone(channel.name)
    if bone is None:
        return None
    reason = bone.blocked if channel.place == "rotation" else ""
    if channel.place == "location" and bone.pinned[channel.axis]:
        reason = PINNED
    if reason:
        blocked.setdefault(reason, []).append(bone.name)
        return None
    if channel.place == "location":
        written = (location(bone.owner, channel.axis, bone.name),)
    elif channel.place == "scale":
        written = (scale(bone.owner, channel.axis, bone.name),)
    elif bone.mode in ("QUATERNION", "AXIS_ANGLE"):
        # Only small angles: the vector part of the quaternion, whose first number stays 1.
        written = (rotation(bone.owner, bone.mode, bone.name)[channel.axis + 1],)
    else:
        written = (rotation(bone.owner, bone.mode, bone.name)[channel.axis],)
    return Drive(channel, written, lowest, highest)


def _slider_drive(channel: MapChannel, survey: Survey, blocked: dict[str, list[str]]) -> Drive | None:
    keys = [slider for slider in survey.keys if slider.name == channel.name]
    properties = [slider for slider in survey.properties if slider.name == channel.name]
    # A property often drives the keys of its name: then these are blocked, and it is what can be keyed.
    sliders = [*properties, *keys] if channel.place == "property" else [*keys, *properties]
    free = [slider for slider in sliders if not slider.blocked]
    if not free:
        for slider in sliders[:1]:
            blocked.setdefault(slider.blocked, []).append(slider.name)
        return None
    if parts := free[0].parts:
        return Drive(channel, tuple(part.channel for part in parts), 0.0, 1.0, parts)
    is_key = free[0] in keys
    free = [slider for slider in free if (slider in keys) == is_key]
    written = tuple(_slider_channel(slider, is_key=is_key) for slider in free)
    lowest = max(channel.limits[0], *(slider.lowest for slider in free))
    highest = min(channel.limits[1], *(slider.highest for slider in free))
    return Drive(channel, written, lowest, max(lowest, highest))


def _slider_channel(slider: Slider, *, is_key: bool) -> Channel:
    limits = (slider.lowest, slider.highest)
    if is_key:
        return shape_key(slider.owner, slider.name, limits=limits)
    if slider.path:
        return object_property(slider.owner, slider.path, limits=limits)
    return custom_property(slider.owner, slider.name, limits=limits)


def _supplement(
    drives: Sequence[Drive], rig_map: RigMap, survey: Survey, names: RigNames, notes: list[str]
) -> list[Drive]:
    """Brows, lids and eyes that the map leaves out, from keys that ARKit or plain words name."""
    if rig_map.pictures or rig_map.complete:
        return []
    covered = {control for drive in drives for control in drive.source.mix}
    taken = {drive.source.name for drive in drives}
    understood = words_map(survey)
    others = [*preset("arkit").channels, *(understood.channels if understood is not None else ())]
    extra: list[MapChannel] = []
    for channel in others:
        controls = set(channel.mix)
        name = names.find(channel)
        if controls and controls <= UPPER_FACE and not controls & covered and name and name not in taken:
            extra.append(channel)
            covered |= controls
            taken.add(name)
    return _drives(extra, survey, names, notes)


def _turns(
    rig_map: RigMap,
    drives: Sequence[Drive],
    survey: Survey,
    names: RigNames,
    notes: list[str],
    *,
    turned_eyes: bool,
) -> tuple[BoundTurn, ...]:
    found: list[BoundTurn] = []
    for turn in rig_map.turns:
        bone = survey.bone(names.bones.find(turn.bone) or "")
        if bone is not None:
            found.append(BoundTurn(turn, bone))
    if not rig_map.complete:
        found = _with_joints(found, rig_map, drives, survey, turned_eyes=turned_eyes)
    free = [turn for turn in found if not turn.bone.blocked]
    notes += [
        f"The bone {turn.bone.name} {turn.bone.blocked} and is left as it is."
        for turn in found
        if turn.bone.blocked
    ]
    return tuple({turn.bone.name: turn for turn in reversed(free)}.values())[::-1]


def _with_joints(
    found: list[BoundTurn], rig_map: RigMap, drives: Sequence[Drive], survey: Survey, *, turned_eyes: bool
) -> list[BoundTurn]:
    """The turns with those of jaw, head and eyes that the map leaves to be looked for."""
    named = {turn.source.joint for turn in found}
    covered = {control for drive in drives for control in drive.source.mix}
    opens = "jawOpen" in covered or any(
        drive.source.pose is not None and drive.source.pose.get("jawOpen", 0.0) > 0 for drive in drives
    )
    if opens:
        # Turned by its bone as well, the mouth would open twice.
        found = [turn for turn in found if turn.source.joint != "jaw" or rig_map.kind != "words"]
    elif "jaw" not in named and (jaw := find_joint(survey, "jaw")) is not None:
        found.append(BoundTurn(MapTurn("jaw", jaw.name), jaw))
    if not named & {"head", "neck"} and (head := find_joint(survey, "head")) is not None:
        chain = neck_chain(survey, head)
        shares = _NECK_SHARES[len(chain)]
        found += [
            BoundTurn(MapTurn("head", bone.name, share), bone)
            for bone, share in zip(chain, shares, strict=True)
        ]
    if turned_eyes:
        sides: tuple[Joint, ...] = ("left_eye", "right_eye")
        for side in sides:
            if side not in named and (eye := find_joint(survey, side)) is not None:
                found.append(BoundTurn(MapTurn(side, eye.name), eye))
    return found


def _combinations(
    combinations: Iterable[Combination], survey: Survey, names: RigNames, notes: list[str]
) -> tuple[BoundCombination, ...]:
    bound = []
    for one in combinations:
        blocked: dict[str, list[str]] = {}
        name = names.find(MapChannel("key", one.name))
        drive = _drive(MapChannel("key", name), survey, blocked) if name is not None else None
        if drive is not None:
            bound.append(BoundCombination(one, drive.channels, drive.highest))
        notes += [f"{one.name} {reason} and is left as it is." for reason in blocked]
    return tuple(bound)
