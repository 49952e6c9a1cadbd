"""Maps of rigs as versioned JSON, read with a sentence for every error."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import UserError
from .controls.vocabulary import CONTROLS
from .rig_map import (
    AXES,
    BONE_PLACES,
    JOINTS,
    PLACES,
    Address,
    Combination,
    Detection,
    MapChannel,
    MapLook,
    MapTurn,
    Place,
    RigMap,
)

FORMAT: Final = "elocute-rig-map"
VERSION: Final = 1
MAX_CHANNELS: Final = 2000
MAX_BYTES: Final = 4_000_000
TOO_LARGE: Final = 1e9
"""Numbers of a map are smaller than this, either way."""
_KNOWN: Final = frozenset(
    (
        "format",
        "version",
        "kind",
        "title",
        "detect",
        "channels",
        "turns",
        "look",
        "combinations",
        "pictures",
        "complete",
    )
)


def read_map(path: Path) -> RigMap:
    """Read a map from a JSON file.

    Raises:
        UserError: the file is missing or too large, is no JSON, or says something that a map cannot say; the
            sentence names the place.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path} is too large for a rig map.", "Choose a map that Elocute saved.")
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.", "Check the path.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read.", "Choose a map that Elocute saved.") from error
    return parse_map(text, path.name)


def parse_map(text: str, where: str) -> RigMap:
    """A map from JSON text; ``where`` names it in errors.

    Raises:
        UserError: as :func:`read_map`.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where} is not JSON: {error}.", "Choose a map that Elocute saved.") from error
    return _Reader(where).map(data)


def write_map(rig_map: RigMap) -> str:
    """A map as JSON text that :func:`parse_map` reads back the same."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "kind": rig_map.kind,
        "title": rig_map.title,
    }
    found = rig_map.detect
    data["detect"] = {"least": found.least, "rank": found.rank}
    for name in ("marks", "without"):
        if kept := getattr(found, name):
            data["detect"][name] = {place: list(names) for place, names in kept.items()}
    for name in ("pictures", "complete"):
        if getattr(rig_map, name):
            data[name] = True
    if rig_map.turns:
        data["turns"] = [_turn_data(turn) for turn in rig_map.turns]
    if rig_map.look is not None:
        sides = {name: getattr(rig_map.look, name) for name in ("both", "left", "right")}
        data["look"] = {name: bone for name, bone in sides.items() if bone}
    if rig_map.combinations:
        data["combinations"] = [
            {"name": one.name, "of": list(one.of), "gain": one.gain} for one in rig_map.combinations
        ]
    data["channels"] = [_channel_data(channel) for channel in rig_map.channels]
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _turn_data(turn: MapTurn) -> dict[str, Any]:
    data: dict[str, Any] = {"joint": turn.joint, "bone": turn.bone, "share": turn.share}
    if turn.axis is not None:
        data["axis"] = list(turn.axis)
    if turn.degrees is not None:
        data["degrees"] = turn.degrees
    if math.isfinite(turn.limit):
        data["limit"] = turn.limit
    if turn.exact:
        data["exact"] = True
    return data


def _channel_data(channel: MapChannel) -> dict[str, Any]:
    data: dict[str, Any]
    if channel.place in BONE_PLACES:
        data = {"bone": channel.name, channel.place: AXES[channel.axis]}
    else:
        data = {channel.place: channel.name}
    if channel.mix:
        data["from"] = dict(channel.mix)
    if channel.pose is not None:
        data["pose"] = dict(channel.pose)
    for name, usual in (("gain", 1.0), ("offset", 0.0), ("exact", False), ("optional", False)):
        if (value := getattr(channel, name)) != usual:
            data[name] = value
    if channel.limits != (-math.inf, math.inf):
        data["limits"] = [None if math.isinf(limit) else limit for limit in channel.limits]
    if channel.curve:
        data["curve"] = [list(point) for point in channel.curve]
    if channel.unless:
        data["unless"] = list(channel.unless)
    return data


