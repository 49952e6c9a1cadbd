"""The take that a range or a word is of, and how its frames and seconds go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import bpy
import numpy as np

from ..core.backend.messages import PhoneList
from ..core.clip.timebase import SceneTime
from ..core.errors import UserError
from .apply_motion import TargetRef
from .context import scene_of
from .keys.kept_clip import kept_phones, kept_time
from .keys.line_strips import PlacedLine, placed_lines
from .keys.line_takes import LineTake, playing
from .shown_takes import shown_takes, target_that_plays
from .targets.target import Target

NO_TAKE: Final = "No line plays here. Go to a line's frames, or generate one."


@dataclass(frozen=True)
class PlayingTake:
    """The take that plays. It holds data-blocks, so it must not be kept beyond an undo or a file load.

    Attributes:
        target: who plays it.
        take: the take.
        placed: one of its strips.
        time: where its clip stands in its actions.
        shown: words and phones that are shown in place of its own, while they are moved with the mouse.
    """

    target: Target
    take: LineTake
    placed: PlacedLine
    time: SceneTime
    shown: PhoneList | None = None

    @property
    def phones(self) -> PhoneList | None:
        """What is said in it."""
        return self.shown or kept_phones(self.take.actions[0])

    def seconds_at(self, frame: float) -> float:
        """Second of the clip that plays at a frame of the scene."""
        own = float(self.placed.action_times([frame])[0])
        return (own - self.time.start_frame) / self.time.fps

    def action_frame(self, seconds: float) -> float:
        """Frame of the actions at which a second of the clip stands."""
        return self.time.frame_at(seconds)

    def frame_at(self, seconds: float) -> float:
        """Frame of the scene at which a second of the clip plays."""
        strip = self.placed.strip
        since = self.time.frame_at(seconds) - strip.action_frame_start
        return float(strip.frame_start + since * strip.scale)


def playing_take(context: bpy.types.Context) -> PlayingTake:
    """The take that plays.

    Raises:
        UserError: there is none that keeps its clip.
    """
    shown = shown_takes(context)
    take = shown.take(shown.playing)
    target = target_that_plays(context, shown) if take is None else shown.target
    if target is not None and take is None:  # another character than the shown one plays it
        take = shown.take(playing(target, shown.key))
    if target is None or take is None:
        raise UserError(NO_TAKE)
    time = kept_time(take.actions[0])
    if time is None:
        raise UserError("The take that plays does not keep its clip.", "Generate the line again.")
    for owner in dict.fromkeys(channel.owner for channel in target.channels()):
        for placed in placed_lines(target.resolve(owner)):
            if placed.key == take.line and placed.is_straight:
                return PlayingTake(target, take, placed, time)
    raise UserError("The line's strip plays backwards, repeats, or is gone.", "Let it play once, forwards.")


def target_ref(context: bpy.types.Context, target: Target) -> TargetRef:
    """The target, as it is found again after undo.

    Raises:
        UserError: it cannot be keyed.
    """
    if reason := target.writable():
        raise UserError(reason)
    scene = scene_of(context)
    return TargetRef(scene.session_uid, scene.objects[target.name].session_uid, target.name)


def whole_frames(first: float, last: float) -> tuple[int, int]:
    """Whole frames within a span, at least one."""
    begin, end = int(np.ceil(first - 1e-6)), int(np.floor(last + 1e-6))
    return (begin, end) if end >= begin else (round(first), round(first))
