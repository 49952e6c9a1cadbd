"""Every format of other programs: declared once, written whole, offered by the command line."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

from elocute import exchange
from elocute.cli import main
from elocute.exchange.export_format import Export, ExportFormat, Flag
from elocute.exchange.formats import export_formats
from elocute.motion.basis import ELOCUTE_HEAD_1
from elocute.motion.clip import MotionClip
from elocute.progress import Progress


@pytest.fixture
def clip():
    return MotionClip(25.0, "flame2020", np.ones((4, 50)), np.zeros((4, 3)), np.zeros((4, 3)))


def test_formats_are_found_and_their_names_and_endings_are_told_apart():
    formats = export_formats()
    assert {"landmarks", "official", "vertices"} <= {one.name for one in formats}
    assert len({one.name for one in formats}) == len(formats)
    for one in formats:
        assert one.endings
        assert all(ending.startswith(".") for ending in one.endings)


def test_a_format_is_one_module(monkeypatch, tmp_path, clip):
    """A module beside the others is all that it takes: the command line offers it with its flag."""
    written = []
    module = ModuleType("elocute.exchange.made_up")
    module.FORMAT = ExportFormat(
        "made-up",
        "numbers",
        (".txt",),
        needs_face=False,
        write=written.append,
        flags=(Flag("loud", "louder"),),
    )
    monkeypatch.setitem(sys.modules, module.__name__, module)
    (tmp_path / "made_up.py").write_text("")
    (tmp_path / "helper.py").write_text("")
    monkeypatch.setitem(sys.modules, "elocute.exchange.helper", ModuleType("elocute.exchange.helper"))
    monkeypatch.setattr(exchange, "__path__", [*exchange.__path__, str(tmp_path)])
    clip.save(tmp_path / "clip.npz")
    out = tmp_path / "out.txt"
    assert main(["export", "made-up", str(tmp_path / "clip.npz"), "--loud", "--out", str(out)]) == 0
    (export,) = written
    assert (export.path, export.flags, export.face) == (out, frozenset({"loud"}), None)
    assert export.clip.frames == clip.frames
    assert main(["export", "made-up", str(tmp_path / "clip.npz"), "--out", str(tmp_path / "out.doc")]) == 2
    assert len(written) == 1


@pytest.mark.parametrize("name", ["landmarks", "vertices"])
def test_a_format_that_needs_a_head_says_so_to_programmers(name, clip, tmp_path):
    kind = next(one for one in export_formats() if one.name == name)
    assert kind.needs_face
    with pytest.raises(ValueError, match="need a head"):
        kind.write(Export(clip, None, tmp_path / "out.npy", frozenset(), Progress()))
    assert not list(tmp_path.iterdir())


def test_the_format_can_be_told_by_the_ending(clip, tmp_path, capsys):
    """``elocute export clip.npz --to arkit.csv`` is short for the format's own command."""
    basis = ELOCUTE_HEAD_1
    named = MotionClip(
        25.0, basis.name, np.zeros((4, len(basis.expressions))), np.zeros((4, 3)), np.zeros((4, 3))
    )
    source = tmp_path / "clip.npz"
    named.save(source)
    long = tmp_path / "long.csv"
    assert main(["export", "arkit-csv", str(source), "--out", str(long)]) == 0
    for words in (
        ["export", str(source), "--to", str(tmp_path / "a.csv")],
        ["export", "--to", str(tmp_path / "a.csv"), str(source)],
        ["export", str(source), f"--to={tmp_path / 'a.csv'}", "--format=arkit-csv"],
    ):
        assert main(words) == 0
        assert (tmp_path / "a.csv").read_bytes() == long.read_bytes()
        (tmp_path / "a.csv").unlink()
    flags = ["--format", "audio2face-json", "--facs-46"]
    assert main(["export", str(source), "--to", str(tmp_path / "a.json"), *flags]) == 0
    assert "jawDropLipTowards" in (tmp_path / "a.json").read_text()
    capsys.readouterr()
    refused = {
        ("--to", str(tmp_path / "b.json")): "could be audio2face-json or mediapipe-json",
        ("--to", str(tmp_path / "b.doc")): "No format ends in .doc",
        ("--to", str(tmp_path / "b")): "b has no ending",
        ("--to",): "--to names no file",
        ("--to", " "): "--to names no file",
        ("--to", str(tmp_path)): "is a folder",
        ("--to", "arkit-csv"): "arkit-csv is a format",
        ("--to", str(tmp_path / "b.csv"), "--format", "nonsense"): "nonsense",
    }
    for words, said in refused.items():
        assert main(["export", str(source), *words]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line
    assert not list(tmp_path.glob("b*"))
