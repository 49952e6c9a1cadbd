"""What cannot be written is told before any work, by every command that writes."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from elocute.cli.main import COMMANDS, main, parser_of
from elocute.errors import InputError
from elocute.storage.atomic_write import refuse_unwritable, refuse_unwritable_folder

HERE = "nothing-there"
FILES: dict[str, list[str]] = {
    "generate": ["line.wav", "--out", "c.npz"],
    "idle": ["--out", "c.npz"],
    "phones": ["line.wav", "--out", "p.json"],
    "transfer": ["c.npz", "--from", "a.npz", "--to", "b.npz", "--out", "o.npz"],
    "fit": ["t.npz", "--face", "f.npz", "--out", "c.npz"],
    "import": ["take.csv", "--out", "c.npz"],
    "video": ["--image", "i.png", "--clip", "c.npz", "--model", "m", "--out", "f.mp4"],
    "style extract": ["c.npz", "--out", "s.npz"],
    "measure speech": ["recordings", "--face", "f.npz", "--out", "m.json"],
    "measure corpus": ["corpus", "--face", "f.npz", "--out", "m.json"],
    "convert flame": ["f.pkl", "--out", "f.npz"],
    "convert bfm": ["b.mat", "--out", "f.npz"],
    "dataset stats": ["d", "--out", "s.npz"],
    **{
        f"export {kind}": ["c.npz", "--face", "f.npz", "--out", f"o.{ending}"]
        for kind, ending in (
            ("arkit-csv", "csv"), ("audio2face-json", "json"), ("face-cap", "txt"), ("ifacialmocap", "txt"),
            ("landmarks", "npz"), ("mediapipe-json", "json"), ("vertices", "npy"), ("vrma", "vrma"),
        )
    },
    "export official": ["c.npz", "--out", "o.npz"],
}  # fmt: skip
FOLDERS: dict[str, list[str]] = {
    "convert diffposetalk": ["m.pt", "--stats", "s.npz", "--audio-encoder", "hubert", "--out", "d"],
    "convert atom": ["m.pt", "--out", "d"],
    "convert mtov": ["--film", "f.pth", "--landmarks", "l.pth", "--unet", "u.pth", "--out", "d"],
    "dataset pack": ["source", "--out", "d"],
    "dataset import": ["source", "--out", "d"],
    "train": ["denoiser", "--config", "c.json", "--out", "d"],
    "batch": ["rows.csv", "--out", "d"],
}
LOOKED_AT_FIRST = {"render"}
"""Needs a Blender, which is looked for before; the folder is checked as for ``batch``."""


def writing(parser: argparse.ArgumentParser, name: str = "") -> Iterator[str]:
    """Every command and action that has an argument ``--out``."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items():
                yield from writing(below, f"{name} {word}".strip())
        elif "--out" in action.option_strings:
            yield name


def test_every_command_that_writes_is_tried_here():
    assert set(writing(parser_of())) == {*FILES, *FOLDERS, *LOOKED_AT_FIRST}
    assert {name.split()[0] for name in (*FILES, *FOLDERS)} <= set(COMMANDS)


def told(words, capsys) -> tuple[int, str]:
    code = main(words)
    return code, capsys.readouterr().err.strip().splitlines()[-1]


def placed(words, folder):
    """The words with the output in another folder."""
    at = words.index("--out") + 1
    return [*words[:at], f"{folder}/{words[at]}", *words[at + 1 :]]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, where nobody can write and all may")
@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_a_folder_where_nothing_can_be_written_is_told_first(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("audio\nline.wav\n")
    words = {**FILES, **FOLDERS}[name]
    code, sentence = told([*name.split(), *placed(words, "/proc")], capsys)
    assert code == 3
    assert "annot write" in sentence, sentence
    assert "/proc" in sentence, sentence
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from elocute.cli import main
def never(*_, **__):
    raise SystemExit("a model was asked for")
sys.exit(main(sys.argv[1:], make_pipeline=never))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no limits of processes")
@pytest.mark.parametrize("name", ["generate", "idle", "style extract", "export official", "train"])
def test_no_room_is_told_before_a_model_is_asked_for(name, tmp_path):
    """A limit on files stands for the disk that is full: names can be made, bytes cannot."""
    words = {**FILES, **FOLDERS}[name]
    done = subprocess.run(
        [sys.executable, "-c", FULL, *name.split(), *words],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "Cannot write" in done.stderr
    assert "Free some space" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_trying_changes_nothing(tmp_path):
    kept = tmp_path / "kept.npz"
    kept.write_bytes(b"kept")
    refuse_unwritable(kept)
    refuse_unwritable(tmp_path / "new.npz")
    refuse_unwritable_folder(tmp_path)
    refuse_unwritable_folder(tmp_path / "a" / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.npz"]
    assert kept.read_bytes() == b"kept"


@pytest.mark.parametrize("inside", ["", "a/b"])
def test_a_file_in_place_of_a_folder_is_told(tmp_path, inside):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="is a file"):
        refuse_unwritable_folder(tmp_path / "file" / inside)


def test_a_write_protected_file_is_told_first(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("c.npz").write_bytes(b"kept")
    Path("c.npz").chmod(0o444)
    assert told(["generate", "line.wav", "--out", "c.npz"], capsys) == (
        3,
        "elocute: c.npz is write-protected. Give another name, or allow writing to it.",
    )
