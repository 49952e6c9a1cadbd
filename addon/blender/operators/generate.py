"""Generate motion for a recording, and cancel it."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.backend.environment import EnvironmentState
from ...core.backend.generation import Generated, generate, styles_of
from ...core.backend.messages import ModelMessage
from ...core.errors import UserError
from ...core.heard_words import heard_words
from ...core.job import JobControl, Outcome
from ...core.request import request_of
from ...core.steps import Steps
from ..apply_motion import apply_motion_in_steps, current_target, found_target
from ..context import OperatorResult, scene_of
from ..heads.library_override import linked_target
from ..present_motion import motion_before
from ..session import jobs
from ..session.known_lines import KnownLine
from ..session.status import Phase
from ..targets.clip_track import unnamed_head_points
from ..ui.preferences import read_settings
from ..ui.properties import read_options
from .report import report_error


def generate_blocker(context: bpy.types.Context) -> str:
    """Why Generate cannot be pressed now, or an empty string. Looks at nothing outside memory."""
    session = jobs.session()
    if session.status.busy:
        return "Elocute is still working. Wait for it to finish, or cancel it."
    settings = read_settings()
    if settings.place == "REMOTE":
        if not settings.url:
            return "Enter the service's address in the add-on's preferences."
    elif session.environment is not EnvironmentState.READY:
        return "Set up Elocute first, with the button above."
    if read_options(scene_of(context)).audio is None:
        return "Choose a recording first."
    return ""


class ELOCUTE_OT_generate(bpy.types.Operator):
    """Make the head speak the recording, on an NLA strip of its own; what is animated keeps playing"""

    bl_idname = "elocute.generate"
    bl_label = "Generate"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the button works; its tooltip says why not."""
        if reason := generate_blocker(context):
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Start the job; the session's pump finishes it."""
        session = jobs.session()
        service = read_settings()
        options = read_options(scene_of(context))
        try:
            if linked := linked_target(context):
                raise UserError(linked.sentence)
            target = current_target(context)
            request = request_of(options, lambda name: Path(bpy.path.abspath(name)))
            head = unnamed_head_points() if session.live.on else b""
            before = None
            if options.continue_motion and target.target is not None:
                before = motion_before(scene_of(context), found_target(target), options.start_frame)
            server = session.local_service(service) if service.place == "LOCAL" else None

            def work(control: JobControl) -> tuple[Generated, tuple[ModelMessage, ...]]:
                client = jobs.service_client(service, server, control)
                models = client.models().models
                styles = {
                    **request.style_files,
                    **styles_of(client, request.style_recordings, request.settings, control),
                }
                made = generate(
                    lambda: client,
                    request.audio,
                    request.settings,
                    control,
                    styles=styles,
                    before=before.for_model(request.settings, models) if before is not None else None,
                    live=session.live.begin_line(head),
                )
                return made, models

            def finish(result: tuple[Generated, tuple[ModelMessage, ...]]) -> Steps[Outcome]:
                generated, session.models = result
                session.live.remember(generated.clips[0])
                session.test_pose.leave()
                outcome = yield from apply_motion_in_steps(
                    generated.clips[0], request.audio, options, target, generated.phones
                )
                if target.target is not None:
                    line = KnownLine(generated.clips[0], request.audio, options, generated.phones)
                    session.lines.remember(target.target, line)
                summary = generated.summary
                heard = heard_words(request.audio, summary.phone_source, summary.transcript)
                return Outcome(outcome.message, (*summary.notes, *outcome.notes), heard)

            session.start(f"Generating {request.audio.name}", work, finish)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class ELOCUTE_OT_cancel(bpy.types.Operator):
    """Stop the work; nothing in the scene is changed"""

    bl_idname = "elocute.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Whether there is work to cancel."""
        if jobs.session().status.phase is Phase.RUNNING:
            return True
        cls.poll_message_set("Nothing is running.")
        return False

    def execute(self, _context: bpy.types.Context) -> OperatorResult:
        """Ask the work to stop."""
        jobs.session().cancel()
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_generate, ELOCUTE_OT_cancel)
