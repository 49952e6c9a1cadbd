"""Change a character's rig map: take over what is found, fill it in, change rows, key with it."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import bpy
from bpy.props import EnumProperty, StringProperty

from ...core.errors import UserError
from ...core.job import JobControl, Outcome
from ...core.options import options_in
from ...core.retarget.auto_fill import filled_map, shapes_map
from ...core.retarget.bind import bind
from ...core.retarget.controls.vocabulary import CONTROLS
from ...core.retarget.map_editing import (
    channel_at,
    described,
    own_map,
    with_channel,
    with_mirror_of,
    without_channel,
)
from ...core.retarget.rig_map import AXES, BONE_PLACES, PLACES, MapChannel, RigMap
from ...core.steps import Steps, part_of
from ..apply_motion import apply_motion_in_steps, current_target
from ..context import OperatorResult, layout_of, scene_of, window_manager_of
from ..data_of import mesh_of
from ..session import jobs
from ..session.jobs import GENERATING
from ..targets.character import character_of
from ..targets.character_rig import CharacterRig, decision_of
from ..targets.find import target_of
from ..targets.measure_face import measure_face_in_steps
from ..targets.rig_state import MAP_KEY, chosen_map, held_points, hold_map, release
from ..targets.survey_character import survey_character
from ..ui.properties import scene_settings
from ..ui.rig_map_settings import (
    chosen_channel,
    edited_map,
    edited_root,
    keep_map,
    names_of,
    rig_settings,
    row_address,
    row_text,
    show_edit,
)
from .report import report_error

_PLACES: Final = tuple((place, place.capitalize(), f"A {place}") for place in PLACES)


class _WithMap:
    """What is done to a map that is there."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the character has a map of its own; the tooltip says how it gets one."""
        if edited_map(context) is not None:
            return True
        cls.poll_message_set("Edit or fill in a map first.")  # type: ignore[attr-defined]
        return False


class _WithRow(_WithMap):
    """What is done to the row that is chosen."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether a row is chosen."""
        if chosen_channel(context, rig_settings(scene_of(context))) is not None:
            return True
        cls.poll_message_set("Choose a row of the map first.")  # type: ignore[attr-defined]
        return False


class ELOCUTE_OT_edit_rig_map(bpy.types.Operator):
    """Keep the map that was found for this character with it, to change it row by row"""

    bl_idname = "elocute.edit_rig_map"
    bl_label = "Edit this map"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether a map was found."""
        target = target_of(context.active_object)
        return isinstance(target, CharacterRig) and target.bound is not None

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Keep it."""
        target = target_of(context.active_object)
        if not isinstance(target, CharacterRig) or target.bound is None:
            return {"CANCELLED"}
        return _kept(self, context, own_map(target.bound))


class ELOCUTE_OT_release_rig_map(_WithMap, bpy.types.Operator):
    """Forget this character's own map and go back to the kind that its names say"""

    bl_idname = "elocute.release_rig_map"
    bl_label = "Forget the map"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Forget it."""
        root = edited_root(context)
        if root is None:
            return {"CANCELLED"}
        release(root, MAP_KEY)
        show_edit(context)
        return {"FINISHED"}


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
        return edited_root(context) is not None

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Begin; the map is there when the face is measured."""
        root = edited_root(context)
        if root is None:
            return {"CANCELLED"}
        wanted = root.session_uid

        def finish(_: None) -> Steps[Outcome]:
            return _filling(wanted)

        try:
            jobs.session().start(f"Filling in the map of {root.name}", _nothing, finish, GENERATING)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class ELOCUTE_OT_choose_rig_row(bpy.types.Operator):
    """Show this row's fields"""

    bl_idname = "elocute.choose_rig_row"
    bl_label = "Choose row"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender's way

    row: StringProperty()

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Choose it."""
        settings = rig_settings(scene_of(context))
        settings.row = "" if settings.row == self.row else self.row
        settings.error = ""
        return {"FINISHED"}


class ELOCUTE_OT_add_rig_row(_WithMap, bpy.types.Operator):
    """Add a channel of the rig to the map"""

    bl_idname = "elocute.add_rig_row"
    bl_label = "Add a row"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    place: EnumProperty(name="Kind", items=_PLACES, description="What kind of number it is")
    channel: StringProperty(name="Name", description="Name of the shape key, custom property or bone")
    axis: EnumProperty(
        name="Axis", items=tuple((axis, axis.upper(), "") for axis in AXES), description="The bone's own axis"
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Ask for the channel."""
        return window_manager_of(context).invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        """Show what is asked for."""
        layout = layout_of(self)
        layout.prop(self, "place")
        thing = context.active_object
        character = character_of(thing, scene_of(context)) if thing is not None else None
        keys = mesh_of(character.keyed[0]).shape_keys if character is not None and character.keyed else None
        if self.place in BONE_PLACES and character is not None and character.armature is not None:
            layout.prop_search(self, "channel", character.armature.data, "bones")
            layout.row().prop(self, "axis", expand=True)
        elif self.place == "key" and keys is not None:
            layout.prop_search(self, "channel", keys, "key_blocks")
        else:
            layout.prop(self, "channel")

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add it."""
        rig_map = edited_map(context)
        if rig_map is None:
            return {"CANCELLED"}
        if self.channel not in names_of(context, self.place):
            error = UserError(
                f"The character has no {_said(self.place)} {self.channel}.", "Choose one that it has."
            )
            return report_error(self, error)
        axis = AXES.index(self.axis) if self.place in BONE_PLACES else 0
        added = MapChannel(self.place, self.channel, axis, {"jawOpen": 1.0}, gain=0.0, exact=True)
        try:
            changed = with_channel(rig_map, added)
        except UserError as error:
            return report_error(self, error)
        return _kept(self, context, changed, row_text(added.address))


class ELOCUTE_OT_remove_rig_row(_WithRow, bpy.types.Operator):
    """Take the chosen row out of the map"""

    bl_idname = "elocute.remove_rig_row"
    bl_label = "Remove the row"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Take it out."""
        rig_map, address = edited_map(context), row_address(rig_settings(scene_of(context)).row)
        if rig_map is None or address is None:
            return {"CANCELLED"}
        try:
            return _kept(self, context, without_channel(rig_map, address), "")
        except UserError as error:
            return report_error(self, error)


