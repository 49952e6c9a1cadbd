"""What a batch of shots is told, which shots there are, and what counts as done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from addon.core.errors import UserError
from addon.core.headless.arguments import FORMATS, HeadlessOptions, read_arguments
from addon.core.headless.done import is_begun, is_done, record, shot_key
from addon.core.headless.shots import Shot, find_shots
from addon.core.sound_part import SoundPart

HEADER = "id,status,audio,character,segment,clips\n"


def test_every_argument(tmp_path):
    words = (
        "--clips c --out o --formats film,images,film --only a,b --part 2/3 --check --keep-going "
        "--character Anna --map arkit --camera Cam --preset preview --resolution 1920x1080 --samples 8 "
        "--frames 5-9 --start-frame 101 "
        "--interpolation BEZIER --add"
    )
    assert read_arguments(words.split()) == HeadlessOptions(
        clips=Path("c").absolute(),
        out=Path("o").absolute(),
        formats=("film", "images"),
        only=("a", "b"),
        part=(2, 3),
        character="Anna",
        rig_map="arkit",
        camera="Cam",
        preset="preview",
        width=1920,
        height=1080,
        samples=8,
        first_frame=5,
        last_frame=9,
        start_frame=101,
        interpolation="BEZIER",
        add=True,
        check=True,
        keep_going=True,
    )


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--clips c",
        "--out o",
        "--formats tiff",
        "--formats ,",
        "--resolution big",
        "--resolution 0x10",
        "--frames 9-5",
        "--frames 5",
        "--samples -1",
        "--preset best",
        "--unknown",
        "--part 0/2",
        "--part 3/2",
        "--part x",
    ],
)
def test_arguments_that_cannot_be_used_are_one_sentence(words):
    given = words.split()
    if given[:1] not in (["--clips"], ["--out"], []):
        given = ["--clips", "c", "--out", "o", *given]
    with pytest.raises(UserError):
        read_arguments(given)


def test_shots_of_a_table(tmp_path):
    (tmp_path / "results.csv").write_text(
        HEADER + "a,done,/x/a.wav,Anna,1.5-4@2,a-1.npz | a-2.npz\n"
        "b,failed,/x/b.wav,,,\nc,unchanged,,,2-/3@1,c.npz\n",
        encoding="utf-8",
    )
    assert find_shots(tmp_path) == (
        Shot("a-1", tmp_path / "a-1.npz", Path("/x/a.wav"), SoundPart(1.5, 4.0, 2), "Anna"),
        Shot("a-2", tmp_path / "a-2.npz", Path("/x/a.wav"), SoundPart(1.5, 4.0, 2), "Anna"),
        Shot("c", tmp_path / "c.npz", None, SoundPart(2.0, None, 1, 3)),
    )
    assert [shot.id for shot in find_shots(tmp_path, ("c",))] == ["c"]
    assert [shot.id for shot in find_shots(tmp_path, (), (1, 2))] == ["a-1", "c"]
    assert [shot.id for shot in find_shots(tmp_path, (), (2, 2))] == ["a-2"]
    with pytest.raises(UserError, match="no shot 'b'"):
        find_shots(tmp_path, ("b",))


def test_shots_of_a_folder_and_of_a_clip(tmp_path):
    for name in ("b.npz", "a.npz", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert [shot.id for shot in find_shots(tmp_path)] == ["a", "b"]
    assert find_shots(tmp_path / "a.npz") == (Shot("a", tmp_path / "a.npz"),)


@pytest.mark.parametrize(
    "content",
    [
        HEADER + "a,done,,,,../a.npz\n",
        HEADER + "a,done,,,soon,a.npz\n",
        HEADER,
        "\udcff",
        HEADER + 'a,done,"\0',
    ],
)
def test_a_table_that_is_none(tmp_path, content):
    (tmp_path / "results.csv").write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UserError):
        find_shots(tmp_path)


@pytest.mark.parametrize("segment", ["soon", "3-2", "@0", "/x"])
def test_a_bad_segment_names_the_table(tmp_path, segment):
    (tmp_path / "results.csv").write_text(HEADER + f"a,done,,,{segment},a.npz\n", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"results\.csv cannot be read: The part .*\. Run elocute batch again"
    ):
        find_shots(tmp_path)


def test_no_folder_and_no_clips(tmp_path):
    with pytest.raises(UserError, match="no clips"):
        find_shots(tmp_path)
    with pytest.raises(UserError, match="no folder"):
        find_shots(tmp_path / "no")


@pytest.fixture
def shot(tmp_path) -> Shot:
    (tmp_path / "a.npz").write_bytes(b"clip")
    return Shot("a", tmp_path / "a.npz")


OPTIONS = HeadlessOptions(Path("c"), Path("o"))


@pytest.mark.parametrize(
    "change",
    [
        {"character": "Anna"},
        {"camera": "Cam"},
        {"preset": "preview"},
        {"width": 10, "height": 10},
        {"samples": 3},
        {"first_frame": 2},
        {"start_frame": 5},
        {"interpolation": "BEZIER"},
        {"add": True},
        {"rig_map": "arkit"},
    ],
)
def test_every_option_decides_whether_a_shot_is_done(shot, change):
    assert shot_key(shot, "film", OPTIONS, "") != shot_key(shot, "film", replace(OPTIONS, **change), "")


def test_contents_decide_and_places_do_not(shot, tmp_path):
    key = shot_key(shot, "film", OPTIONS, "")
    moved = replace(
        OPTIONS, clips=Path("elsewhere"), out=Path("there"), only=("a",), formats=FORMATS, part=(2, 3)
    )
    assert shot_key(shot, "film", moved, "") == key
    shot.clip.write_bytes(b"other")
    assert shot_key(shot, "film", OPTIONS, "") != key
    (tmp_path / "scene.blend").write_bytes(b"1")
    with_scene = shot_key(shot, "film", OPTIONS, str(tmp_path / "scene.blend"))
    (tmp_path / "scene.blend").write_bytes(b"2")
    assert shot_key(shot, "film", OPTIONS, str(tmp_path / "scene.blend")) != with_scene


def test_a_shot_is_done_while_all_its_files_are_there(shot, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    assert not is_done(out, shot, "images", "key")
    record(out, shot, "images", "key")
    assert is_begun(out, shot, "images", "key")
    assert not is_done(out, shot, "images", "key")
    files = [out / "1.png", out / "2.png"]
    for path in files:
        path.write_bytes(b"x")
    record(out, shot, "images", "key", files)
    assert is_done(out, shot, "images", "key")
    assert not is_done(out, shot, "images", "another")
    assert not is_done(out, shot, "film", "key")
    files[1].unlink()
    assert not is_done(out, shot, "images", "key")
    assert is_begun(out, shot, "images", "key")
