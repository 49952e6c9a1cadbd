"""Shots without a window: staged in files opened anew, rendered, saved, and gone on with."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import bpy
import numpy as np
import pytest

from addon.blender.headless.run import main
from addon.blender.heads.head_builder import build_head
from addon.blender.keys.line_strips import lines_in
from addon.blender.package import FOLDER, STAND_IN_HEAD
from addon.blender.targets.head_rig import heads_in
from addon.blender.version_compat import content_start, has_sound, sequencer_strips, strip_frames
from addon.core.clip.face_model import read_face_model
from elocute.motion.clip import MotionClip
from scripts.build_extension import build
from tests.blender.test_sound import write_tone

FRAMES = 6
QUICK = ["--preset", "cycles", "--resolution", "32x32", "--samples", "1"]


@pytest.fixture
def clips(tmp_path) -> Path:
    """Two clips, with the table of their batch."""
    folder = tmp_path / "clips"
    folder.mkdir()
    tone = write_tone(tmp_path / "tone.wav", 2.0)
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        values = {"jaw": 3, "head": 3, "neck": 3, "eyes": 6}
        parts = {key: 0.1 * rng.random((FRAMES, size), np.float32) for key, size in values.items()}
        expression = rng.random((FRAMES, 43), np.float32)
        clip = MotionClip(fps=25.0, basis="elocute-head-1", expression=expression, meta={}, **parts)
        clip.save(folder / f"{name}.npz")
    (folder / "results.csv").write_text(
        "id,status,audio,character,segment,clips\n"
        f"a,done,{tone},,0.8-1.04,a.npz\n"
        f"b,done,{tone},Anna,,b.npz\n",
        encoding="utf-8",
    )
    return folder


def run(clips: Path, out: Path, *words: str) -> int:
    return main(["--clips", str(clips), "--out", str(out), *words])


def pixels(path: Path) -> np.ndarray:
    """What a picture shows; its file also holds when it was rendered."""
    image = bpy.data.images.load(str(path))
    try:
        return np.array(image.pixels)
    finally:
        bpy.data.images.remove(image)


def start(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, cwd=folder)


def save_scene(path: Path, *names: str) -> None:
    """A file with a head for each name; its size is small and its engine Cycles."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    for name in names:
        rig = build_head(scene, read_face_model(STAND_IN_HEAD))
        rig.armature.name = name
    bpy.ops.wm.save_as_mainfile(filepath=str(path))


def test_a_file_without_a_character_gets_the_head_and_its_line(scene, clips, tmp_path):
    assert run(clips, tmp_path / "out", "--formats", "blend", "--start-frame", "11") == 0
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out" / "a.blend"))
    opened = bpy.context.scene
    assert len({line.track.name for line in lines_in(opened)}) == 1
    assert (opened.frame_start, opened.frame_end) == (11, 16)
    assert opened.camera is not None
    if has_sound():
        (strip,) = sequencer_strips(opened)
        assert content_start(strip) == 11 - 20
        assert strip_frames(strip) == (11, 17)


def test_an_empty_file_gets_the_character_that_is_named(scene, clips, tmp_path, capsys):
    words = ("--formats", "blend", "--only", "a", "--character")
    assert run(clips, tmp_path / "out", *words, "mira") == 0
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out" / "a.blend"))
    assert [head.name for head in heads_in(bpy.context.scene)] == ["Mira rig"]
    assert bpy.context.scene.camera is not None
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert run(clips, tmp_path / "other", *words, "Nobody") == 4
    assert "no object named Nobody" in capsys.readouterr().err


def test_each_shot_is_alone_in_its_file(scene, clips, tmp_path):
    save_scene(tmp_path / "scene.blend", "Anna")
    assert run(clips, tmp_path / "out", "--formats", "blend") == 0
    for name in ("a", "b"):
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out" / f"{name}.blend"))
        assert {line.strip.name for line in lines_in(bpy.context.scene)} == {"tone"}
        assert len(bpy.data.armatures) == 1


def test_the_table_names_the_character_and_a_shot_that_fails_harms_no_other(scene, clips, tmp_path, capsys):
    save_scene(tmp_path / "scene.blend", "anna", "Bea")
    assert run(clips, tmp_path / "out", "--formats", "blend") == 4
    told = capsys.readouterr()
    assert "several characters: Bea, anna" in told.err
    assert not (tmp_path / "out" / "a.blend").exists()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out" / "b.blend"))
    assert bpy.data.objects["anna"].animation_data is not None
    assert bpy.data.objects["Bea"].animation_data is None
    save_scene(tmp_path / "scene.blend", "anna", "Bea")
    assert run(clips, tmp_path / "out", "--formats", "blend", "--character", "Bea") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--character", "Nobody"], "no object named Nobody"),
        (["--map", "arkit", "--character", "Nobody"], "no object named Nobody"),
    ],
)
def test_what_the_file_does_not_hold_is_said(scene, clips, tmp_path, capsys, words, said):
    save_scene(tmp_path / "scene.blend", "Bea")
    assert run(clips, tmp_path / "out", "--only", "a", "--formats", "blend", *words) == 4
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out" / "a.blend").exists()


