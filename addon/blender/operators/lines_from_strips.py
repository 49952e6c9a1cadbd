"""Lines from sound strips of the sequencer: offset, trim and speed as they play there."""

from __future__ import annotations

import bpy

from ...core.errors import UserError
from ...core.files import is_file
from ...core.lines.draft import LineDraft
from ..context import OperatorResult
from ..version_compat import played_sound, sequencer_scene, sequencer_strips
from .line_list import added
from .report import report_error


def lines_of_strips(scene: bpy.types.Scene, strips: list[bpy.types.Strip]) -> list[LineDraft]:
    """The lines that sound strips speak, in the order in which they play; other strips are passed over.

    Raises:
        UserError: a file is missing, or a strip's speed changes while it plays.
    """
    fps = scene.render.fps / scene.render.fps_base
    found = [played for strip in strips if (played := played_sound(strip, fps, measured=True)) is not None]
    gone = next((played for played in found if not is_file(played.path)), None)
    if gone is not None:
        raise UserError(
            f"The strip {gone.name} plays {gone.path}, which is no file.",
            "Unpack the sound (File, External Data), or choose its file again.",
        )
    return [played.line(fps) for played in sorted(found, key=lambda played: (played.first, played.name))]


class _FromStrips(bpy.types.Operator):
    """What both operators share."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def _add(self, context: bpy.types.Context, *, whole_channels: bool) -> OperatorResult:
        scene = sequencer_scene(context)
        strips = list(sequencer_strips(scene)) if scene is not None and scene.sequence_editor else []
        chosen = [strip for strip in strips if strip.type == "SOUND" and strip.select]
        if not chosen or scene is None:
            return report_error(
                self, UserError("No sound strip is selected.", "Select strips in the sequencer first.")
            )
        if whole_channels:
            channels = {strip.channel for strip in chosen}
            chosen = [strip for strip in strips if strip.channel in channels]
        try:
            lines = lines_of_strips(scene, chosen)
        except UserError as error:
            return report_error(self, error)
        return added(self, context, lines, 0)


class ELOCUTE_OT_lines_from_strips(_FromStrips):
    """Add a line for each selected sound strip of the sequencer, in step with it"""

    bl_idname = "elocute.lines_from_strips"
    bl_label = "Selected strips"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add them."""
        return self._add(context, whole_channels=False)


class ELOCUTE_OT_lines_from_channel(_FromStrips):
    """Add a line for each sound strip on the channels of the selected strips"""

    bl_idname = "elocute.lines_from_channel"
    bl_label = "All strips of the channel"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add them."""
        return self._add(context, whole_channels=True)


CLASSES = (ELOCUTE_OT_lines_from_strips, ELOCUTE_OT_lines_from_channel)
