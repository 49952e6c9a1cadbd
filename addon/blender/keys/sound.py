"""Put a recording into the scene: sequencer strip, playback that follows the sound."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, cast

import bpy

from ...core.clip.clip_sound import heard_sound
from ...core.errors import UserError
from ...core.files import is_file
from ...core.sound_part import SoundPart
from ..version_compat import has_sound, played_sound, sequencer_strips, strip_frames, trim_strip

WHOLE: Final = SoundPart()
"""All of a recording."""
_NEAR: Final = 0.51
"""Frames between two strips that count as in step: whole frames are the finest there are for most."""
_SAME_SPEED: Final = 1e-3
_CHANNELS: Final = 128
"""Channels that Blender's sequencer has."""
_PLACED_KEY: Final = "elocute_placed"
_MUTED_KEY: Final = "elocute_muted"
"""Custom properties of strips: made here, and muted here."""


def place_sound(
    scene: bpy.types.Scene, path: Path, start_frame: int, part: SoundPart = WHOLE, speed: float = 1.0
) -> bpy.types.Strip:
    """Add the recording as a sound strip at ``start_frame``, on a channel where it overlaps nothing.

    A strip that already plays the recording in step with that frame is used again, whatever is cut off it.

    Args:
        scene: the scene.
        path: the recording.
        start_frame: frame at which the part's first moment is heard.
        part: the part of the recording that is heard; the strip is cut to it.
        speed: how much faster than recorded it is to play; no strip is added for another than 1.

    Raises:
        UserError: there is no such file, Blender cannot read it or was built without sound, or the
            sequencer is full.
    """
    if not is_file(path):
        raise UserError(f"There is no file {path}.", "Choose the recording again.")
    if not has_sound():
        raise UserError(
            "This Blender was built without sound, so the recording was not added to the sequencer.",
            "Use a Blender from blender.org, or the bpy module 4.5 or newer.",
        )
    strips = sequencer_strips(scene)
    fps = scene.render.fps / scene.render.fps_base
    for strip in strips:
        if _plays(strip, path, start_frame, part.start, speed, fps) and (
            (part.start == 0 and part.end is None) or _is_heard(strip, start_frame)
        ):
            if strip.get(_MUTED_KEY):
                strip.mute = False
                del strip[_MUTED_KEY]
            return strip
    if speed != 1.0:
        raise UserError(
            f"No strip plays {path.name} there at {speed:g} times its speed, so its sound was not added.",
            "Add the sound to the sequencer and change its speed there.",
        )
    used = {strip.channel for strip in strips}
    empty = next((c for c in range(1, _CHANNELS + 1) if c not in used), None)
    if empty is None:
        raise UserError("The sequencer has no free channel for the recording.", "Free one of its channels.")
    others = list(strips)
    new = _new_strip(strips, path, empty, start_frame)
    _cut(new, start_frame, part, fps)
    new.channel = _lowest_free_channel(others, *strip_frames(new), empty)
    new[_PLACED_KEY] = True
    return new


def place_clip_sound(
    scene: bpy.types.Scene, path: Path, start_frame: int, part: SoundPart, begins: float, speed: float = 1.0
) -> bpy.types.Strip:
    """Let the sound of a clip be heard in step with it, as :func:`place_sound` does.

    Blender plays the sound of a film from its first moment on, and its first track.

    Args:
        scene: the scene.
        path: the recording that the clip was made of.
        start_frame: the clip's first frame.
        part: the part of the recording that the clip is of, in seconds of the film.
        begins: seconds of the film before its sound.
        speed: how much faster than recorded it is to play.

    Raises:
        UserError: as of :func:`place_sound`; the part is of another track, or before the sound.
    """
    if part.track > 1:
        raise UserError(
            f"Blender plays only the first sound track of {path.name}, so track {part.track}, which the clip "
            "is of, is not heard.",
            "Export that track alone, and make the clip of it.",
        )
    heard = heard_sound(part, begins)
    if heard is None:
        raise UserError(f"The sound of {path.name} begins after this part of it, so none was added.")
    waits = round(heard.delay / speed * scene.render.fps / scene.render.fps_base)
    return place_sound(scene, path, start_frame + waits, heard.part, speed)