@dataclass(frozen=True)
class _Reader:
    """Turns plain JSON into a map; every check names where it is."""

    where: str

    def wrong(self, what: str) -> UserError:
        return UserError(f"{self.where} is not a rig map: {what}.", "Correct it, or choose another map.")

    def map(self, data: object) -> RigMap:
        top = self.table(data, "the file")
        if top.get("format") != FORMAT:
            raise self.wrong(f'its "format" is not "{FORMAT}"')
        if top.get("version") != VERSION:
            raise self.wrong(f"its version is {top.get('version')!r}, this add-on reads {VERSION}")
        self.only(top, _KNOWN, "the file")
        listed = self.rows(top.get("channels", []), "channels")
        if len(listed) > MAX_CHANNELS:
            raise self.wrong(f"it has more than {MAX_CHANNELS} channels")
        channels = tuple(
            one for number, row in enumerate(listed, 1) for one in self.channel(row, f"channel {number}")
        )
        seen: set[Address] = set()
        for one in channels:
            if one.address in seen:
                raise self.wrong(f"{one.name} is listed twice as {one.place}")
            seen.add(one.address)
        turns = tuple(self.turn(row, i) for i, row in enumerate(self.rows(top.get("turns", []), "turns"), 1))
        bones = [turn.bone for turn in turns]
        if twice := next((bone for bone in bones if bones.count(bone) > 1), ""):
            raise self.wrong(f"{twice} is listed twice among the bones that turn")
        if not channels and not turns:
            raise self.wrong("it drives nothing")
        combinations = tuple(
            self.combination(row, i)
            for i, row in enumerate(self.rows(top.get("combinations", []), "combinations"), 1)
        )
        look = None
        if "look" in top:
            sides = self.table(top["look"], "look")
            self.only(sides, {"both", "left", "right"}, "look")
            look = MapLook(**{name: self.text(bone, f"look.{name}") for name, bone in sides.items()})
        kind = self.text(top.get("kind"), "kind")
        title = self.text(top.get("title", kind), "title")
        detect = self.detect(top.get("detect", {}))
        pictures = self.flag(top.get("pictures", False), "pictures")
        complete = self.flag(top.get("complete", False), "complete")
        return RigMap(kind, title, channels, turns, look, combinations, detect, pictures, complete)

    def channel(self, row: object, where: str) -> list[MapChannel]:
        """One channel, or one for each axis of a bone."""
        data = self.table(row, where)
        places = [place for place in PLACES if place in data]
        if len(places) != 1:
            raise self.wrong(f"{where} must say one of {', '.join(PLACES)}")
        place: Place = places[0]
        bone = place in BONE_PLACES
        name = self.text(data.get("bone") if bone else data[place], f"{where}'s name")
        where = f"{where} ({name})"
        known = {place, "from", "pose", "gain", "offset", "limits", "curve", "exact", "optional", "unless"}
        self.only(data, known | ({"bone"} if bone else set()), where)
        axes = self.text(data[place], where) if bone else "x"
        if not set(axes) <= set(AXES) or len(set(axes)) != len(axes):
            raise self.wrong(f"{where}: {axes!r} names no axes; write x, y, z or several of them")
        pose = self.controls(data["pose"], f"{where}, pose") if "pose" in data else None
        mix = self.controls(data.get("from", {}), f"{where}, from")
        if pose is not None and mix:
            raise self.wrong(f"{where} says both from and pose")
        unless = tuple(self.text(other, where) for other in self.rows(data.get("unless", []), where))
        return [
            MapChannel(
                place,
                name,
                AXES.index(axis),
                mix,
                pose,
                self.number(data.get("gain", 1.0), f"{where}, gain"),
                self.number(data.get("offset", 0.0), f"{where}, offset"),
                self.limits(data.get("limits", [None, None]), where),
                self.curve(data.get("curve", []), where),
                self.flag(data.get("exact", False), f"{where}, exact"),
                self.flag(data.get("optional", False), f"{where}, optional"),
                unless,
            )
            for axis in axes
        ]

    def turn(self, row: object, number: int) -> MapTurn:
        where = f"turn {number}"
        data = self.table(row, where)
        self.only(data, {"joint", "bone", "share", "axis", "degrees", "limit", "exact"}, where)
        joint = data.get("joint")
        if joint not in JOINTS:
            raise self.wrong(f"{where}: {joint!r} is no joint; write one of {', '.join(JOINTS)}")
        axis = None
        if "axis" in data:
            x, y, z = self.numbers(data["axis"], 3, f"{where}, axis")
            if not math.hypot(x, y, z) > 0:
                raise self.wrong(f"{where}: its axis has no length")
            axis = (x, y, z)
        degrees = self.number(data["degrees"], f"{where}, degrees") if "degrees" in data else None
        if degrees == 0:
            raise self.wrong(f"{where}: a jaw that opens by 0 degrees does not open")
        limit = self.number(data["limit"], f"{where}, limit") if "limit" in data else math.inf
        if limit < 0:
            raise self.wrong(f"{where}: its limit must not be negative")
        share = self.number(data.get("share", 1.0), f"{where}, share")
        exact = self.flag(data.get("exact", False), f"{where}, exact")
        return MapTurn(joint, self.text(data.get("bone"), where), share, axis, degrees, limit, exact)

    def combination(self, row: object, number: int) -> Combination:
        where = f"combination {number}"
        data = self.table(row, where)
        self.only(data, {"name", "of", "gain"}, where)
        names = tuple(self.text(name, where) for name in self.rows(data.get("of"), where))
        for name in names:
            self.known_control(name, where)
        if len(names) < 2:
            raise self.wrong(f"{where} needs two controls at least")
        return Combination(
            self.text(data.get("name"), where), names, self.number(data.get("gain", 1.0), where)
        )

    def detect(self, value: object) -> Detection:
        data = self.table(value, "detect")
        self.only(data, {"least", "rank", "marks", "without"}, "detect")
        places = {}
        for name in ("marks", "without"):
            listed = self.table(data.get(name, {}), f"detect.{name}")
            self.only(listed, {"keys", "properties", "bones"}, f"detect.{name}")
            places[name] = {
                place: tuple(self.text(one, f"detect.{name}") for one in self.rows(names, f"detect.{name}"))
                for place, names in listed.items()
            }
        least = self.number(data.get("least", 0.75), "detect.least")
        rank = round(self.number(data.get("rank", 5), "detect.rank"))
        return Detection(least, rank, places["marks"], places["without"])

    def controls(self, value: object, where: str) -> dict[str, float]:
        data = self.table(value, where)
        for name in data:
            self.known_control(name, where)
        return {name: self.number(weight, f"{where}, {name}") for name, weight in data.items()}

    def known_control(self, name: str, where: str) -> None:
        if name not in CONTROLS:
            raise self.wrong(f"{where}: there is no control {name!r}")

    def limits(self, value: object, where: str) -> tuple[float, float]:
        pair = self.rows(value, f"{where}, limits")
        if len(pair) != 2:
            raise self.wrong(f"{where}: its limits must be two numbers")
        lowest = -math.inf if pair[0] is None else self.number(pair[0], f"{where}, limits")
        highest = math.inf if pair[1] is None else self.number(pair[1], f"{where}, limits")
        if lowest > highest:
            raise self.wrong(f"{where}: its limits are in the wrong order")
        return lowest, highest

    def curve(self, value: object, where: str) -> tuple[tuple[float, float], ...]:
        points = [self.numbers(point, 2, f"{where}, curve") for point in self.rows(value, f"{where}, curve")]
        if len(points) == 1 or any(a[0] >= b[0] for a, b in itertools.pairwise(points)):
            raise self.wrong(f"{where}: its curve needs two points or more, rising from left to right")
        return tuple((point[0], point[1]) for point in points)

    def table(self, value: object, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(f"{where} must be an object")
        return value

    def rows(self, value: object, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise self.wrong(f"{where} must be a list")
        return value

    def only(self, data: Mapping[str, Any], known: Set[str], where: str) -> None:
        if unknown := sorted(data.keys() - known):
            raise self.wrong(f"{where} has an unknown entry {unknown[0]!r}")

    def text(self, value: object, where: str) -> str:
        if not isinstance(value, str) or not value:
            raise self.wrong(f"{where} must be a text")
        return value

    def flag(self, value: object, where: str) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(f"{where} must be true or false")
        return value

    def number(self, value: object, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < TOO_LARGE:
            raise self.wrong(f"{where} must be a number")
        return float(value)

    def numbers(self, value: object, count: int, where: str) -> list[float]:
        listed = self.rows(value, where)
        if len(listed) != count:
            raise self.wrong(f"{where} must be {count} numbers")
        return [self.number(one, where) for one in listed]
