"""The recording in the sequencer."""

from __future__ import annotations

import sys
import wave

import bpy
import numpy as np
import pytest

from addon.blender.keys import sound
from addon.blender.version_compat import (
    content_start,
    has_sound,
    played_sound,
    sequencer_strips,
    sound_seconds,
    strip_frames,
)
from addon.core.errors import UserError
from addon.core.sound_part import SoundPart

needs_sound = pytest.mark.skipif(not has_sound(), reason="this bpy is built without sound")


def write_tone(path, seconds=2.0):
    """A tone as a 16 kHz wav file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        samples = 8000 * np.sin(np.arange(int(16000 * seconds)) * 0.1)
        file.writeframes(samples.astype(np.int16).tobytes())
    return path


def layout(scene):
    return [(s.name, s.channel, *strip_frames(s)) for s in sequencer_strips(scene)]


@needs_sound
@pytest.mark.parametrize(("fps", "base", "frames"), [(24, 1, 48), (25, 1, 50), (30, 1.001, 60), (60, 1, 120)])
def test_sound_starts_at_the_frame(scene, tmp_path, fps, base, frames):
    scene.render.fps, scene.render.fps_base = fps, base
    strip = sound.place_sound(scene, write_tone(tmp_path / "a.wav"), 101)
    first, end = strip_frames(strip)
    assert first == 101
    assert abs(end - 101 - frames) <= 1
    assert sound.sound_frames(scene, 2.0) == frames
    assert strip.channel == 1


@needs_sound
def test_other_strips_stay_where_they_are(scene, tmp_path):
    first = write_tone(tmp_path / "a.wav")
    strips = sequencer_strips(scene)
    strips.new_sound("mine", str(first), 1, 20)
    strips.new_effect(name="text", type="TEXT", channel=2, frame_start=1, **text_length())
    strips.new_sound("later", str(first), 3, 500)
    before = layout(scene)
    strip = sound.place_sound(scene, write_tone(tmp_path / "b.wav"), 1)
    assert strip.channel == 3, "the lowest channel that is free at that time"
    assert [row for row in layout(scene) if row[0] != strip.name] == before


def text_length():
    made = bpy.types.StripsTopLevel if hasattr(bpy.types, "StripsTopLevel") else bpy.types.SequencesTopLevel
    return (
        {"length": 100} if "length" in made.bl_rna.functions["new_effect"].parameters else {"frame_end": 100}
    )


@needs_sound
def test_the_same_recording_is_not_added_twice(scene, tmp_path):
    path = write_tone(tmp_path / "a.wav")
    first = sound.place_sound(scene, path, 1)
    assert sound.place_sound(scene, path, 1) == first
    assert len(sequencer_strips(scene)) == 1
    sound.place_sound(scene, path, 40)
    assert len(sequencer_strips(scene)) == 2


@needs_sound
@pytest.mark.parametrize(
    ("part", "begins", "first", "heard"),
    [
        ("", 0.0, 11, 0.0),
        ("0.4-1.2", 0.0, 11, 0.4),
        ("", 1.0, 36, 0.0),
        ("0.4-", 1.0, 26, 0.0),
        ("1.4-", 1.0, 11, 0.4),
    ],
)
def test_a_shot_of_a_film_sounds_as_late_as_the_film_does(scene, tmp_path, part, begins, first, heard):
    """The clip counts from the film's first moment, Blender's strip from the sound's."""
    scene.render.fps, scene.render.fps_base = 25, 1.0
    path = write_tone(tmp_path / "a.wav")
    sound.place_clip_sound(scene, path, 11, SoundPart.parse(part), begins)
    (strip,) = sequencer_strips(scene)
    played = played_sound(strip, 25.0)
    assert (played.first, played.seconds_at(first, 25.0)) == (first, pytest.approx(heard, abs=0.021))
    with pytest.raises(UserError, match=r"only the first sound track of a\.wav, so track 2, .* not heard"):
        sound.place_clip_sound(scene, path, 11, SoundPart.parse("/2"), 0.0)


@needs_sound
def test_not_a_sound(scene, tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_text("this is text")
    with pytest.raises(UserError, match=r"bad\.wav"):
        sound.place_sound(scene, bad, 1)
    assert not len(sequencer_strips(scene))
    assert not bpy.data.sounds


@needs_sound
def test_a_full_sequencer(scene, tmp_path):
    path = write_tone(tmp_path / "a.wav", 0.2)
    strips = sequencer_strips(scene)
    for channel in range(1, 129):
        strips.new_sound("s", str(path), channel, 1)
    with pytest.raises(UserError, match="no free channel"):
        sound.place_sound(scene, write_tone(tmp_path / "b.wav"), 1)


@pytest.mark.skipif(has_sound(), reason="this bpy has sound")
def test_a_build_without_sound_says_so(scene, tmp_path):
    with pytest.raises(UserError, match="built without sound"):
        sound.place_sound(scene, write_tone(tmp_path / "a.wav"), 1)


def test_a_missing_file(scene, tmp_path):
    with pytest.raises(UserError, match="no file"):
        sound.place_sound(scene, tmp_path / "none.wav", 1)


def test_playback_follows_the_sound(scene):
    sound.follow_sound(scene)
    assert scene.sync_mode == "AUDIO_SYNC"


@needs_sound
@pytest.mark.parametrize("shift", ["cut", "moved", "slipped"])
def test_only_strips_in_step_with_the_frame_are_used_again(scene, tmp_path, shift):
    path = write_tone(tmp_path / "a.wav")
    mine = sequencer_strips(scene).new_sound("mine", str(path), 1, 40)
    mine.frame_offset_start = 10.0
    if shift == "moved":
        mine.frame_start = 30  # its left handle is where the line starts, its content is not
        assert strip_frames(mine)[0] == 40
    if shift == "slipped":
        mine.animation_offset_start = 5
    # From 5.2 on Blender takes frames off the content's beginning in their place; before, the rest moves up.
    in_step = shift == "cut" or (shift == "slipped" and content_start(mine) == 45)
    used = sound.place_sound(scene, path, 40)
    assert (used == mine) is in_step
    assert content_start(used) == (45 if in_step and shift == "slipped" else 40)


@needs_sound
def test_a_muted_take_sounds_again_when_it_is_placed_again(scene, tmp_path):
    path = write_tone(tmp_path / "a.wav")
    strip = sound.place_sound(scene, path, 1)
    sound.mute_sound(scene, path, 9)
    assert not strip.mute, "another place"
    sound.mute_sound(scene, path, 1)
    assert strip.mute
    assert sound.place_sound(scene, path, 1) == strip
    assert not strip.mute


@needs_sound
def test_strips_of_the_user_are_never_muted_nor_unmuted(scene, tmp_path):
    path = write_tone(tmp_path / "a.wav")
    mine = sequencer_strips(scene).new_sound("mine", str(path), 1, 1)
    sound.mute_sound(scene, path, 1)
    assert not mine.mute
    mine.mute = True
    assert sound.place_sound(scene, path, 1) == mine
    assert mine.mute


def test_a_build_that_lacks_the_sound_module_measures_wave_files(tmp_path, monkeypatch):
    """As Linux distributions build Blender: it plays sound, but Python cannot import ``aud``."""
    path, other = tmp_path / "a.wav", tmp_path / "b.flac"
    write_tone(path, 1.5)
    other.write_bytes(b"fLaC")
    monkeypatch.setitem(sys.modules, "aud", None)
    assert sound_seconds(path) == pytest.approx(1.5)
    assert sound_seconds(other) is None
