"""Idle motion for the active character: what it does while it listens or waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ...core.backend.generation import Generated, generate, styles_of
from ...core.backend.messages import AttentionMessage, ModelMessage
from ...core.errors import UserError
from ...core.idle import MOST_SECONDS, SILENT_NOTE, Span, silence
from ...core.job import JobControl, Outcome
from ...core.options import SceneOptions
from ...core.request import idle_request_of
from ...core.steps import Steps
from ..apply_idle import apply_idle_in_steps, idle_spans, wanted_frames
from ..apply_motion import TargetRef, current_target, found_target, scene_and_target
from ..context import OperatorResult, scene_of
from ..heads.library_override import linked_target
from ..present_motion import MotionBefore
from ..session import jobs
from ..session.manner import GENERATING
from ..session.status import Status
from ..ui.preferences import read_settings
from ..ui.properties import read_options
from .report import report_error
from .work import WorkOperator


class ELOCUTE_OT_idle(WorkOperator, bpy.types.Operator):
    """Let the character wait or listen where it does not speak, going on from what it does before"""

    bl_idname = "elocute.idle"
    bl_label = "Idle"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Start the job; the session's pump finishes it."""
        scene = scene_of(context)
        try:
            if linked := linked_target(context):
                raise UserError(linked.sentence)
            target = current_target(context)
            if target.target is None:
                raise UserError(
                    "There is no character here that could be idle.", "Add a head, or select your character."
                )
            options = read_options(scene)
            begin_idle(scene, IdleWork(target, wanted_frames(scene, options), options))
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


@dataclass(frozen=True)
class IdleWork:
    """Idle motion that is to be made.

    Attributes:
        target: whose.
        wanted: the frames, as far as no line plays in them.
        options: of the scene or a line.
        attention: whom it looks at meanwhile; times count from the first wanted frame.
        afresh: whether idle motion that is there is taken out.
        title: what the work is called.
        after: called with the status that it ends with.
    """

    target: TargetRef
    wanted: Span
    options: SceneOptions
    attention: AttentionMessage | None = None
    afresh: bool = False
    title: str = "Generating idle motion"
    after: Callable[[Status], None] = lambda _: None


def begin_idle(scene: bpy.types.Scene, work: IdleWork) -> None:
    """Start to generate idle motion; the session's pump finishes it.

    Raises:
        UserError: it cannot be made.
    """
    session, service, wanted = jobs.session(), read_settings(), work.wanted
    rig = found_target(work.target)
    first = idle_spans(rig, wanted)[0].first
    seconds = wanted.frames / (scene.render.fps / scene.render.fps_base)
    if not 0 < seconds <= MOST_SECONDS:
        raise UserError(
            f"Idle motion of {seconds:.0f} s is too long.",
            f"Choose at most {MOST_SECONDS:.0f} s; motion of other frames can follow it.",
        )
    before = MotionBefore(lambda: scene_and_target(work.target), first)
    request = idle_request_of(work.options, lambda name: Path(bpy.path.abspath(name)))
    settings = replace(request.settings, attention=work.attention)
    server = session.local_service(service) if service.place == "LOCAL" else None

    def make(control: JobControl) -> tuple[Generated, tuple[ModelMessage, ...]]:
        client = jobs.service_client(service, server, control)
        models = client.models().models
        styles = {
            **request.style_files,
            **styles_of(client, request.style_recordings, settings, control),
        }
        made = generate(
            lambda: client,
            silence(seconds),
            settings,
            control,
            styles=styles,
            attached=before.attached_for(settings, models),
        )
        return made, models

    def finish(result: tuple[Generated, tuple[ModelMessage, ...]]) -> Steps[Outcome]:
        generated, session.models = result
        session.test_pose.leave()
        outcome = yield from apply_idle_in_steps(
            generated.clips[0], wanted, work.options, work.target, afresh=work.afresh
        )
        told = [note for note in generated.summary.notes if note != SILENT_NOTE]
        return Outcome(outcome.message, (*told, *outcome.notes))

    session.start(work.title, make, finish, replace(GENERATING, after=work.after), look=before.look)


CLASSES = (ELOCUTE_OT_idle,)
