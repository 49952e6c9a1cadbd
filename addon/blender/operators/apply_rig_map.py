"""Key the line that was generated last again, with the map and the strengths as they are now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy

from ...core.errors import UserError
from ...core.job import Outcome, nothing_aside
from ...core.options import options_in
from ...core.steps import Steps
from ..apply_motion import apply_motion_in_steps, current_target
from ..context import OperatorResult, scene_of
from ..session import jobs
from ..session.edited_map import edited_root
from ..session.manner import GENERATING
from ..ui.properties import shown_settings
from .report import report_error


class ELOCUTE_OT_apply_rig_map(bpy.types.Operator):
    """Key the line that was generated last again with the map and the strengths as they are now"""

    bl_idname = "elocute.apply_rig_map"
    bl_label = "Apply to the current line"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether a line of the character is known; the tooltip says why not."""
        session, root = jobs.session(), edited_root(context)
        if session.status.busy:
            cls.poll_message_set("Elocute is still working. Wait for it to finish, or cancel it.")
            return False
        if root is None or session.lines.of(root.session_uid) is None:
            cls.poll_message_set(
                "Generate a line for this character first; it is known until the file closes."
            )
            return False
        return True

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Begin."""
        session, root, scene = jobs.session(), edited_root(context), scene_of(context)
        line = session.lines.of(root.session_uid) if root is not None else None
        if line is None:
            return {"CANCELLED"}
        try:
            target = current_target(context)
            options = replace(line.options, **strengths_in(scene))
            session.test_pose.leave()

            def finish(_: None) -> Steps[Outcome]:
                return apply_motion_in_steps(line.clip_file, line.audio, options, target, line.phones)

            session.start(f"Keying {line.audio.name} again", nothing_aside, finish, GENERATING)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


def strengths_in(scene: bpy.types.Scene) -> dict[str, Any]:
    """The options of a scene that say how strongly a character plays, by name."""
    settings = shown_settings(scene, "strength")
    return {option.name: getattr(settings, option.name) for option in options_in("strength")}


CLASSES = (ELOCUTE_OT_apply_rig_map,)
