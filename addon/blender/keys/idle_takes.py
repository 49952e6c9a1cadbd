"""Earlier takes stay in the file as actions that nothing plays; exporters of whole files shall pass them by.

FBX's exporter writes every action whose paths all exist on an object, glTF's every action with a bone of the
only armature. An idle take gets one curve whose path exists nowhere: Blender plays such an action all the
same, FBX's exporter leaves it out. :mod:`addon.blender.export.gltf_takes` tells glTF's what to leave out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import bpy

from .. import version_compat
from .kept_clip import holder_of
from .line_strips import clips, is_generated

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

IDLE_PATH: Final = '["Elocute: an earlier take"]'


def mark_idle_takes() -> None:
    """Give every take that nothing uses the mark, and take it away where it is used again."""
    pointed = pointers()
    for action in bpy.data.actions:
        if not is_generated(action) or action.library is not None or action.override_library is not None:
            continue
        idle = not is_used(action, pointed)
        for owner in version_compat.curve_owners(action, "OBJECT"):
            mark = owner.fcurves.find(IDLE_PATH)
            if idle and mark is None:
                owner.fcurves.new(IDLE_PATH, index=0).mute = True
            elif mark is not None and not idle:
                owner.fcurves.remove(mark)


def is_used(action: bpy.types.Action, pointed: Counter[int]) -> bool:
    """Whether anything but the other actions of its take uses an action; ``pointed`` of :func:`pointers`."""
    return bool(action.users - pointed[action.session_uid] > int(action.use_fake_user))


def pointers() -> Counter[int]:
    """How many other actions of its take point to an action, by its session id."""
    holders = ((action, holder_of(action)) for action in bpy.data.actions)
    return Counter(holder.session_uid for action, holder in holders if holder != action)


def playing_takes() -> set[bpy.types.Action]:
    """The takes that something plays: as a current action, or a strip that is not muted."""
    return {
        action
        for id_block in _animated()
        for action in (version_compat.current_action(id_block), *_in_strips(id_block))
        if action is not None and is_generated(action)
    }


def _animated() -> Iterator[AnimatedBlock]:
    yield from bpy.data.objects
    yield from bpy.data.shape_keys


def _in_strips(id_block: AnimatedBlock) -> Iterator[bpy.types.Action | None]:
    anim = id_block.animation_data
    tracks = list(anim.nla_tracks) if anim is not None else []
    heard = [track for track in tracks if track.is_solo] or tracks
    for track in heard:
        if not track.mute:
            yield from (strip.action for strip in clips(track) if not strip.mute)
