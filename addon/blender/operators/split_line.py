"""Cut a long recording into lines where its speaker pauses."""

from __future__ import annotations

import bpy

from ...core.backend.generation import Generated, generate
from ...core.backend.messages import JobSettings
from ...core.errors import UserError
from ...core.files import is_file
from ...core.job import JobControl, Outcome
from ...core.lines.pauses import PAUSE, lines_of_pauses
from ...core.options import job_settings
from ...core.sound_part import SoundPart
from ..context import OperatorResult, scene_of
from ..film_sound import film_decoder
from ..session import jobs
from ..ui.lines import split_line
from ..ui.preferences import read_settings
from ..ui.properties import active_line, read_options
from .generate import generate_blocker
from .line_list import has_line
from .report import report_error


class ELOCUTE_OT_split_at_pauses(bpy.types.Operator):
    """Listen to the active line's recording, and make a line of each stretch between two pauses"""

    bl_idname = "elocute.split_at_pauses"
    bl_label = "Split at pauses"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is a line, and somebody to listen; the tooltip says why not."""
        if not has_line(cls, context):
            return False
        if reason := generate_blocker(context):
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Start listening; the session's pump puts the lines into the list."""
        session, service, scene = jobs.session(), read_settings(), scene_of(context)
        line, options = active_line(scene), read_options(scene)
        audio = options.audio
        try:
            if line is None or audio is None or not is_file(audio):
                raise UserError(f"There is no file {audio}.", "Choose the line's recording again.")
            key, part, uid = line.key, SoundPart.parse(options.segment), scene.session_uid
            server = session.local_service(service) if service.place == "LOCAL" else None
            films = film_decoder()
            line_settings = job_settings(options)
            # The service refuses a job of this kind that asks for something of the motion.
            settings = JobSettings(
                kind="phones",
                segment=line_settings.segment,
                language=line_settings.language,
                words=line_settings.words,
            )

            def work(control: JobControl) -> Generated:
                return generate(
                    lambda: jobs.service_client(service, server, control),
                    audio,
                    settings,
                    control,
                    films=films,
                )

            def finish(heard: Generated) -> Outcome:
                scene = next((scene for scene in bpy.data.scenes if scene.session_uid == uid), None)
                if scene is None or scene != bpy.context.scene:
                    raise UserError(
                        "The scene was closed meanwhile, so nothing was split.", "Try again there."
                    )
                lines = lines_of_pauses(audio, heard.phones, part)
                if not lines:
                    raise UserError(
                        f"Nothing that is said was found in {audio.name}, so it was not split.",
                        "Choose another recording, or set its parts yourself.",
                    )
                if len(lines) == 1:
                    raise UserError(
                        f"There is no pause of {PAUSE:g} s or more in {audio.name}, so it was not split.",
                        "Leave it one line, or set its parts yourself.",
                    )
                split_line(scene, key, lines)
                bpy.ops.ed.undo_push(message="Elocute: split at pauses")
                return Outcome(f"{audio.name}: {len(lines)} lines.", heard.summary.notes)

            session.start(f"Listening to {audio.name}", work, finish)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_split_at_pauses,)
