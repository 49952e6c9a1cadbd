"""``elocute batch`` as a user calls it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import soundfile

from elocute.cli import main

SPEECH = Path(__file__).parents[2] / "data" / "speech"


def _say(capsys) -> dict:
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_a_folder_in_one_worker_process(tmp_path, capsys):
    command = [
        "batch",
        str(SPEECH),
        "--out",
        str(tmp_path),
        "--model",
        "rules",
        "--phones",
        "TextGrid",
        "--json",
    ]
    assert main(command) == 0
    assert _say(capsys)["done"] == 3
    names = {path.name for path in tmp_path.iterdir()}
    assert {"map.npz", "map.TextGrid", "movie.npz", "waffles.npz", "results.csv", "report.html"} <= names
    assert main(command) == 0
    assert _say(capsys)["unchanged"] == 3


def test_what_an_earlier_run_wrote_with_other_settings_stays_and_is_named(tmp_path, capsys):
    manifest, out = tmp_path / "lines.csv", tmp_path / "out"
    manifest.write_text(f"audio\n{SPEECH / 'map.flac'}\n", encoding="utf-8")
    command = ["batch", str(manifest), "--out", str(out), "--model", "rules"]
    assert main([*command, "--export", "arkit-csv"]) == 0
    assert "earlier run" not in capsys.readouterr().out
    kept = (out / "map.arkit-csv.csv").read_bytes()
    assert main([*command, "--seed", "2"]) == 0
    assert (out / "map.arkit-csv.csv").read_bytes() == kept
    assert "are left as they were, of 1 row; the column notes names them." in capsys.readouterr().out
    for page in ("results.csv", "report.html"):
        assert "map.arkit-csv.csv" in (out / page).read_text(encoding="utf-8")
    assert main([*command, "--seed", "2"]) == 0
    assert "earlier run" not in capsys.readouterr().out


@pytest.mark.parametrize("place", [".", "made", "made/today", "../elsewhere"])
def test_a_batch_does_not_tell_of_its_own_files(tmp_path, capsys, place):
    """Wherever its outputs lie: as its second run finds them, they are nothing that somebody forgot."""
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    (sounds / "map.flac").write_bytes((SPEECH / "map.flac").read_bytes())
    out = sounds / place
    command = ["batch", str(sounds), "--out", str(out), "--model", "rules", "--phones", "json"]
    command += ["--export", "arkit-csv", "--takes", "2"]
    for part in ([], ["--part", "1/2"]):
        assert main([*command, *part]) == 0
    (out / "shots").mkdir()
    (out / "map.sheet.jpg").write_bytes(b"a picture")
    capsys.readouterr()
    assert main(command) == 0
    told = capsys.readouterr()
    assert "Note:" not in told.out + told.err
    for name in ("mine.csv", "map.npy", "results-old.csv"):
        (sounds / name).write_bytes(b"x")
    assert main(command) == 0
    told = capsys.readouterr().out
    assert "Note: Not read, for a table is given in place of the folder: mine.csv, results-old.csv." in told
    assert "Note: Not taken, for their names do not end as a sound file's: map.npy." in told


def test_rows_that_fail_are_the_exit_code(tmp_path, capsys):
    manifest = tmp_path / "lines.csv"
    manifest.write_text(f"id,audio\ngood,{SPEECH / 'map.flac'}\nbad,no.wav\n", encoding="utf-8")
    out = tmp_path / "out"
    assert main(["batch", str(manifest), "--out", str(out), "--model", "rules"]) == 4
    told = capsys.readouterr()
    assert "1 of 2 rows failed: bad" in told.err
    assert (out / "good.npz").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--workers", "0"],
        ["--retries", "-1"],
        ["--row-seconds", "nan"],
        ["--export", "nothing"],
        ["--export", "vertices"],
        ["--model", "no such model"],
        ["--style", "unheard of"],
    ],
)
def test_bad_arguments_are_refused_before_anything_is_written(tmp_path, capsys, arguments):
    out = tmp_path / "out"
    assert main(["batch", str(SPEECH), "--out", str(out), "--model", "rules", *arguments]) == 2
    assert not out.exists()


def heed_interrupts():
    """Tests in a shell's background ignore the interrupt, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_stops_it_and_leaves_no_process(tmp_path):
    samples, rate = soundfile.read(SPEECH / "map.flac")
    for number in range(40):  # each another sound: one that was heard before takes no time
        soundfile.write(tmp_path / f"{number}.flac", samples * (1 - 0.01 * number), rate)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "elocute",
            "batch",
            str(tmp_path),
            "--out",
            str(tmp_path / "out"),
            "--model",
            "rules",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - one call into the kernel
    )
    began = time.monotonic()
    while not list((tmp_path / "out").glob("*.npz")) and time.monotonic() - began < 60:
        time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in said
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert "waiting" in (tmp_path / "out" / "results.csv").read_text(encoding="utf-8")
