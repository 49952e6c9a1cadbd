"""A folder and a table full of what should not be there: the table tells each, and the good rows are made."""

from __future__ import annotations

import contextlib
import csv
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from elocute.batch.manifest import read_manifest
from elocute.batch.names import export_name, phones_name
from elocute.batch.records import FOLDER
from elocute.batch.row import Row
from elocute.batch.run import Batch, run_batch
from elocute.batch.settings import BatchSettings
from elocute.cli.main import main
from elocute.installation import standard_pipeline
from elocute.motion.clip import MotionClip
from elocute.performance import PerformanceRequest
from elocute.progress import Progress
from elocute.revision_text import RangeText
from tests.backend.batch.conftest import SPEECH


def table_of(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        return {line["id"]: line for line in csv.DictReader(file)}


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def long_recording(path: Path, minutes: float) -> None:
    """A hum that comes and goes."""
    second = 0.1 * np.sin(2 * np.pi * 150 * np.arange(8000) / 8000) * np.linspace(0, 1, 8000)
    with soundfile.SoundFile(path, "w", 8000, 1, "PCM_16") as file:
        for _ in range(round(60 * minutes)):
            file.write(second)


@pytest.fixture
def folder(tmp_path, recording):
    """A folder with a good recording and everything that may be wrong with others."""
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    (sounds / "good.flac").write_bytes((SPEECH / "map.flac").read_bytes())
    (sounds / "good.txt").write_text("Please put my map above the big brown box.")
    (sounds / "text.wav").write_text("These are words and no sound.")
    (sounds / "empty.wav").touch()
    (sounds / "cut.wav").write_bytes(recording("whole.wav").read_bytes()[:40])
    (sounds / "folder.wav").mkdir()
    (sounds / "picture.png").write_bytes(b"\x89PNG")
    long_recording(sounds / "long.wav", 40)
    return sounds


def test_a_folder_with_files_that_are_no_recordings(folder, tmp_path, capsys):
    before = files_in(folder)
    out = tmp_path / "out"
    words = [
        "batch",
        str(folder),
        "--out",
        str(out),
        "--model",
        "rules",
        "--max-minutes",
        "30",
        "--workers",
        "1",
    ]
    assert main(words) == 4
    table = table_of(out)
    assert {name: line["status"] for name, line in table.items()} == {
        "cut": "failed",
        "empty": "failed",
        "good": "done",
        "long": "failed",
        "text": "failed",
    }
    assert "not a sound file" in table["text"]["error"]
    assert "empty" in table["empty"]["error"]
    assert "40 min" in table["long"]["error"]
    assert all(line["attempts"] == "1" for line in table.values())
    assert sorted(files_in(out)) == ["good.npz", "report.html", "results.csv"]
    assert files_in(folder) == before
    assert main(words) == 4
    assert table_of(out)["good"]["status"] == "unchanged"


def test_forty_minutes_are_one_row_among_others(tmp_path, run_rows):
    long_recording(tmp_path / "long.wav", 40)
    rows = [Row("long", tmp_path / "long.wav"), Row("good", SPEECH / "map.flac")]
    long, good = run_rows(rows, BatchSettings(longest_seconds=3600.0))
    assert (long.status, good.status) == ("done", "done")
    assert MotionClip.load(tmp_path / "out" / "long.npz").frames == 40 * 60 * 25


def test_a_table_with_rows_that_cannot_be_done(tmp_path, recording, run_rows):
    for name, pitch in (("a.wav", 120), ("b.wav", 150), ("c.wav", 180)):
        recording(name, pitch)
    (tmp_path / "lines.csv").write_text(
        "id,audio,transcript_file,style,notes\n"
        "twice,a.wav,,,first\n"
        "TWICE,b.wav,,,second\n"
        'gone,b.wav,no such.txt,,"said, or so he says"\n'
        "style,b.wav,,unheard of,\n"
        "last,c.wav,,lively,=a formula\n"
    )
    results = run_rows(read_manifest(tmp_path / "lines.csv"))
    assert [result.status for result in results] == ["done", "failed", "failed", "failed", "done"]
    errors = [result.error for result in results]
    assert "The id TWICE differs from twice in nothing but upper and lower case" in errors[1]
    assert "no such.txt" in errors[2]
    assert "no style named 'unheard of'" in errors[3]
    assert sorted(path.name for path in (tmp_path / "out").glob("*.npz")) == ["last.npz", "twice.npz"]
    table = table_of(tmp_path / "out")
    assert table["twice"]["row_notes"] == "first"
    assert table["last"]["row_notes"] == "'=a formula"


def test_what_a_row_notes_is_handed_on_and_makes_nothing_anew(recording, run_rows):
    path = recording()
    (first,) = run_rows([Row("a", path, notes="too loud", character="Ada")])
    (second,) = run_rows([Row("a", path, notes="louder", character="Bob")])
    assert (first.status, first.row_notes) == ("done", "too loud")
    assert (second.status, second.row_notes, second.character) == ("unchanged", "louder", "Bob")


def test_an_output_folder_that_is_a_file(tmp_path, recording, capsys):
    recording("a.wav")
    (tmp_path / "out").write_text("keep me")
    assert main(["batch", str(tmp_path / "a.wav").replace("a.wav", ""), "--out", str(tmp_path / "out")]) == 3
    assert "Choose a folder that you can write to." in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "keep me"


def test_an_output_that_is_a_folder_costs_its_row(tmp_path, recording, run_rows):
    rows = [Row("a", recording("a.wav", 120)), Row("b", recording("b.wav", 150))]
    (tmp_path / "out" / "a.npz").mkdir(parents=True)
    first, second = run_rows(rows)
    assert (first.status, second.status) == ("failed", "done")
    assert "a.npz is a folder. Move it away" in first.error
    assert not list((tmp_path / "out" / FOLDER).glob("work*"))


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own that holds 128 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can be made by an administrator of Linux only")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_an_output_folder_that_cannot_be_written_to(small_disk, recording, capsys):
    recording("a.wav")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    words = ["batch", str(small_disk.parent), "--out", str(small_disk / "out"), "--model", "rules"]
    assert main(words) == 3
    assert "Choose a folder that you can write to." in capsys.readouterr().err


def test_a_full_disk_is_told_of_each_row_and_spoils_nothing(small_disk, recording, in_process):
    rows = [
        Row(f"r{k}", recording(f"r{k}.wav", 110 + 20 * k, seconds=0.8 if k < 2 else 30.0)) for k in range(6)
    ]
    batch = Batch(rows, small_disk / "out", BatchSettings(request=PerformanceRequest(model="rules")))

    def run():
        return run_batch(batch, standard_pipeline(), in_process, Progress())

    results = run()
    failures = [result for result in results if result.status == "failed"]
    assert results[0].status == "done"
    assert failures
    assert all("Cannot write" in result.error for result in failures)
    made = {result.id for result in results if result.status == "done"}
    kept = {path.stem: MotionClip.load(path).frames for path in (small_disk / "out").glob("*.npz")}
    assert set(kept) == made
    assert not list((small_disk / "out" / FOLDER).glob("work*"))
    assert not list((small_disk / "out").rglob("*.tmp*"))
    assert {line["status"] for line in table_of(small_disk / "out").values()} == {"done", "failed"}
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    again = run()
    assert {result.status for result in again if result.id in made} == {"unchanged"}
    assert {result.status for result in again if result.id not in made} == {"done"}


@pytest.mark.parametrize(
    ("taken", "settings"),
    [
        ("line.npz", BatchSettings()),
        (phones_name("line", "json"), BatchSettings(phones="json")),
        (phones_name("line", "TextGrid"), BatchSettings(phones="TextGrid")),
        (export_name("line.npz", "arkit-csv"), BatchSettings(exports=("arkit-csv",))),
    ],
)
def test_an_output_that_is_a_folder_is_told_before_anything_is_made(
    recording, tmp_path, monkeypatch, taken, settings
):
    path = recording()
    (tmp_path / "out" / taken).mkdir(parents=True)
    rows = [
        Row("line", path),
        Row("of_line", path, base=tmp_path / "out" / "line.npz", range=(RangeText("0.2-0.6"),)),
    ]

    def runner(waves, _progress):
        assert not [task for wave in waves for task in wave], "nobody works at what cannot be written"
        yield from ()

    batch = Batch(rows, tmp_path / "out", replace(settings, request=PerformanceRequest(model="rules")))
    line, of_line = run_batch(batch, standard_pipeline(), runner, Progress())
    assert line.error == (
        f"Its output {tmp_path / 'out' / taken} is a folder. Move it away, or give the row another id."
    )
    assert "what the row line makes, which failed" in of_line.error


@pytest.mark.parametrize("taken", ["results.csv", "report.html"])
def test_a_table_or_report_that_is_a_folder_is_refused_before_anything_is_made(
    recording, tmp_path, capsys, taken
):
    recording()
    (tmp_path / "out" / taken).mkdir(parents=True)
    assert main(["batch", str(tmp_path), "--out", str(tmp_path / "out"), "--model", "rules"]) == 3
    assert f"{taken} is a folder, and a file of the batch has that name." in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == [taken]


def test_of_two_rows_with_an_id_the_table_tells_which_is_done(tmp_path, recording, run_rows):
    recording("a.wav")
    recording("b.wav", 180)
    (tmp_path / "lines.csv").write_text("id,audio\nsame,a.wav\nsame,b.wav\n")
    results = run_rows(read_manifest(tmp_path / "lines.csv"))
    assert [(result.id, result.status) for result in results] == [
        ("same", "done"),
        ("same (b.wav)", "failed"),
    ]


def test_a_disk_that_is_full_from_the_start_keeps_nothing(small_disk, recording, capsys):
    recording("a.wav")
    with contextlib.suppress(OSError), (small_disk / "filling").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    words = ["batch", str(small_disk.parent), "--out", str(small_disk / "out"), "--model", "rules"]
    assert main(words) == 3
    assert "No space left" in capsys.readouterr().err
    assert [path.name for path in small_disk.iterdir()] == ["filling"]
