"""Clips of the command line as takes: their sound lies where the face speaks it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import bpy
import pytest

import addon
from addon.blender import api
from addon.blender.version_compat import has_sound, played_sound, sequencer_strips
from addon.core.clip.sampled import clip_content
from addon.core.errors import UserError
from addon.core.options import SceneOptions
from tests.blender.test_sound import write_tone

needs_sound = pytest.mark.skipif(not has_sound(), reason="this bpy is built without sound")


@pytest.fixture
def head(scene, rig):
    addon.register()
    scene.render.fps, scene.render.fps_base = 25, 1.0
    bpy.context.view_layer.objects.active = rig.armature
    yield rig
    addon.unregister()


@pytest.fixture
def line(tmp_path):
    return write_tone(tmp_path / "line.wav", 3.0)


def digest(path, segment=None):
    whole = hashlib.sha256(path.read_bytes()).hexdigest()
    return whole if segment is None else hashlib.sha256(f"{whole} {segment}".encode()).hexdigest()


def saved(make_clip, path, **meta):
    clip = replace(make_clip(frames=40), meta=meta)
    path.write_bytes(clip_content(clip))
    return path


@needs_sound
@pytest.mark.parametrize(
    ("meta", "options", "first", "heard"),
    [
        ({}, None, 11, 0.0),
        ({"sound_begins": 1.0}, None, 36, 0.0),
        ({"segment": "0.4-1.2"}, None, 11, 0.4),
        ({"segment": "0.4-1.2"}, SceneOptions(brows_strength=0.5), 11, 0.4),
        ({"segment": "0.4-1.2"}, SceneOptions(segment="0.8-"), 11, 0.8),
        ({"segment": "0.4-", "sound_begins": 1.0}, None, 26, 0.0),
        ({"segment": "1.4-2.6", "sound_begins": 1.0}, None, 11, 0.4),
    ],
)
def test_the_sound_lies_where_the_face_speaks_it(
    head, scene, make_clip, line, tmp_path, meta, options, first, heard
):
    take = api.read_take(saved(make_clip, tmp_path / "clip.npz", **meta), line)
    api.key(take, head.armature, start_frame=11, options=options)
    (strip,) = sequencer_strips(scene)
    played = played_sound(strip, 25.0)
    assert (played.first, played.seconds_at(first, 25.0)) == (first, pytest.approx(heard, abs=0.021))


@needs_sound
def test_a_take_that_is_put_elsewhere_leaves_no_late_sound_behind(head, scene, make_clip, line, tmp_path):
    path = saved(make_clip, tmp_path / "clip.npz", sound_begins=1.0)
    api.key(api.read_take(path, line), head.armature, start_frame=11)
    api.key(api.read_take(path, line), head.armature, start_frame=15)
    begins = sorted((strip.mute, played_sound(strip, 25.0).first) for strip in sequencer_strips(scene))
    assert begins == [(False, 40), (True, 36)]


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ({"segment": "0-/2"}, "plays only the first sound track"),
        ({"segment": "0-1", "sound_begins": 1.2}, "begins after this part"),
    ],
)
def test_a_sound_that_blender_cannot_lay_is_told(head, scene, make_clip, line, tmp_path, meta, said):
    take = api.read_take(saved(make_clip, tmp_path / "clip.npz", **meta), line)
    assert any(said in note for note in api.key(take, head.armature).notes)
    assert not len(sequencer_strips(scene))


@pytest.mark.parametrize("segment", [None, "0.4-1.2"])
def test_another_recording_than_the_clips_own_is_told(head, make_clip, line, tmp_path, segment):
    meta = {} if segment is None else {"segment": segment}
    path = saved(make_clip, tmp_path / "clip.npz", audio_sha256=digest(line, segment), **meta)
    assert api.read_take(path, line).notes == ()
    assert api.read_take(path).notes == ()
    other = api.read_take(path, write_tone(tmp_path / "other.wav", 2.0))
    (note,) = other.notes
    assert note.startswith("clip.npz was not made of other.wav")
    assert note in api.key(other, head.armature).notes


@pytest.mark.parametrize("name", ["clip.csv", "clip", "clip.npz.txt"])
def test_a_take_is_not_saved_under_the_name_of_another_kind_of_file(make_clip, tmp_path, name):
    take = api.Take(clip_content(make_clip(frames=5)))
    with pytest.raises(UserError, match=r"ends in \.npz"):
        take.save(tmp_path / name)
    assert not list(tmp_path.iterdir())
    take.save(tmp_path / "clip.NPZ")


@pytest.mark.parametrize(
    ("name", "said"), [("face.csv", "elocute import"), ("face.npz", "that Elocute wrote")]
)
def test_what_is_no_clip_is_told_with_what_helps(scene, tmp_path, name, said):
    (tmp_path / name).write_text("Timecode,BlendShapeCount,EyeBlinkLeft")
    with pytest.raises(UserError, match=said):
        api.read_take(tmp_path / name)
    with pytest.raises(UserError, match="no file"):
        api.read_take(tmp_path / f"missing {name}")
