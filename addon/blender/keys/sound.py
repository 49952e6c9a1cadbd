"""Put a recording into the scene: sequencer strip, playback that follows the sound."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, cast

import bpy

from ...core.errors import UserError
from ..version_compat import content_start, has_sound, retimed, sequencer_strips, strip_frames

_CHANNELS: Final = 128
"""Channels that Blender's sequencer has."""
_PLACED_KEY: Final = "elocute_placed"
_MUTED_KEY: Final = "elocute_muted"
"""Custom properties of strips: made here, and muted here."""


def place_sound(scene: bpy.types.Scene, path: Path, start_frame: int) -> bpy.types.Strip:
    """Add the recording as a sound strip at ``start_frame``, on a channel where it overlaps nothing.

    A strip that already plays the recording in step with that frame is used again, whatever is cut off it.

    Raises:
        UserError: there is no such file, Blender cannot read it or was built without sound, or the
            sequencer is full.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path}.", "Choose the recording again.")
    if not has_sound():
        raise UserError(
            "This Blender was built without sound, so the recording was not added to the sequencer.",
            "Use a Blender from blender.org, or the bpy module 4.5 or newer.",
        )
    strips = sequencer_strips(scene)
    for strip in strips:
        if _plays(strip, path, start_frame):
            if strip.get(_MUTED_KEY):
                strip.mute = False
                del strip[_MUTED_KEY]
            return strip
    used = {strip.channel for strip in strips}
    empty = next((c for c in range(1, _CHANNELS + 1) if c not in used), None)
    if empty is None:
        raise UserError("The sequencer has no free channel for the recording.", "Free one of its channels.")
    others = list(strips)
    new = cast("bpy.types.SoundStrip", strips.new_sound(path.stem, str(path), empty, start_frame))
    data = new.sound
    if data is None or not data.samplerate:
        strips.remove(new)
        if data is not None and not data.users:
            bpy.data.sounds.remove(data)
        raise UserError(f"Blender cannot read the audio of {path.name}.", "Convert it to wav, flac or ogg.")
    new.channel = _lowest_free_channel(others, *strip_frames(new), empty)
    new[_PLACED_KEY] = True
    return new


def mute_sound(scene: bpy.types.Scene, path: Path, start_frame: float) -> None:
    """Mute the strips that :func:`place_sound` made for a recording at a frame; others keep playing."""
    if scene.sequence_editor is None:
        return
    for strip in sequencer_strips(scene):
        if strip.get(_PLACED_KEY) and not strip.mute and _plays(strip, path, start_frame):
            strip.mute = True
            strip[_MUTED_KEY] = True


def follow_sound(scene: bpy.types.Scene) -> None:
    """Let playback drop frames rather than run out of step with the sound."""
    scene.sync_mode = "AUDIO_SYNC"


def sound_frames(scene: bpy.types.Scene, seconds: float) -> int:
    """Whole scene frames that a sound of this length covers."""
    return max(1, math.ceil(seconds * scene.render.fps / scene.render.fps_base - 1e-6))


def _plays(strip: bpy.types.Strip, path: Path, start_frame: float) -> bool:
    """Whether a strip plays a recording so that its first sample would sound at ``start_frame``."""
    found = cast("bpy.types.SoundStrip", strip)
    if strip.type != "SOUND" or found.sound is None or content_start(strip) != start_frame or retimed(found):
        return False
    return Path(bpy.path.abspath(found.sound.filepath)).resolve() == path.resolve()


def _lowest_free_channel(others: list[bpy.types.Strip], first: float, end: float, fallback: int) -> int:
    taken = set()
    for strip in others:
        its_first, its_end = strip_frames(strip)
        if its_first < end and its_end > first:
            taken.add(strip.channel)
    return next((c for c in range(1, _CHANNELS + 1) if c not in taken), fallback)