def _new_strip(
    strips: bpy.types.StripsTopLevel, path: Path, channel: int, start_frame: int
) -> bpy.types.SoundStrip:
    """A strip of all of a recording; UserError where it cannot be heard."""
    unreadable = UserError(
        f"Blender cannot read the audio of {path.name}.", "Convert it to wav, flac or ogg."
    )
    try:
        new = cast("bpy.types.SoundStrip", strips.new_sound(path.stem, str(path), channel, start_frame))
    except RuntimeError as error:  # the file went since, or its drive fails
        raise unreadable from error
    data = new.sound
    if data is None or not data.samplerate:
        strips.remove(new)
        if data is not None and not data.users:
            bpy.data.sounds.remove(data)
        raise unreadable
    return new


def _cut(strip: bpy.types.Strip, start_frame: int, part: SoundPart, fps: float) -> None:
    """Let a whole new strip play a part of its recording from a frame on."""
    if part.start == 0 and part.end is None:
        return
    end, skipped = round(strip_frames(strip)[1]), part.start * fps
    last = end if part.end is None else min(end, start_frame + round(part.end * fps))
    trim_strip(strip, skipped, start_frame, max(last - round(skipped), start_frame + 1))


def mute_sound(scene: bpy.types.Scene, path: Path, start_frame: float, skipped: float = 0.0) -> None:
    """Mute the strips that :func:`place_sound` made for a recording at a frame; others keep playing.

    Args:
        scene: the scene.
        path: the recording.
        start_frame: frame at which it starts.
        skipped: seconds of the recording before what is heard at that frame.
    """
    if scene.sequence_editor is None:
        return
    fps = scene.render.fps / scene.render.fps_base
    for strip in sequencer_strips(scene):
        if strip.get(_PLACED_KEY) and not strip.mute and _plays(strip, path, start_frame, skipped, 1.0, fps):
            strip.mute = True
            strip[_MUTED_KEY] = True


def follow_sound(scene: bpy.types.Scene) -> None:
    """Let playback drop frames rather than run out of step with the sound."""
    scene.sync_mode = "AUDIO_SYNC"


def sound_frames(scene: bpy.types.Scene, seconds: float) -> int:
    """Whole scene frames that a sound of this length covers."""
    return max(1, math.ceil(seconds * scene.render.fps / scene.render.fps_base - 1e-6))


def _plays(
    strip: bpy.types.Strip, path: Path, start_frame: float, skipped: float, speed: float, fps: float
) -> bool:
    """Whether a strip plays a recording so that its moment ``skipped`` would be heard at ``start_frame``."""
    if not _is_of(strip, path):
        return False
    try:
        found = played_sound(strip, fps)
    except UserError:  # its speed changes: it is in step with nothing
        return False
    if found is None or abs(found.speed - speed) > _SAME_SPEED:
        return False
    return abs(found.seconds_at(start_frame, fps) - skipped) * fps < _NEAR * speed


def _is_of(strip: bpy.types.Strip, path: Path) -> bool:
    sound = cast("bpy.types.SoundStrip", strip).sound if strip.type == "SOUND" else None
    return sound is not None and Path(bpy.path.abspath(sound.filepath)).resolve() == path.resolve()


def _is_heard(strip: bpy.types.Strip, frame: float) -> bool:
    first, end = strip_frames(strip)
    return first - _NEAR <= frame < end


def _lowest_free_channel(others: list[bpy.types.Strip], first: float, end: float, fallback: int) -> int:
    taken = set()
    for strip in others:
        its_first, its_end = strip_frames(strip)
        if its_first < end and its_end > first:
            taken.add(strip.channel)
    return next((c for c in range(1, _CHANNELS + 1) if c not in taken), fallback)
