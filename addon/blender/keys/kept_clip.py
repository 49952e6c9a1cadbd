"""The clip of a take, kept with its words and phones on the take's action: it is saved, undone and appended
with the action, so that a take can be changed later without generating it anew.

Where a take has several actions, the first holds the clip and the others point to it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import bpy

from ...core.backend.messages import BadMessageError, PhoneList, from_json, to_json
from ...core.clip.clip import Clip, read_clip
from ...core.clip.timebase import SceneTime
from ...core.errors import UserError

_FILE_KEY: Final = "elocute_clip_file"
_PHONES_KEY: Final = "elocute_phones"
_TIME_KEY: Final = "elocute_clip_time"
_HOLDER_KEY: Final = "elocute_clip_holder"


@dataclass(frozen=True)
class Kept:
    """What is kept of a take.

    Attributes:
        clip_file: the clip as the content of an ``.npz``.
        phones: what is said in it, None where that is not known.
        time: the scene's clock when it was keyed; frame 0 of the clip stands at its start in the action.
    """

    clip_file: bytes
    phones: PhoneList | None
    time: SceneTime


def keep(actions: Sequence[bpy.types.Action], kept: Kept) -> None:
    """Keep a clip on all actions of a take; what they kept before is forgotten."""
    holder = actions[0]
    for action in actions:
        for key in (_FILE_KEY, _PHONES_KEY, _TIME_KEY, _HOLDER_KEY):
            if action.get(key) is not None:
                del action[key]
        if action != holder:
            action[_HOLDER_KEY] = holder
    holder[_FILE_KEY] = kept.clip_file
    holder[_TIME_KEY] = [float(kept.time.start_frame), kept.time.fps]
    if kept.phones is not None:
        holder[_PHONES_KEY] = to_json(kept.phones)


def keep_clip(action: bpy.types.Action, clip_file: bytes) -> None:
    """Put another clip in the place of the one that a take keeps, or give an action its first.

    Words, phones and the clock stay; an action that has none gets that of the open scene, from its own first
    frame on.
    """
    holder = holder_of(action)
    if kept_time(holder) is None:
        render = bpy.context.scene.render if bpy.context.scene is not None else None
        rate = render.fps / render.fps_base if render is not None else 25.0
        holder[_TIME_KEY] = [float(round(holder.frame_range[0])), rate]
    if holder.get(_FILE_KEY) is not None:
        del holder[_FILE_KEY]  # written over, bytes would end at their first zero
    holder[_FILE_KEY] = clip_file


def keep_phones(action: bpy.types.Action, phones: PhoneList) -> None:
    """Keep other words and phones with a take."""
    holder_of(action)[_PHONES_KEY] = to_json(phones)


def holder_of(action: bpy.types.Action) -> bpy.types.Action:
    """The action of a take that holds its clip: itself, or the one that it points to."""
    holder = action.get(_HOLDER_KEY)
    return holder if isinstance(holder, bpy.types.Action) else action


def kept_clip_file(action: bpy.types.Action) -> bytes | None:
    """The clip of a take as the content of an ``.npz``, None where there is none."""
    content: Any = holder_of(action).get(_FILE_KEY)
    return content if isinstance(content, bytes) else None


def keeps_clip(action: bpy.types.Action) -> bool:
    """Whether a take keeps a clip, and the clock that it was keyed with; neither is read, for a scene of
    hundreds of lines keeps many megabytes."""
    holder = holder_of(action)
    kept = set(holder.keys())
    return {_FILE_KEY, _TIME_KEY} <= kept


def kept_clip(action: bpy.types.Action) -> Clip | None:
    """The clip of a take; None where there is none, or what is there cannot be read."""
    content = kept_clip_file(action)
    if content is None:
        return None
    try:
        return read_clip(content)
    except UserError:  # changed by something else than Elocute: as good as none
        return None


def kept_phones(action: bpy.types.Action) -> PhoneList | None:
    """What is said in a take; None where that is not known, or what is there cannot be read."""
    text: Any = holder_of(action).get(_PHONES_KEY)
    return _phones_in(text) if isinstance(text, str) else None


@functools.lru_cache(maxsize=8)  # asked at every redraw, and half an hour takes most of a second to read
def _phones_in(text: str) -> PhoneList | None:
    try:
        return from_json(PhoneList, text)
    except BadMessageError:  # changed by something else than Elocute: as good as none
        return None


def kept_time(action: bpy.types.Action) -> SceneTime | None:
    """The scene's clock when a take was keyed; None where that is not known."""
    told: Any = holder_of(action).get(_TIME_KEY)
    try:
        first, fps = (float(value) for value in told)
        return SceneTime(fps, round(first))
    except (TypeError, ValueError, OverflowError):  # none, or changed by something else than Elocute
        return None
