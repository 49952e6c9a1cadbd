"""A style from the way a face in the scene moves: its animation is looked at, the model's encoder makes a
style file of it, and the line's style names that."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import bpy

from ...core.atomic_write import write_atomically
from ...core.backend.client import Client
from ...core.backend.messages import StyleSettings
from ...core.clip.clip import Clip
from ...core.clip.sampled import clip_content
from ...core.errors import UserError
from ...core.job import JobControl, Outcome
from ...core.steps import Steps, aside, part_of
from ..apply_motion import current_target, find_target, found_target
from ..context import OperatorResult, scene_of
from ..face_motion import face_clip_in_steps
from ..package import user_folder
from ..session import jobs
from ..session.manner import GENERATING
from ..ui.preferences import read_settings
from ..ui.properties import read_options, shown_settings
from .report import report_error
from .work import WorkOperator

FOLDER = "elocute_styles"
MOST_SECONDS = 60
LEAST_SECONDS = 1.0


class ELOCUTE_OT_style_from_face(WorkOperator, bpy.types.Operator):
    """Take the style from how the selected character moves in the frame range, whatever animates it"""

    bl_idname = "elocute.style_from_face"
    bl_label = "Style from this face"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Begin: the service is asked first, then the frames are looked at in slices."""
        session, service, scene = jobs.session(), read_settings(), scene_of(context)
        try:
            target = current_target(context)
            if target.target is None:
                raise UserError(
                    "There is no animated face here.", "Select the character whose style is meant."
                )
            options, frames = read_options(scene), frames_of(scene)
            server = session.local_service(service) if service.place == "LOCAL" else None

            def work(control: JobControl) -> tuple[Client, float]:
                client = jobs.service_client(service, server, control)
                models = client.models().models
                wanted = [model for model in models if options.model in (None, "", model.id)]
                if not wanted:
                    raise UserError(f"The service has no model {options.model}.", "Choose another model.")
                return client, wanted[0].fps

            def finish(found: tuple[Client, float]) -> Steps[Outcome]:
                client, fps = found
                session.test_pose.leave()
                clip = yield from part_of(
                    face_clip_in_steps(
                        lambda: find_target(target)[0], lambda: found_target(target), frames, fps
                    ),
                    0.0,
                    0.8,
                )
                asked = _style_of(client, clip, StyleSettings(model=options.model))
                content = yield from part_of(aside(asked), 0.8, 0.95)
                path = style_path(target.name)
                with write_atomically(path) as temporary:
                    temporary.write_bytes(content)
                yield 1.0
                shown_settings(find_target(target)[0], "style").style = shown_path(path)
                bpy.ops.ed.undo_push(message="Elocute: style from a face")
                return Outcome(
                    f"The style of {target.name} in the frames {frames[0]} to {frames[-1]} is {path.name}."
                )

            session.start(f"Looking at {target.name}", work, finish, GENERATING)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


def _style_of(client: Client, clip: Clip, settings: StyleSettings) -> Callable[[], bytes]:
    return lambda: client.extract_style(clip_content(clip), settings)


def frames_of(scene: bpy.types.Scene) -> range:
    """The frames that are looked at: the preview range where there is one, else the scene's.

    Raises:
        UserError: it is too short to tell of a style.
    """
    first, last = scene.frame_start, scene.frame_end
    if scene.use_preview_range:
        first, last = scene.frame_preview_start, scene.frame_preview_end
    rate = scene.render.fps / scene.render.fps_base
    if last - first < LEAST_SECONDS * rate:
        raise UserError(
            f"The frames {first} to {last} are too few to tell of a style.",
            "Set the frame range, or the preview range, to where the face moves.",
        )
    return range(first, min(last, first + round(MOST_SECONDS * rate)) + 1)


def style_path(name: str) -> Path:
    """A style file that is not there yet, beside the file that is open; in the add-on's folder while that is
    not saved.

    Raises:
        UserError: its folder cannot be made.
    """
    saved = bpy.data.filepath
    folder = Path(saved).parent / FOLDER if saved else user_folder() / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be made.", "Save the file where you can write."
        ) from error
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:40] or "face"
    numbers = (f"{plain}{tail}.npz" for tail in ("", *(f"_{number}" for number in range(2, 10_000))))
    return next(path for path in (folder / one for one in numbers) if not path.exists())


def shown_path(path: Path) -> str:
    """The path as it stands in the panel: beside the open file where it is."""
    return bpy.path.relpath(str(path)) if bpy.data.filepath else str(path)


CLASSES = (ELOCUTE_OT_style_from_face,)
