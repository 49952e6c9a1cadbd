"""Let a line play in layers, each with an influence of its own, and in one again."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

import bpy

from ...core.errors import UserError
from ..apply_motion import current_target, found_target
from ..context import OperatorResult, scene_of
from ..keys.layers import flatten, has_layers, lay
from ..keys.line_strips import PlacedLine, placed_lines
from ..session import jobs
from ..targets.target import Target
from ..ui.lines import speaker_of
from ..ui.properties import active_line
from .report import report_error


def line_here(target: Target, frame: int) -> tuple[PlacedLine, bool] | None:
    """The target's line at a frame, or its only one, and whether it plays in layers."""
    found: dict[str, tuple[PlacedLine, bool]] = {}
    for owner in dict.fromkeys(channel.owner for channel in target.channels()):
        block = target.resolve(owner)
        for placed in placed_lines(block):
            if not placed.idle:
                layered = has_layers(block, placed) or found.get(placed.track.name, (None, False))[1]
                found[placed.track.name] = (placed, layered)
    here = [one for one in found.values() if one[0].overlaps(frame, frame)]
    return here[-1] if here else next(iter(found.values())) if len(found) == 1 else None


class ELOCUTE_OT_layers(bpy.types.Operator):
    """Let the line at the current frame play in layers: mouth, upper face, lids and gaze, head, each on NLA
    tracks of its own with its influence; again to play in one"""

    bl_idname = "elocute.layers"
    bl_label = "Play in layers"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Whether nothing else is going on."""
        if jobs.session().status.busy:
            cls.poll_message_set("Elocute is still working. Wait for it to finish, or cancel it.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Make the layers, or take them away."""
        scene = scene_of(context)
        try:
            chosen = current_target(context, speaker_of(active_line(scene)))
            target = found_target(chosen) if chosen.target is not None else None
            found = line_here(target, scene.frame_current) if target is not None else None
            if target is None or found is None:
                raise UserError("There is no line here.", "Go to a line of the selected character.")
            placed, layered = found
            if layered:
                flatten(target, placed.track.name)
            else:
                lay(target, placed.track.name)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_layers,)
