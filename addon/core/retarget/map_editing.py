"""Maps of rigs changed by hand, channel by channel."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from ..errors import UserError
from .bind import BoundMap
from .controls.vocabulary import CONTROLS, mirrored
from .names import canonical
from .rig_map import AXES, BONE_PLACES, Address, MapChannel, MapLook, Place, RigMap
from .rig_map_file import TOO_LARGE, parse_map, write_map

_TERM: Final = re.compile(
    r"\s*(?P<sign>[+-]?)\s*(?:(?P<weight>\d+\.?\d*|\.\d+)\s*\*?\s*)?(?P<name>[A-Za-z]\w*)"
)
_SIDES: Final = (
    ("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT"), ("links", "rechts"), ("左", "右"),
    ("Links", "Rechts"),
)  # fmt: skip
_LETTERS: Final = (
    re.compile(r"(?<![A-Za-z])([lrLR])(?![A-Za-z])"),
    re.compile(r"^([lr])(?=[A-Z])"),
    re.compile(r"(?<=[a-z])([LR])(?![A-Za-z])"),
)
_OTHER_LETTER: Final = {"l": "r", "r": "l", "L": "R", "R": "L"}
_FLIPPED: Final = {("location", 0), ("rotation", 1), ("rotation", 2)}
"""A mirrored bone goes the other way along its x and turns the other way about y and z."""


def own_map(bound: BoundMap) -> RigMap:
    """A map of just what a bound map drives, in the rig's own spelling; nothing is added to it later."""
    channels = tuple(replace(drive.source, optional=False, unless=()) for drive in bound.drives)
    turns = tuple(replace(turn.source, bone=turn.bone.name) for turn in bound.turns)
    both, left, right = (target.name if target is not None else "" for target in bound.look)
    look = MapLook(both, left, right) if both or left or right else None
    combinations = tuple(
        replace(one.source, name=one.channels[0].name) for one in bound.combinations if one.channels
    )
    old = bound.rig_map
    return RigMap(
        old.kind, old.title, channels, turns, look, combinations, pictures=old.pictures, complete=True
    )


def validated(rig_map: RigMap, where: str) -> RigMap:
    """The map, as it would be read from its file.

    Raises:
        UserError: it says something that a map cannot say; ``where`` names it in the sentence.
    """
    return parse_map(write_map(rig_map), where)


def refuse_numbers(numbers: Iterable[tuple[str, float]]) -> None:
    """Refuse numbers that a map cannot hold, each by what the user calls it.

    Raises:
        UserError: a number is too large.
    """
    for what, number in numbers:
        if not abs(number) < TOO_LARGE:
            raise UserError(f"{what} cannot be {number:g}.", f"Choose less than {TOO_LARGE:g}.")


def possible(channel: MapChannel) -> MapChannel:
    """The channel, if a map can say it.

    Raises:
        UserError: a number is too large, or the lowest value lies above the highest.
    """
    lowest, highest = channel.limits
    weights = {**channel.mix, **(channel.pose or {})}
    refuse_numbers(
        [
            (f"The gain of {channel.name}", channel.gain),
            (f"The offset of {channel.name}", channel.offset),
            *((f"A limit of {channel.name}", limit) for limit in channel.limits if math.isfinite(limit)),
            *((f"The share of {name} in {channel.name}", weight) for name, weight in weights.items()),
            *((f"A point of {channel.name}'s curve", number) for point in channel.curve for number in point),
        ]
    )
    if lowest > highest:
        raise UserError(
            f"The lowest value of {channel.name}, {lowest:g}, lies above its highest, {highest:g}.",
            "Change the other one first.",
        )
    return channel


def channel_at(rig_map: RigMap, address: Address) -> MapChannel | None:
    """The channel of an address, or None."""
    return next((one for one in rig_map.channels if one.address == address), None)


def with_channel(rig_map: RigMap, channel: MapChannel, instead_of: Address | None = None) -> RigMap:
    """The map with a channel in the place of another, or at its end.

    Raises:
        UserError: the map has a channel of that address already.
    """
    if channel.address != instead_of and channel_at(rig_map, channel.address) is not None:
        raise UserError(f"The map already has {described(channel)}.", "Change that row instead.")
    if instead_of is None or channel_at(rig_map, instead_of) is None:
        return replace(rig_map, channels=(*rig_map.channels, channel))
    kept = tuple(channel if one.address == instead_of else one for one in rig_map.channels)
    return replace(rig_map, channels=kept)


def without_channel(rig_map: RigMap, address: Address) -> RigMap:
    """The map without a channel.

    Raises:
        UserError: nothing would be left.
    """
    kept = tuple(one for one in rig_map.channels if one.address != address)
    if not kept and not rig_map.turns:
        raise UserError("A map needs a channel at least.", "Add another before you remove this one.")
    return replace(rig_map, channels=kept)


def with_mirror_of(
    rig_map: RigMap, channel: MapChannel, names: Sequence[str], before: MapChannel | None = None
) -> RigMap:
    """The map whose other side does what a channel of one side does.

    Args:
        rig_map: the map.
        channel: of one side.
        names: of the rig's keys, properties or bones, among which the other side's is looked for.
        before: what the channel was before it was changed, whose partner is replaced; None for itself.

    Raises:
        UserError: the channel has no other side.
    """
    other = mirrored_channel(channel, names)
    if other is None:
        raise UserError(
            f"{channel.name} has no partner on the other side.", "Add a row for the other side by hand."
        )
    old = mirrored_channel(before, names) if before is not None else None
    known = old is not None and channel_at(rig_map, old.address) is not None
    return with_channel(rig_map, other, old.address if old is not None and known else other.address)