@pytest.mark.parametrize("check", [(), ("--check",)])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--formats", "blend", "--camera", "Nothing"], "no camera named Nothing"),
        (["--formats", "blend", "--map", "no such map"], "neither a kind of rig nor a file"),
        (["--formats", "blend", "--map", "{clips}/a.npz"], "a.npz"),
        (["--formats", "film"], "no camera to render with"),
        (["--formats", "gltf,images"], "no camera to render with"),
    ],
)
def test_what_would_fail_every_shot_is_said_once_and_before_any(
    scene, clips, tmp_path, capsys, words, said, check
):
    save_scene(tmp_path / "scene.blend", "Bea")
    words = [word.format(clips=clips) for word in words]
    assert run(clips, tmp_path / "out", *words, *check) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("elocute:") == 1
    assert not (tmp_path / "out").exists()


def test_a_camera_is_needed_for_what_is_rendered_alone_and_one_of_several_is_chosen(
    scene, clips, tmp_path, capsys
):
    save_scene(tmp_path / "scene.blend", "Bea")
    assert run(clips, tmp_path / "out", "--formats", "blend", "--check") == 0
    for name in ("Left", "Right"):
        camera = bpy.data.objects.new(name, bpy.data.cameras.new(name))
        bpy.context.scene.collection.objects.link(camera)
        bpy.ops.wm.save_mainfile()
        if name == "Left":
            assert run(clips, tmp_path / "out", "--check") == 0
    assert run(clips, tmp_path / "out", "--check") == 2
    assert "several cameras: Left, Right. Choose one with --camera" in capsys.readouterr().err
    assert run(clips, tmp_path / "out", "--check", "--camera", "Right") == 0


def test_a_character_that_is_not_there_is_no_other_one(scene, clips, tmp_path, capsys):
    """The table's column is no less a name than the argument; the mesh's name will do."""
    save_scene(tmp_path / "scene.blend", "Bea")
    assert run(clips, tmp_path / "out", "--only", "b", "--formats", "blend") == 4
    assert "no object named Anna. Correct the column character" in capsys.readouterr().err
    assert not (tmp_path / "out" / "b.blend").exists()


def test_a_map_goes_to_the_only_character(scene, clips, tmp_path):
    save_scene(tmp_path / "scene.blend", "Bea")
    words = ("--only", "a", "--formats", "blend", "--map", "arkit")
    assert run(clips, tmp_path / "out", *words) == 0
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out" / "a.blend"))
    assert bpy.data.objects["Bea"]["elocute_rig_map"] == "arkit"


def test_images_go_on_at_the_missing_frame(scene, clips, tmp_path, capsys):
    words = ["--formats", "images", "--only", "a", "--frames", "2-4", *QUICK]
    out = tmp_path / "out"
    assert run(clips, out, *words) == 0
    images = sorted((out / "a").iterdir())
    assert [path.name for path in images] == ["00002.png", "00003.png", "00004.png"]
    contents = [pixels(path) for path in images]
    stamps = [path.stat().st_mtime_ns for path in images]
    images[1].unlink()
    capsys.readouterr()
    assert run(clips, out, *words) == 0
    assert capsys.readouterr().out.count(": frame ") == 1
    assert [path.stat().st_mtime_ns == stamp for path, stamp in zip(images, stamps, strict=True)] == [
        True,
        False,
        True,
    ]
    assert np.array_equal(pixels(images[1]), contents[1])
    assert run(clips, out, *words) == 0
    assert "done before" in capsys.readouterr().out
    assert run(clips, out, *words, "--character", "", "--interpolation", "BEZIER") == 0
    assert all(path.stat().st_mtime_ns != stamp for path, stamp in zip(images, stamps, strict=True))


def test_files_of_other_programs(scene, clips, tmp_path):
    assert run(clips, tmp_path, "--only", "a", "--formats", "gltf,fbx,usd,alembic") == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert {"a.glb", "a.fbx", "a.usdc", "a.abc"} <= names
    assert not [name for name in names if name.startswith(".a")]


def test_the_files_own_look_and_size(scene, clips, tmp_path):
    save_scene(tmp_path / "scene.blend", "Bea")
    bpy.ops.object.camera_add(location=(0, -1, 0), rotation=(1.57, 0, 0))
    opened = bpy.context.scene
    opened.camera = bpy.context.object
    opened.render.engine, opened.cycles.samples = "CYCLES", 1
    opened.render.resolution_x, opened.render.resolution_y = 40, 24
    opened.render.resolution_percentage = 50
    bpy.ops.wm.save_mainfile()
    assert run(clips, tmp_path / "out", "--only", "a", "--formats", "images", "--frames", "1-1") == 0
    image = bpy.data.images.load(str(tmp_path / "out" / "a" / "00001.png"))
    assert tuple(image.size) == (20, 12)


