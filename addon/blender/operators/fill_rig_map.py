"""Fill in a character's map by its names and by what its channels do to its face."""

from __future__ import annotations

import bpy

from ...core.errors import UserError
from ...core.job import Outcome, nothing_aside
from ...core.retarget.auto_fill import filled_map, shapes_map
from ...core.retarget.bind import bind
from ...core.retarget.rig_map import RigMap
from ...core.steps import Steps, part_of
from ..context import OperatorResult
from ..session import jobs
from ..session.edited_map import edited_root, show_edit
from ..session.manner import GENERATING
from ..targets.character import character_of
from ..targets.character_rig import decision_of
from ..targets.measure_face import measure_face_in_steps
from ..targets.rig_state import chosen_map, held_points, held_text, hold_map
from ..targets.survey_character import survey_character
from .kept_map import has_character
from .report import report_error


class ELOCUTE_OT_fill_rig_map(bpy.types.Operator):
    """Fill in a map by the rig's names and by what its channels do to the face"""

    bl_idname = "elocute.fill_rig_map"
    bl_label = "Fill in by names and shape"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is a character, and nothing else going on."""
        if jobs.session().status.busy:
            cls.poll_message_set("Elocute is still working. Wait for it to finish, or cancel it.")
            return False
        return has_character(cls, context)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Begin; the map is there when the face is measured."""
        root = edited_root(context)
        if root is None:
            return {"CANCELLED"}
        wanted = root.session_uid

        def finish(_: None) -> Steps[Outcome]:
            return _filling(wanted)

        try:
            jobs.session().start(f"Filling in the map of {root.name}", nothing_aside, finish, GENERATING)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


def _filling(wanted: int) -> Steps[Outcome]:
    """Find, measure and keep a character's map; UserError where nothing is known of it."""
    root = next((thing for thing in bpy.data.objects if thing.session_uid == wanted), None)
    scene = root.users_scene[0] if root is not None and root.users_scene else None
    character = character_of(root, scene) if scene is not None else None
    if root is None or character is None:
        raise UserError("The character is gone.", "Undo its deletion.")
    before = held_text(root)
    surveyed = survey_character(character)
    decision = decision_of(surveyed.survey)
    rig_map = decision.chosen.rig_map if decision.chosen is not None else None
    if rig_map is None and any(one.fits for one in decision.candidates):
        rig_map = _said_map(root)  # which of the fitting kinds is for the user to say
        if rig_map is None:
            raise UserError(decision.sentence)
    if rig_map is None and held_points(root) is not None:
        rig_map = shapes_map(surveyed.survey)
    if rig_map is None:
        raise UserError(
            decision.sentence.partition(" Choose")[0],
            "Choose a face rig, or mark the four points of the mouth and try again.",
        )
    bound = bind(rig_map, surveyed.survey)
    measured = yield from part_of(measure_face_in_steps(character, bound, surveyed.owners), 0.0, 0.95)
    face = measured if not isinstance(measured, str) else None
    filled, notes = filled_map(bound, face)
    if held_text(root) != before:
        raise UserError(
            f"The map of {root.name} was changed while it was being filled in; your change stands, and "
            "nothing was filled in.",
            "Fill in again to replace it.",
        )
    hold_map(root, filled)
    yield 1.0
    show_edit(bpy.context)
    bpy.ops.ed.undo_push(message="Elocute: fill in rig map")
    if isinstance(measured, str):
        notes = (*notes, f"{measured[0].upper()}{measured[1:]}, so only the names count.")
    return Outcome(f"{root.name}: {len(filled.channels)} channels as {filled.title}.", notes)


def _said_map(root: bpy.types.Object) -> RigMap | None:
    """The map or kind that the user has given; None where that is none or damaged: it is to be replaced."""
    try:
        return chosen_map(root)
    except UserError:
        return None


CLASSES = (ELOCUTE_OT_fill_rig_map,)