def mirrored_channel(channel: MapChannel, names: Iterable[str]) -> MapChannel | None:
    """What the other side does when one side does this; None where the rig has no other side of it."""
    name = mirrored_name(channel.name, names)
    if name is None:
        return None
    mix = {mirrored(control): weight for control, weight in channel.mix.items()}
    pose = channel.pose
    if pose is not None:
        pose = {mirrored(control): value for control, value in pose.items()}
    other = replace(channel, name=name, mix=mix, pose=pose)
    if (channel.place, channel.axis) not in _FLIPPED:
        return other
    lowest, highest = channel.limits
    return replace(
        other, gain=-channel.gain, offset=-channel.offset + 0.0, limits=(-highest + 0.0, -lowest + 0.0)
    )


def mirrored_name(name: str, names: Iterable[str]) -> str | None:
    """The name of the other side's partner among names; None where there is none."""
    known = set(names)
    for flipped in _flipped(name):
        if flipped in known:
            return flipped
    stem, _, side = canonical(name).partition("|")
    if not side:
        return None
    wanted = f"{stem}|{_OTHER_LETTER[side]}"
    return min((one for one in known if canonical(one) == wanted), default=None)


def _flipped(name: str) -> Iterator[str]:
    for pair in _SIDES:
        for one, other in (pair, pair[::-1]):
            at = name.rfind(one)
            if at >= 0:
                yield name[:at] + other + name[at + len(one) :]
    for pattern in _LETTERS:
        for match in reversed(list(pattern.finditer(name))):
            start, end = match.span(1)
            yield name[:start] + _OTHER_LETTER[match.group(1)] + name[end:]


def found_rows(rig_map: RigMap, text: str) -> list[MapChannel]:
    """The channels whose name or controls hold every word of a text; all for an empty one."""
    wanted = text.lower().split()
    return [one for one in rig_map.channels if all(word in _said(one) for word in wanted)]


def _said(channel: MapChannel) -> str:
    return " ".join((channel.name, channel.place, *channel.mix, *(channel.pose or ()))).lower()


def described(channel: MapChannel) -> str:
    """A channel in words: ``lip.T.L location z``."""
    if channel.place in BONE_PLACES:
        return f"{channel.name} {channel.place} {AXES[channel.axis]}"
    return channel.name


def said(place: Place) -> str:
    """What a user calls a place."""
    return "bone" if place in BONE_PLACES else {"key": "shape key", "property": "custom property"}[place]


def controls_text(weights: dict[str, float]) -> str:
    """Weighted controls as a user writes them: ``jawOpen + 0.5 mouthClose - mouthFunnel``."""
    parts = []
    for name, weight in weights.items():
        size = f"{abs(weight):.4g} " if abs(weight) != 1.0 else ""
        parts.append(f"{'-' if weight < 0 else '+'} {size}{name}")
    return " ".join(parts).removeprefix("+ ")


def parse_controls(text: str) -> dict[str, float]:
    """Weighted controls of a text such as :func:`controls_text` gives, in any letter case; commas may stand
    between them.

    Raises:
        UserError: the text is no such sum, or there is no such control.
    """
    known = {name.lower(): name for name in CONTROLS}
    found: dict[str, float] = {}
    rest = text.replace(",", " + ").strip().rstrip("+").strip()
    while rest:
        match = _TERM.match(rest)
        if match is None or (found and not match["sign"]):
            raise UserError(
                f'"{rest}" is not a sum of controls.', "Write it like jawOpen + 0.5 mouthClose - mouthFunnel."
            )
        name = known.get(match["name"].lower())
        if name is None:
            raise UserError(f"There is no control {match['name']}.", "Choose one of ARKit's names.")
        weight = float(match["weight"] or 1.0) * (-1.0 if match["sign"] == "-" else 1.0)
        found[name] = found.get(name, 0.0) + weight
        rest = rest[match.end() :].strip()
    return found


def curve_text(curve: Sequence[tuple[float, float]]) -> str:
    """A curve as a user writes it: ``0 0, 0.5 0.2, 1 1``."""
    return ", ".join(f"{at:g} {value:g}" for at, value in curve)


def parse_curve(text: str) -> tuple[tuple[float, float], ...]:
    """Points of a text such as :func:`curve_text` gives; none for an empty one.

    Raises:
        UserError: the text is no list of points that rise from left to right.
    """
    points = []
    for part in filter(str.strip, text.split(",")):
        numbers = part.split()
        try:
            at, value = (float(number) for number in numbers)
        except ValueError as error:
            raise UserError(
                f'"{part.strip()}" is not a point of a curve.', "Write points like 0 0, 0.5 0.2, 1 1."
            ) from error
        points.append((at, value))
    rising = all(one[0] < other[0] for one, other in itertools.pairwise(points))
    if len(points) == 1 or not rising or not all(math.isfinite(n) for point in points for n in point):
        raise UserError(
            "A curve needs two points or more, rising from left to right.", "Write points like 0 0, 1 1."
        )
    return tuple(points)
