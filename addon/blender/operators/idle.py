"""Idle motion for the active character: what it does while it listens or waits."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.backend.generation import Generated, generate, styles_of
from ...core.backend.messages import ModelMessage
from ...core.errors import UserError
from ...core.idle import MOST_SECONDS, SILENT_NOTE, silence
from ...core.job import JobControl, Outcome
from ...core.request import idle_request_of
from ...core.steps import Steps
from ..apply_idle import apply_idle_in_steps, idle_spans, wanted_frames
from ..apply_motion import current_target, found_target, scene_and_target
from ..context import OperatorResult, scene_of
from ..heads.library_override import linked_target
from ..present_motion import MotionBefore
from ..session import jobs
from ..ui.preferences import read_settings
from ..ui.properties import read_options
from .generate import work_blocker
from .report import report_error


class ELOCUTE_OT_idle(bpy.types.Operator):
    """Let the character wait or listen where it does not speak, going on from what it does before"""

    bl_idname = "elocute.idle"
    bl_label = "Idle"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Whether the button works; its tooltip says why not."""
        if reason := work_blocker():
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Start the job; the session's pump finishes it."""
        session, service, scene = jobs.session(), read_settings(), scene_of(context)
        options = read_options(scene)
        try:
            if linked := linked_target(context):
                raise UserError(linked.sentence)
            target = current_target(context)
            if target.target is None:
                raise UserError(
                    "There is no character here that could be idle.", "Add a head, or select your character."
                )
            wanted = wanted_frames(scene, options)
            rig = found_target(target)
            first = idle_spans(rig, wanted)[0].first
            seconds = wanted.frames / (scene.render.fps / scene.render.fps_base)
            if not 0 < seconds <= MOST_SECONDS:
                raise UserError(
                    f"Idle motion of {seconds:.0f} s is too long.",
                    f"Choose at most {MOST_SECONDS:.0f} s; motion of other frames can follow it.",
                )
            before = MotionBefore(lambda: scene_and_target(target), first)
            request = idle_request_of(options, lambda name: Path(bpy.path.abspath(name)))
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
                    silence(seconds),
                    request.settings,
                    control,
                    styles=styles,
                    attached=before.attached_for(request.settings, models),
                )
                return made, models

            def finish(result: tuple[Generated, tuple[ModelMessage, ...]]) -> Steps[Outcome]:
                generated, session.models = result
                session.test_pose.leave()
                outcome = yield from apply_idle_in_steps(generated.clips[0], wanted, options, target)
                told = [note for note in generated.summary.notes if note != SILENT_NOTE]
                return Outcome(outcome.message, (*told, *outcome.notes))

            session.start("Generating idle motion", work, finish, look=before.look)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_idle,)
