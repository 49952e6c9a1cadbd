"""Generate motion for a recording, and cancel it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ...core.backend.generation import Generated, generate, styles_of
from ...core.backend.messages import ModelMessage
from ...core.errors import UserError
from ...core.heard_words import heard_words
from ...core.job import JobControl, Outcome
from ...core.request import request_of
from ...core.sound_part import SoundPart
from ...core.steps import Steps
from ..apply_motion import LineName, TargetRef, apply_motion_in_steps, current_target, scene_and_target
from ..context import OperatorResult, scene_of
from ..film_sound import film_decoder
from ..heads.library_override import linked_target
from ..present_motion import MotionBefore
from ..preview_motion import PreviewMotion
from ..scene_dialogue import attention_of_line
from ..session import jobs
from ..session.known_lines import KnownLine
from ..session.line_queue import LineQueue, QueuedLine, queued
from ..session.manner import GENERATING
from ..session.status import Phase, Status
from ..targets.clip_track import unnamed_head_points
from ..ui.lines import line_with, speaker_of
from ..ui.preferences import read_settings
from ..ui.properties import active_line, read_options, scene_lines
from .report import report_error
from .work import WorkOperator, work_blocker


def generate_blocker(context: bpy.types.Context) -> str:
    """Why Generate cannot be pressed now, or an empty string. Looks at nothing outside memory."""
    if reason := work_blocker():
        return reason
    return (
        "" if read_options(scene_of(context), keyed=False).audio is not None else "Choose a recording first."
    )


def begin_line(
    context: bpy.types.Context,
    line: Any | None,
    place: str = "",
    after: Callable[[Status], None] | None = None,
) -> None:
    """Start to generate a line; the session's pump finishes it.

    Args:
        context: of the window.
        line: of the scene's list, or None for the scene's own options.
        place: stands before the title of the work.
        after: called with the status that the work ends with; by default a failure is noted at the line.

    Raises:
        UserError: it cannot be generated.
    """
    session, service, scene = jobs.session(), read_settings(), scene_of(context)
    options = read_options(scene, line)
    named = LineName(line.key, line.name) if line is not None else None
    speaker = speaker_of(line)
    if speaker is None and (linked := linked_target(context)):
        raise UserError(linked.sentence)
    target = current_target(context, speaker)
    if options.audio is None:
        raise UserError("The line has no recording.", "Choose its recording.")
    request = request_of(options, lambda name: Path(bpy.path.abspath(name)))
    settings = replace(request.settings, attention=attention_of_line(scene, line, options, target.name))
    SoundPart.parse(options.segment)
    head = unnamed_head_points() if session.live.on else b""
    before = None
    if options.continue_motion and target.target is not None:
        before = MotionBefore(lambda: scene_and_target(target), options.start_frame)
    preview = PreviewMotion(options, target)
    server = session.local_service(service) if service.place == "LOCAL" else None
    films = film_decoder()

    def work(control: JobControl) -> tuple[Generated, tuple[ModelMessage, ...]]:
        client = jobs.service_client(service, server, control)
        models = client.models().models
        styles = {
            **request.style_files,
            **styles_of(client, request.style_recordings, settings, control),
        }
        made = generate(
            lambda: client,
            request.audio,
            settings,
            control,
            films=films,
            styles=styles,
            attached=before.attached_for(settings, models) if before is not None else None,
            on_window=control.hand_over,
            on_opening=control.hand_over,
            live=session.live.begin_line(head),
        )
        return made, models

    def finish(result: tuple[Generated, tuple[ModelMessage, ...]]) -> Steps[Outcome]:
        generated, session.models = result
        session.live.remember(generated.clips[0])
        session.test_pose.leave()
        if named is not None:
            _check_line(target, named)
        outcome = yield from apply_motion_in_steps(
            generated.clips[0],
            request.audio,
            options,
            target,
            generated.phones,
            named,
            generated.clips[1:],
            preview,
        )
        if target.target is not None:
            known = KnownLine(generated.clips[0], request.audio, options, generated.phones)
            session.lines.remember(target.target, known)
        summary = generated.summary
        heard = heard_words(request.audio, options.segment, summary.phone_source, summary.transcript)
        return Outcome(outcome.message, (*summary.notes, *outcome.notes), heard)

    title = f"{place}Generating {named.title if named is not None else request.audio.name}"
    if after is None and line is not None:
        after = _noted(scene.session_uid, line.key)
    manner = GENERATING if after is None else replace(GENERATING, after=after)
    look = None if before is None else before.look
    session.start(title, work, finish, manner, look=look, shows=preview)


def _check_line(target: TargetRef, named: LineName) -> None:
    """UserError where the line was taken out of the list meanwhile."""
    scene = next((scene for scene in bpy.data.scenes if scene.session_uid == target.scene), None)
    if scene is not None and line_with(scene, named.key) is None:
        raise UserError(
            f"The line {named.title} was removed while it was generated, so nothing was keyed.",
            "Undo its removal, and generate again.",
        )


def _noted(scene: int, key: str) -> Callable[[Status], None]:
    """Writes to a line why it failed."""
    tell = _tell_line(scene)

    def note(status: Status) -> None:
        if status.phase is not Phase.IDLE:
            failed = status.phase is Phase.FAILED
            tell(key, f"{status.message} {status.hint}".strip() if failed else "")

    return note


def _tell_line(uid: int) -> Callable[[str, str], None]:
    def tell(key: str, why: str) -> None:
        scene = next((scene for scene in bpy.data.scenes if scene.session_uid == uid), None)
        line = line_with(scene, key) if scene is not None else None
        if line is not None and line.problem != why:
            line.problem = why

    return tell


def open_scene(uid: int) -> bpy.types.Scene:
    """The scene that is open; UserError where that is another than the one of this id."""
    scene = scene_of(bpy.context)
    if scene.session_uid != uid:
        raise UserError("Another scene is open now.", "Go back to the line's scene and generate again.")
    return scene


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
        try:
            begin_line(context, active_line(scene_of(context)))
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class ELOCUTE_OT_generate_all(WorkOperator, bpy.types.Operator):
    """Generate the lines of the list one after the other; one that fails is marked and the others go on"""

    bl_idname = "elocute.generate_all"
    bl_label = "Generate all"

    @classmethod
    def blocker(cls, context: bpy.types.Context) -> str:
        """An empty list."""
        return "" if active_line(scene_of(context)) is not None else "There are no lines yet."

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Start with the first."""
        session, scene = jobs.session(), scene_of(context)
        uid, lines = scene.session_uid, scene_lines(scene)

        def begin(queued_line: QueuedLine, place: str, after: Callable[[Status], None]) -> None:
            line = line_with(open_scene(uid), queued_line.key)
            if line is None:
                raise UserError("It was removed from the list meanwhile.", "Undo its removal.")
            begin_line(bpy.context, line, f"{place}: ", after)

        LineQueue(
            queued([(line.key, line.name) for line in lines]), begin, _tell_line(uid), session.tell
        ).start()
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


CLASSES = (ELOCUTE_OT_generate, ELOCUTE_OT_generate_all, ELOCUTE_OT_cancel)
