"""Videos and stills."""

from __future__ import annotations

import subprocess
import sys

import bpy
import numpy as np
import pytest

from addon.blender.export import render
from addon.blender.export.render import RenderOptions, render_animation, render_stills
from addon.blender.heads.portrait import add_portrait
from addon.blender.heads.sitter import sitter_of_head
from addon.blender.keys import sound
from addon.blender.version_compat import has_sound, sequencer_strips
from addon.core.errors import UserError
from tests.blender.test_sound import write_tone

SMALL = RenderOptions("cycles", 33, 32, samples=1)


@pytest.fixture
def portrait(scene, rig):
    """A head with a camera and lights in the scene."""
    add_portrait(scene, sitter_of_head(rig))
    return scene


def boxes(path):
    """Types of the streams in an MP4, found by its handler boxes."""
    content = path.read_bytes()
    return {kind for kind in (b"vide", b"soun") if b"hdlr\0\0\0\0\0\0\0\0" + kind in content}


def loudest(path) -> float:
    """The largest sample of a film's sound."""
    aud = pytest.importorskip("aud")
    return float(np.abs(aud.Sound(str(path)).data()).max())


@pytest.mark.skipif(not has_sound(), reason="this Blender was built without sound")
def test_the_recording_is_heard_in_the_film_and_pictures_of_the_sequencer_do_not_hide_the_head(
    portrait, tmp_path
):
    portrait.render.fps = 25
    sound.place_sound(portrait, write_tone(tmp_path / "a.wav", 0.4), 1)
    strips = sequencer_strips(portrait)
    length = {"length": 10} if bpy.app.version >= (5, 0, 0) else {"frame_end": 11}
    card = strips.new_effect(name="card", type="COLOR", channel=20, frame_start=1, **length)
    hidden = []
    for used in (True, False):
        portrait.render.use_sequencer = used
        film = tmp_path / "film.mp4"
        render_animation(
            portrait, film, SMALL, first_frame=1, last_frame=10, on_frame=lambda _: hidden.append(card.mute)
        )
        assert loudest(tmp_path / "film.mp4") > 0.05
        assert portrait.render.use_sequencer == used
        assert not card.mute
    assert all(hidden)
    assert hidden


def test_video_has_picture_and_sound(portrait, tmp_path):
    portrait.render.fps = 25
    if has_sound():
        sound.place_sound(portrait, write_tone(tmp_path / "a.wav", 0.2), 1)
    seen = []
    done = render_animation(
        portrait, tmp_path / "x.mp4", SMALL, first_frame=1, last_frame=5, on_frame=seen.append
    )
    assert boxes(tmp_path / "x.mp4") == ({b"vide", b"soun"} if has_sound() else {b"vide"})
    assert seen == [1, 2, 3, 4, 5]
    assert done.engine == "cycles"
    assert bool(done.notes) is not has_sound()
    assert sorted(p.name for p in tmp_path.glob("*x.mp4*")) == ["x.mp4"]


def test_settings_of_the_scene_are_put_back(portrait, tmp_path):
    portrait.render.engine = "CYCLES"
    portrait.cycles.samples = 77
    portrait.render.filepath = "//mine"
    portrait.frame_end = 99
    portrait.frame_set(7)
    render_stills(portrait, [1, 3], [tmp_path / "1.png", tmp_path / "3.png"], SMALL)
    assert portrait.cycles.samples == 77
    assert portrait.render.filepath == "//mine"
    assert (portrait.frame_end, portrait.frame_current) == (99, 7)
    assert portrait.render.image_settings.file_format == "PNG"
    assert not bpy.app.handlers.render_write


def test_stills_show_the_head(portrait, tmp_path):
    path = tmp_path / "still.png"
    render_stills(portrait, [1], [path], RenderOptions("cycles", 48, 48, samples=2))
    image = bpy.data.images.load(str(path))
    pixels = np.array(image.pixels[:]).reshape(48, 48, 4)[..., :3]
    assert pixels[20:28, 20:28].mean() > 1.3 * pixels[:4, :4].mean()


def test_a_video_that_cannot_be_written_leaves_nothing(portrait, tmp_path):
    with pytest.raises(UserError, match="no folder"):
        render_animation(portrait, tmp_path / "none" / "x.mp4", SMALL)
    with pytest.raises(UserError, match="is a folder"):
        render_animation(portrait, tmp_path, SMALL)
    portrait.camera = None
    with pytest.raises(UserError, match="no camera"):
        render_animation(portrait, tmp_path / "x.mp4", SMALL)
    assert list(tmp_path.glob("*.mp4")) == []


def test_no_opengl_gives_way_to_cycles(portrait, tmp_path, monkeypatch):
    """The probe runs in a process that ends without having rendered."""
    render.workbench_works.cache_clear()
    run = subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda _, **options: run([sys.executable, "-c", "exit(134)"], **options)
    )
    done = render_stills(portrait, [1], [tmp_path / "a.png"], RenderOptions("workbench", 32, 32, samples=1))
    render.workbench_works.cache_clear()
    assert done.engine == "cycles"
    assert done.notes == (render.NO_OPENGL,)
    assert (tmp_path / "a.png").is_file()


def test_workbench_where_there_is_opengl(portrait, tmp_path):
    if not render.workbench_works():
        pytest.skip("no OpenGL on this machine")
    path = tmp_path / "wb.png"
    done = render_stills(portrait, [1], [path], RenderOptions("workbench", 64, 64))
    assert done.engine == "workbench"
    image = bpy.data.images.load(str(path))
    pixels = np.array(image.pixels[:]).reshape(64, 64, 4)[..., :3]
    assert np.abs(pixels[32, 32] - pixels[1, 1]).max() > 0.05


@pytest.mark.parametrize("attribute", [None, "Color"])
def test_workbench_shows_a_users_character_in_its_own_colours(scene, tmp_path, attribute):
    if not render.workbench_works():
        pytest.skip("no OpenGL on this machine")
    bpy.ops.mesh.primitive_cube_add(size=20.0)
    mesh = bpy.context.object.data
    red = bpy.data.materials.new("red")
    red.diffuse_color = (0.8, 0.0, 0.0, 1.0)
    mesh.materials.append(red)
    if attribute is not None:  # of whatever use: a mask, say
        mesh.color_attributes.new(attribute, "FLOAT_COLOR", "POINT")
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location.z = 40.0
    scene.collection.objects.link(camera)
    scene.camera = camera
    path = tmp_path / "cube.png"
    render_stills(scene, [1], [path], RenderOptions("workbench", 32, 32))
    image = bpy.data.images.load(str(path))
    pixels = np.array(image.pixels[:]).reshape(32, 32, 4)
    assert pixels[16, 16, 0] > 0.3
    assert pixels[16, 16, 1:3].max() < 0.5 * pixels[16, 16, 0]
