"""Put a recording into the scene: sequencer strip, frame range, playback that follows the sound."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, cast

import bpy

from ...core.errors import UserError
from ..version_compat import has_sound, sequencer_strips, strip_frames

_CHANNELS: Final = 128
"""Channels that Blender's sequencer has."""


def place_sound(scene: bpy.types.Scene, path: Path, start_frame: int) -> bpy.types.Strip:
    """Add the recording as a sound strip at ``start_frame``, on a channel where it overlaps nothing.

    The same recording already standing there is used again instead of playing twice.

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
        if strip_frames(strip)[0] == start_frame and _plays(strip, path):
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
    return new


def extend_frame_range(scene: bpy.types.Scene, first_frame: int, last_frame: int) -> None:
    """Make the scene's frame range include these frames; it never gets shorter."""
    scene.frame_start = min(scene.frame_start, first_frame)
    scene.frame_end = max(scene.frame_end, last_frame)


def follow_sound(scene: bpy.types.Scene) -> None:
    """Let playback drop frames rather than run out of step with the sound."""
    scene.sync_mode = "AUDIO_SYNC"


def sound_frames(scene: bpy.types.Scene, seconds: float) -> int:
    """Whole scene frames that a sound of this length covers."""
    return max(1, math.ceil(seconds * scene.render.fps / scene.render.fps_base - 1e-6))


def _plays(strip: bpy.types.Strip, path: Path) -> bool:
    sound = cast("bpy.types.SoundStrip", strip).sound if strip.type == "SOUND" else None
    return sound is not None and Path(bpy.path.abspath(sound.filepath)).resolve() == path.resolve()


def _lowest_free_channel(others: list[bpy.types.Strip], first: float, end: float, fallback: int) -> int:
    taken = set()
    for strip in others:
        its_first, its_end = strip_frames(strip)
        if its_first < end and its_end > first:
            taken.add(strip.channel)
    return next((c for c in range(1, _CHANNELS + 1) if c not in taken), fallback)
