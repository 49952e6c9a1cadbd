"""Keys written in bulk, in steps, to new actions that play nowhere yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import bpy

from ...core.channel import ChannelCurve
from ...core.errors import UserError
from ...core.steps import Steps
from .. import version_compat
from ..targets.target import Target
from ..version_compat import ActionPart
from .fcurves import Interpolation, write_curves
from .hand_edits import curve_digest
from .hand_keys import remember_written_in_steps
from .line_strips import Line
from .line_time import NAME_LENGTH

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock


@dataclass(frozen=True)
class WrittenKeys:
    """Keys on actions that play nowhere yet.

    Attributes:
        line: which line they are.
        name: of the first action.
        curves: the keys.
        parts: owner -> its part of an action.
        ids: session ids of the actions.
        digest: of all keys, as of :mod:`addon.blender.keys.hand_edits`.
    """

    line: Line
    name: str
    curves: Sequence[ChannelCurve]
    parts: Mapping[str, ActionPart]
    ids: frozenset[int]
    digest: int = 0

    def check(self) -> None:
        """UserError where the actions were deleted meanwhile."""
        if not self.ids <= {action.session_uid for action in bpy.data.actions}:
            raise UserError("The action was deleted while it was being written.", "Generate again.")

    def drop(self) -> None:
        """Remove the actions."""
        _remove_actions(self.ids)


def write_keys_in_steps(
    find: Callable[[], Target],
    curves: Sequence[ChannelCurve],
    name: str,
    interpolation: Interpolation = "LINEAR",
    line: Line | None = None,
) -> Steps[WrittenKeys]:
    """Write keys, all that takes long of keying: to actions that play nowhere, which
    :func:`addon.blender.keys.placed_keys.place_keys` then lets play.

    The arguments are those of :func:`addon.blender.keys.placed_keys.key_curves_in_steps`.

    Raises:
        UserError, ValueError: as of that. No action is left then, nor where it is closed early.
    """
    if not curves or len({curve.channel.key for curve in curves}) < len(curves):
        raise ValueError("a motion needs at least one curve and at most one per channel")
    target = writable_target(find())
    owners = {owner: target.resolve(owner) for owner in dict.fromkeys(c.channel.owner for c in curves)}
    if line is None:
        first, last = min(c.frames[0] for c in curves), max(c.frames[-1] for c in curves)
        line = Line(name, "", round(first), round(last))
    made: set[int] = set()
    try:
        parts = _new_parts(owners, name, made)
        written = WrittenKeys(line, name, curves, parts, frozenset(made))
        done = digest = 0
        for owner, part in parts.items():
            own = [curve for curve in curves if curve.channel.owner == owner]
            for fcurve in write_curves(part.curves, own, interpolation):
                done += 1
                digest += curve_digest(fcurve)
                yield done / len(curves)
                written.check()
        for action in {part.action.session_uid: part.action for part in parts.values()}.values():
            for _ in remember_written_in_steps(action):
                yield 1.0
                written.check()
    except BaseException:
        _remove_actions(made)
        raise
    return replace(written, digest=digest)


def writable_target(target: Target) -> Target:
    """The target; UserError where it cannot be keyed now."""
    if reason := target.writable():
        raise UserError(reason)
    return target


def _new_parts(owners: Mapping[str, AnimatedBlock], name: str, made: set[int]) -> dict[str, ActionPart]:
    """Room for each owner in actions that animate nothing yet; ``made`` gets their ids."""
    parts: dict[str, ActionPart] = {}
    action: bpy.types.Action | None = None
    for owner, id_block in owners.items():
        if action is None:
            action = version_compat.new_action(name[:NAME_LENGTH])
        elif not version_compat.one_action_fits_all():
            action = version_compat.new_action(f"{name[: NAME_LENGTH - len(owner) - 1]} {owner}")
        made.add(action.session_uid)
        parts[owner] = version_compat.new_part(action, id_block)
    return parts


def _remove_actions(ids: Collection[int]) -> None:
    for action in [action for action in bpy.data.actions if action.session_uid in ids]:
        bpy.data.actions.remove(action)
