"""Takes of a line: play another, mark those to keep, remove the rest, make one more like it."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy
from bpy.props import StringProperty

from ...core.errors import UserError
from ...core.kept_options import SETTINGS, kept_curves
from ...core.option import SCENE_GROUPS
from ...core.options import OPTIONS, VARYING
from ..context import OperatorResult, scene_of
from ..keyed_values import set_animated
from ..keys.kept_clip import kept_time
from ..keys.line_takes import LineTake, play_take, remove_takes
from ..shown_takes import shown_takes, target_that_plays
from ..ui.properties import active_line, shown_settings
from .generate import begin_line
from .report import report_error
from .work import WorkOperator

_HIGHEST_SEED = 2**31 - 1
_SAME_RATE = 1e-3


class _OfTake(bpy.types.Operator):
    """What operators on one take share."""

    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # noqa: RUF012 - Blender's way

    take: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def _take(self, context: bpy.types.Context) -> LineTake:
        take = shown_takes(context).take(self.take)
        if take is None:
            raise UserError("This take is gone.", "Choose another, or generate the line again.")
        return take


class ELOCUTE_OT_take_play(_OfTake):
    """Let this take play; nothing is generated anew"""

    bl_idname = "elocute.take_play"
    bl_label = "Play take"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Swap the actions of the line's strips."""
        try:
            take, shown = self._take(context), shown_takes(context)
            target = target_that_plays(context, shown)
            if target is None:
                raise UserError(
                    "No character here has a strip of this line.", "Undo its deletion, or generate it again."
                )
            play_take(target, take)
            self._tell_rate(scene_of(context), take)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}

    def _tell_rate(self, scene: bpy.types.Scene, take: LineTake) -> None:
        """Say so where the take has keys of another frame rate than the scene, out of step with its sound."""
        time, rate = kept_time(take.actions[0]), scene.render.fps / scene.render.fps_base
        if time is not None and abs(time.fps - rate) > _SAME_RATE:
            self.report(
                {"WARNING"},
                f"{take.name} was keyed for {time.fps:g} frames a second and the scene has {rate:g}. "
                "Press Apply to this line to key it for these.",
            )


class ELOCUTE_OT_take_star(_OfTake):
    """Keep this take when the rest is removed, or no longer"""

    bl_idname = "elocute.take_star"
    bl_label = "Star"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Set or take away the star."""
        try:
            take = self._take(context)
            if take.actions[0].library is not None:
                raise UserError("This take comes from another file.", "Star it there.")
            take.star(not take.starred)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class ELOCUTE_OT_takes_clean(bpy.types.Operator):
    """Remove every take of the line but the one that plays and those with a star"""

    bl_idname = "elocute.takes_clean"
    bl_label = "Remove the rest"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there are takes."""
        if shown_takes(context).takes:
            return True
        cls.poll_message_set("There are no takes yet.")
        return False

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Remove them."""
        shown = shown_takes(context)
        rest = [take for take in shown.takes if not take.starred and take.key != shown.playing]
        removed = remove_takes(rest)
        self.report({"INFO"}, f"{removed} take{'s' if removed != 1 else ''} removed.")
        return {"FINISHED"}


class ELOCUTE_OT_take_again(WorkOperator, bpy.types.Operator):
    """Set every option as it was for the take that plays, and generate one more with another seed"""

    bl_idname = "elocute.take_again"
    bl_label = "Generate like this"

    @classmethod
    def blocker(cls, context: bpy.types.Context) -> str:
        """No take that tells how it was made."""
        shown = shown_takes(context)
        take = shown.take(shown.playing)
        if take is not None and isinstance(take.facts.get(SETTINGS), Mapping):
            return ""
        return "The take that plays does not tell how it was made."

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Start."""
        shown, scene = shown_takes(context), scene_of(context)
        take = shown.take(shown.playing)
        if take is None:
            return {"CANCELLED"}
        seeds = [take_seed(other) for other in shown.takes]
        settings = shown_settings(scene, "performance")
        kept = take.facts[SETTINGS]
        set_options(settings, kept)
        rate = scene.render.fps / scene.render.fps_base
        set_animated(settings, VARYING, kept_curves(kept, settings.start_frame, rate))
        settings.seed, settings.takes = min(max(seeds) + 1, _HIGHEST_SEED), 1
        try:
            begin_line(context, active_line(scene))
        except UserError as error:
            # There will be no step of the line to go back from to the options, and keys, as they were.
            bpy.ops.ed.undo_push(message="Elocute: options of a take")
            return report_error(self, error)
        return {"FINISHED"}


def set_options(settings: Any, kept: Mapping[str, Any]) -> None:
    """Set the options of a line as they were kept with a take; what cannot be a value of one is left out."""
    for option in OPTIONS:
        if option.group in SCENE_GROUPS:
            continue
        if option.switch:
            setattr(settings, option.switch, kept.get(option.name) is not None)
        if option.text_block_name:
            setattr(settings, option.text_block_name, None)
        value = kept.get(option.name, option.default)
        try:
            setattr(settings, option.name, option.default if value is None else value)
        except TypeError:  # an older version's, or something was done to it
            setattr(settings, option.name, option.default)


def take_seed(take: LineTake) -> int:
    """The seed that a take was made with, 0 where it does not tell."""
    kept = take.facts.get(SETTINGS)
    seed = kept.get("seed", 0) if isinstance(kept, Mapping) else 0
    return seed if isinstance(seed, int) else 0


CLASSES = (ELOCUTE_OT_take_play, ELOCUTE_OT_take_star, ELOCUTE_OT_takes_clean, ELOCUTE_OT_take_again)
