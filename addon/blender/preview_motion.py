"""How a line begins, on its character's face, while the rest of it is made."""

from __future__ import annotations

import bpy

from ..core.backend.event_stream import Window
from ..core.clip.clip import Clip, read_clip
from ..core.known_characters import character_named
from ..core.options import SceneOptions
from ..core.played_options import finishing_of, spacing_of, strength_of
from ..core.steps import Steps, aside, part_of
from .apply_motion import AddedHead, TargetRef, at_speed, find_target, found_target, stand_in_head_in_steps
from .context import view_layer_of, window_manager_of
from .heads.head_builder import show_in_renders
from .heads.view import show_face
from .keys.line_curves import Manner
from .keys.line_strips import Line
from .keys.line_time import check_frames, scene_time
from .keys.preview_strips import (
    TRACK,
    hide_previews,
    keep_what_was_added,
    mark_as_preview,
    preview_in_steps,
    remove_previews,
    show_previews_again,
)
from .targets.head_rig import head_of


class PreviewMotion:
    """Pieces of a line on its character, in their order, without gaps; what is shown is not shown anew.

    A stand-in head is added where the line has no character. Nothing of it stays: :meth:`remove` leaves the
    file as it was, and what the line becomes takes its place (:class:`~addon.blender.apply_motion.Shown`).

    Args:
        options: with which the line is generated.
        chosen: the target.
    """

    def __init__(self, options: SceneOptions, chosen: TargetRef) -> None:
        self._options = options
        self._chosen = chosen
        self._built: TargetRef | None = None
        self._frames = 0
        self._last: int | None = None

    def show_in_steps(self, window: Window) -> Steps[None]:
        """Show the frames of a window that are not shown yet.

        Raises:
            UserError: they cannot be shown. Those before still are.
        """
        known = self._frames - window.first
        if window.frames <= known:
            return
        received = yield from aside(lambda: read_clip(window.clips[0]))
        clip = at_speed(received.since(max(known, 0)), self._options.speed)
        if self._chosen.target is None and self._built is None:
            yield from part_of(self._add_head(clip), 0.0, 0.4)
        yield from part_of(self._shown(clip, window.first + max(known, 0)), 0.4, 1.0)
        self._frames = window.first + window.frames
        view_layer_of(bpy.context).update()

    def _add_head(self, clip: Clip) -> Steps[None]:
        scene, _ = find_target(self._chosen)
        character = character_named(self._options.new_head)
        rig = yield from stand_in_head_in_steps(scene, clip, character)
        mark_as_preview([rig.armature, rig.mesh])
        show_in_renders(rig)
        self._built = TargetRef(scene.session_uid, rig.armature.session_uid, rig.name)
        show_face(window_manager_of(bpy.context), rig)

    def _shown(self, clip: Clip, first: int) -> Steps[None]:
        options, chosen = self._options, self._built or self._chosen
        scene = find_target(chosen)[0]
        whole = scene_time(scene, options.start_frame)
        place = options.start_frame + round(first * whole.ratio(clip.fps))
        if self._last is not None:
            place = max(place, self._last + 1)
        time = scene_time(scene, place)
        strength = strength_of(options, clip, time)
        begin, end = check_frames(clip, time)
        yield from preview_in_steps(
            lambda: found_target(chosen, strength),
            clip,
            time,
            Line(TRACK, "", begin, end, options.add_to_motion),
            options.interpolation,
            Manner(spacing_of(options), options.interpolation == "BEZIER", finishing_of(options, clip, time)),
        )
        self._last = end

    def take_head(self) -> AddedHead | None:
        """See :meth:`~addon.blender.apply_motion.Shown.take_head`."""
        built, self._built = self._built, None
        if built is None:
            return None
        head = head_of(next((t for t in bpy.data.objects if t.session_uid == built.target), None))
        return AddedHead(head, keep_what_was_added()) if head is not None else None

    def clear(self) -> None:
        """See :meth:`~addon.blender.apply_motion.Shown.clear`."""
        remove_previews()

    def hide(self) -> None:
        """See :meth:`~addon.blender.session.preview.ShowsParts.hide`."""
        hide_previews()

    def show_again(self) -> None:
        """See :meth:`~addon.blender.session.preview.ShowsParts.show_again`."""
        show_previews_again()

    def remove(self) -> None:
        """Leave the file as it was."""
        self._built = None
        remove_previews()
