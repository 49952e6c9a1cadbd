"""Bones that turn, changed by hand in a map."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from ..errors import UserError
from .map_editing import mirrored_name, refuse_numbers
from .rig_map import Joint, MapTurn, RigMap

JOINT_LABELS: Final[dict[Joint, str]] = {
    "jaw": "Jaw",
    "head": "Head",
    "neck": "Neck",
    "left_eye": "Left eye",
    "right_eye": "Right eye",
}
_OTHER_SIDE: Final[dict[Joint, Joint]] = {"left_eye": "right_eye", "right_eye": "left_eye"}


def turn_at(rig_map: RigMap, bone: str) -> MapTurn | None:
    """The turn of a bone, or None."""
    return next((turn for turn in rig_map.turns if turn.bone == bone), None)


def with_turn(rig_map: RigMap, turn: MapTurn, instead_of: str = "") -> RigMap:
    """The map with a turn in the place of another bone's, or at the end.

    Raises:
        UserError: the map turns this bone already, or a number is too large.
    """
    refuse_numbers(
        [
            (f"The share of {turn.bone}", turn.share),
            (f"The open angle of {turn.bone}", turn.degrees or 0.0),
            (f"The limit of {turn.bone}", turn.limit if math.isfinite(turn.limit) else 0.0),
            *((f"The axis of {turn.bone}", number) for number in turn.axis or ()),
        ]
    )
    if turn.bone != instead_of and turn_at(rig_map, turn.bone) is not None:
        raise UserError(f"The map already turns {turn.bone}.", "Change that row instead.")
    if turn_at(rig_map, instead_of) is None:
        return replace(rig_map, turns=(*rig_map.turns, turn))
    kept = tuple(turn if one.bone == instead_of else one for one in rig_map.turns)
    return replace(rig_map, turns=kept)


def without_turn(rig_map: RigMap, bone: str) -> RigMap:
    """The map without the turn of a bone.

    Raises:
        UserError: nothing would be left.
    """
    kept = tuple(turn for turn in rig_map.turns if turn.bone != bone)
    if not kept and not rig_map.channels:
        raise UserError("A map needs a channel at least.", "Add another before you remove this one.")
    return replace(rig_map, turns=kept)


def with_mirror_of_turn(
    rig_map: RigMap, turn: MapTurn, bones: Sequence[str], before: MapTurn | None = None
) -> RigMap:
    """The map whose other eye turns as one eye does.

    Args:
        rig_map: the map.
        turn: of one eye.
        bones: of the rig, among which the other side's is looked for.
        before: what the turn was before it was changed, whose partner is replaced; None for itself.

    Raises:
        UserError: the joint or the bone has no other side.
    """
    other = mirrored_turn(turn, bones)
    if other is None:
        raise UserError(
            f"{turn.bone} has no partner on the other side.", "Add a row for the other side by hand."
        )
    old = mirrored_turn(before, bones) if before is not None else None
    replaced = old.bone if old is not None and turn_at(rig_map, old.bone) is not None else other.bone
    return with_turn(rig_map, other, replaced)


def mirrored_turn(turn: MapTurn, bones: Iterable[str]) -> MapTurn | None:
    """What the other eye does when one eye turns so; None where there is no other side."""
    joint = _OTHER_SIDE.get(turn.joint)
    bone = mirrored_name(turn.bone, bones) if joint is not None else None
    return replace(turn, joint=joint, bone=bone) if joint is not None and bone is not None else None


def found_turns(rig_map: RigMap, text: str) -> list[MapTurn]:
    """The turns whose bone or joint hold every word of a text; all for an empty one."""
    wanted = text.lower().split()
    return [
        turn
        for turn in rig_map.turns
        if all(word in f"{turn.bone} {JOINT_LABELS[turn.joint]} turns".lower() for word in wanted)
    ]
