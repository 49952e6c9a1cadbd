"""Key lines anew from the clips that are kept with their takes."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import bpy
from bpy.props import BoolProperty

from ...core.errors import UserError
from ...core.job import Outcome, nothing_aside
from ...core.options import SceneOptions
from ...core.sentences import listed
from ...core.steps import Steps
from ..apply_motion import current_target, found_target
from ..context import OperatorResult, scene_of
from ..rekey import keeps_lines, nothing_to_key, rekey_in_steps
from ..session import jobs
from ..session.manner import GENERATING, NOTHING_CHANGED
from ..ui.lines import speaker_of
from ..ui.properties import active_line, read_options, scene_lines
from .report import report_error


class ELOCUTE_OT_rekey(bpy.types.Operator):
    """Key the line at the current frame again, as these settings and the scene's frame rate ask; nothing is
    generated"""

    bl_idname = "elocute.rekey"
    bl_label = "Apply to this line"

    everything: BoolProperty(
        name="All lines", description="All lines of the character, and its idle motion", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Whether nothing else is going on."""
        if jobs.session().status.busy:
            cls.poll_message_set("Elocute is still working. Wait for it to finish, or cancel it.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Begin; the session's pump does it in slices."""
        session, scene = jobs.session(), scene_of(context)
        try:
            target = current_target(context, speaker_of(active_line(scene)))
            if target.target is None:
                raise UserError(
                    "There is no line here whose clip is kept.",
                    "Select a character that speaks, or generate.",
                )
            if not keeps_lines(found_target(target)):
                raise nothing_to_key(found_target(target), None)
            options = _options_of_lines(scene)
            only_at = None if self.everything else scene.frame_current
            session.test_pose.leave()

            done: list[str] = []

            def finish(_: None) -> Steps[Outcome]:
                done.clear()
                return rekey_in_steps(target, options, only_at, done.append)

            manner = replace(GENERATING, cancelled=lambda: _cancelled(done))
            session.start(f"Keying {target.name} again", nothing_aside, finish, manner)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


def _options_of_lines(scene: bpy.types.Scene) -> Callable[[str], SceneOptions]:
    """Key of a line -> its own options, as they are now; what the panel shows for what is in no list, such as
    idle motion."""
    own = {line.key: read_options(scene, line) for line in scene_lines(scene)}
    shown = read_options(scene)
    return lambda key: own.get(key, shown)


def _cancelled(done: Sequence[str]) -> str:
    """What was done before it was cancelled; that is an undo step too."""
    if not done:
        return NOTHING_CHANGED
    bpy.ops.ed.undo_push(message="Elocute: key again")
    return f"Cancelled. Keyed again before that: {listed(done)}."


CLASSES = (ELOCUTE_OT_rekey,)