class ELOCUTE_OT_mirror_rig_row(_WithRow, bpy.types.Operator):
    """Let the channel of the other side do the same with the other side's controls"""

    bl_idname = "elocute.mirror_rig_row"
    bl_label = "Mirror the row"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Mirror it."""
        rig_map, address = edited_map(context), row_address(rig_settings(scene_of(context)).row)
        channel = channel_at(rig_map, address) if rig_map is not None and address is not None else None
        if rig_map is None or channel is None:
            return {"CANCELLED"}
        try:
            changed = with_mirror_of(rig_map, channel, names_of(context, channel.place))
        except UserError as error:
            return report_error(self, error)
        self.report({"INFO"}, f"Mirrored {described(channel)}.")
        return _kept(self, context, changed)


class ELOCUTE_OT_add_rig_control(_WithRow, bpy.types.Operator):
    """Add a control to the chosen row"""

    bl_idname = "elocute.add_rig_control"
    bl_label = "Add a control"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    control: EnumProperty(
        name="Control",
        items=tuple((name, name, f"Add {name}") for name in CONTROLS),
        description="A control",
    )

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add it."""
        rig_map, channel = edited_map(context), chosen_channel(context, rig_settings(scene_of(context)))
        if rig_map is None or channel is None:
            return {"CANCELLED"}
        if channel.pose is not None:
            changed = replace(channel, pose=dict(channel.pose) | {self.control: 1.0})
        else:
            changed = replace(channel, mix=dict(channel.mix) | {self.control: 1.0}, exact=True)
        return _kept(self, context, with_channel(rig_map, changed, channel.address))


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
                return apply_motion_in_steps(line.clip_file, line.audio, options, target)

            session.start(f"Keying {line.audio.name} again", _nothing, finish, GENERATING)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


def strengths_in(scene: bpy.types.Scene) -> dict[str, Any]:
    """The options of a scene that say how strongly a character plays, by name."""
    settings = scene_settings(scene)
    return {option.name: getattr(settings, option.name) for option in options_in("strength")}


def _nothing(_control: JobControl) -> None:
    """All of the work touches Blender, and is done in steps."""


def _said(place: str) -> str:
    return "bone" if place in BONE_PLACES else {"key": "shape key", "property": "custom property"}[place]


def _kept(
    operator: bpy.types.Operator, context: bpy.types.Context, rig_map: RigMap, row: str | None = None
) -> OperatorResult:
    """Keep a changed map and choose a row; the errors of a map are reported."""
    settings = rig_settings(scene_of(context))
    try:
        keep_map(context, rig_map)
    except UserError as error:
        return report_error(operator, error)
    settings.error = ""
    if row is not None:
        settings.row = row
    return {"FINISHED"}


def _filling(wanted: int) -> Steps[Outcome]:
    """Find, measure and keep a character's map; UserError where nothing is known of it."""
    root = next((thing for thing in bpy.data.objects if thing.session_uid == wanted), None)
    scene = root.users_scene[0] if root is not None and root.users_scene else None
    character = character_of(root, scene) if scene is not None else None
    if root is None or character is None:
        raise UserError("The character is gone.", "Undo its deletion.")
    surveyed = survey_character(character)
    decision = decision_of(surveyed.survey)
    rig_map = decision.chosen.rig_map if decision.chosen is not None else None
    if rig_map is None and any(one.fits for one in decision.candidates):
        rig_map = chosen_map(root)  # which of the fitting kinds is for the user to say
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
    hold_map(root, filled)
    yield 1.0
    show_edit(bpy.context)
    bpy.ops.ed.undo_push(message="Elocute: fill in rig map")
    if isinstance(measured, str):
        notes = (*notes, f"{measured[0].upper()}{measured[1:]}, so only the names count.")
    return Outcome(f"{root.name}: {len(filled.channels)} channels as {filled.title}.", notes)


CLASSES = (
    ELOCUTE_OT_edit_rig_map,
    ELOCUTE_OT_release_rig_map,
    ELOCUTE_OT_fill_rig_map,
    ELOCUTE_OT_choose_rig_row,
    ELOCUTE_OT_add_rig_row,
    ELOCUTE_OT_remove_rig_row,
    ELOCUTE_OT_mirror_rig_row,
    ELOCUTE_OT_add_rig_control,
    ELOCUTE_OT_apply_rig_map,
)
