"""Start and stop sending lines to another program."""

from __future__ import annotations

import bpy

from ...core.backend.live_process import LiveChoice, LiveProcess
from ...core.errors import UserError
from ...core.service_settings import ServiceSettings
from ..context import OperatorResult, scene_of
from ..session import jobs
from ..targets.clip_track import unnamed_head_points
from ..ui.preferences import read_settings
from ..ui.properties import read_options
from .report import report_error


def _launcher(settings: ServiceSettings, choice: LiveChoice) -> LiveProcess:
    launch = settings.launch()
    return LiveProcess(launch.python, choice, launch.variables)


class ELOCUTE_OT_live_start(bpy.types.Operator):
    """Send the last line to another program on this computer, and every further one while it is generated"""

    bl_idname = "elocute.live_start"
    bl_label = "Start sending"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Whether the button works; its tooltip says why not."""
        if jobs.session().ready:
            return True
        cls.poll_message_set("Set up Elocute on this computer first.")
        return False

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Start a process that sends; nothing is waited for."""
        settings, options = read_settings(), read_options(scene_of(context))
        choice = LiveChoice(options.live_kind.lower(), options.live_port, options.live_loop)
        try:
            head = unnamed_head_points()
        except UserError as error:
            return report_error(self, error)
        jobs.session().live.start(choice, lambda chosen: _launcher(settings, chosen), head)
        return {"FINISHED"}


class ELOCUTE_OT_live_stop(bpy.types.Operator):
    """Send nothing more to the other program"""

    bl_idname = "elocute.live_stop"
    bl_label = "Stop sending"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Whether something is sent."""
        if jobs.session().live.on:
            return True
        cls.poll_message_set("Nothing is sent.")
        return False

    def execute(self, _context: bpy.types.Context) -> OperatorResult:
        """Ask the process to end."""
        jobs.session().live.stop()
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_live_start, ELOCUTE_OT_live_stop)