def test_the_characters_own_file_is_no_output(scene, clips, tmp_path, capsys):
    save_scene(tmp_path / "a.blend", "Bea")
    before = (tmp_path / "a.blend").read_bytes()
    assert run(clips, tmp_path, "--formats", "blend") == 2
    assert "would overwrite" in capsys.readouterr().err
    assert (tmp_path / "a.blend").read_bytes() == before


def test_another_file_in_an_outputs_place_is_no_output(scene, clips, tmp_path):
    assert run(clips, tmp_path / "out", "--only", "a", "--formats", "blend") == 0
    (tmp_path / "out" / "a.blend").write_bytes(b"junk")
    assert run(clips, tmp_path / "out", "--only", "a", "--formats", "blend") == 0
    assert (tmp_path / "out" / "a.blend").stat().st_size > 1000


def test_what_no_render_wrote_is_never_overwritten(scene, clips, tmp_path, capsys):
    out = tmp_path / "out"
    (out / "a").mkdir(parents=True)
    for mine in (out / "a.mp4", out / "a.blend", out / "a" / "drawing.png"):
        mine.write_bytes(b"mine")
    assert run(clips, out, "--only", "a", "--formats", "film,blend,images,gltf", *QUICK) == 4
    said = capsys.readouterr().err
    for mine in (out / "a.mp4", out / "a.blend", out / "a" / "drawing.png"):
        assert mine.read_bytes() == b"mine"
    assert said.count("was not written by a render, and would be overwritten.") == 3
    assert (out / "a.glb").is_file()


def test_a_format_that_fails_holds_up_no_other(scene, clips, tmp_path, capsys):
    save_scene(tmp_path / "scene.blend", "Bea")
    (tmp_path / "out" / "a.glb").mkdir(parents=True)
    assert run(clips, tmp_path / "out", "--only", "a", "--formats", "gltf,blend") == 4
    assert "a.glb is a folder" in capsys.readouterr().err
    assert (tmp_path / "out" / "a.blend").is_file()


def test_the_only_camera_is_used(scene, clips, tmp_path):
    save_scene(tmp_path / "scene.blend", "Bea")
    bpy.ops.object.camera_add(location=(0, -1, 0))
    bpy.context.scene.camera = None
    bpy.ops.wm.save_mainfile()
    assert run(clips, tmp_path / "out", "--only", "a", "--formats", "images", "--frames", "1-1", *QUICK) == 0


def test_a_recording_that_is_gone_is_no_silent_film(scene, clips, tmp_path, capsys):
    (tmp_path / "tone.wav").unlink()
    assert run(clips, tmp_path / "out", "--formats", "blend") == 4
    assert "the recording of this shot" in capsys.readouterr().err


def test_a_shot_whose_sound_blender_does_not_play_is_said_to_be_silent(scene, clips, tmp_path, capsys):
    """Of another track of a film, or a file that is no sound to Blender."""
    (tmp_path / "text.wav").write_text("this is text")
    table = clips / "results.csv"
    told = table.read_text(encoding="utf-8").replace("0.8-1.04", "0.8-1.04/2")
    table.write_text(told.replace("tone.wav,Anna", "text.wav,Anna"), encoding="utf-8")
    assert run(clips, tmp_path / "out", "--formats", "blend") == 0
    said = capsys.readouterr().out
    assert (
        "a: note: The shot is silent. Blender plays only the first sound track of tone.wav, so track 2"
        in said
    )
    assert "Export that track alone, and make the clip of it." in said
    assert "b: note: The shot is silent. " in said


def test_only_looking_at_the_arguments_makes_nothing(scene, clips, tmp_path):
    assert run(clips, tmp_path / "out", "--check") == 0
    assert run(clips, tmp_path / "out", "--check", "--frames", "x") == 2
    assert not (tmp_path / "out").exists()


def test_a_damaged_clip_fails_alone(scene, clips, tmp_path, capsys):
    (clips / "a.npz").write_bytes(b"no clip")
    assert run(clips, tmp_path / "out", "--formats", "blend") == 4
    assert "elocute: a: " in capsys.readouterr().err
    assert (tmp_path / "out" / "b.blend").is_file()


def test_arguments_that_cannot_be_used_end_it_at_once(scene, clips, tmp_path, capsys):
    assert main(["--clips", str(clips)]) == 2
    assert run(tmp_path / "none", tmp_path / "out") == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("of_extension", [False, True])
def test_the_program_as_a_user_starts_it(clips, tmp_path, of_extension):
    """Of the repository, and of an extension as Blender unpacks it."""
    save_scene(tmp_path / "scene.blend", "Anna")
    folder = FOLDER
    if of_extension:
        folder = tmp_path / "extensions" / "user_default" / "elocute"
        with zipfile.ZipFile(build(FOLDER, tmp_path)) as packed:
            packed.extractall(folder)
    program = [sys.executable, str(folder / "addon" / "elocute_batch.py")]
    words = ["--clips", str(clips), "--out", str(tmp_path / "out"), "--formats", "blend"]
    command = [*program, "--blend", str(tmp_path / "scene.blend"), "--", *words]
    done = start(*command, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 of 2 shots are done" in done.stdout
    assert start(*command, "--character", "No", folder=tmp_path).returncode == 4
