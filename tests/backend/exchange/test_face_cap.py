"""Recordings of Face Cap there and back."""

from __future__ import annotations

import pytest

from elocute.cli import main
from tests.backend.exchange.captures_made import back, farthest, performance, there


def recording(tmp_path, change=lambda lines: lines):
    clip = performance()
    clip.eyes[:, [2, 5]] = 0  # a file has no roll of the eyes
    path = there(clip, "face-cap", tmp_path / "a.txt")
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
    return clip, path


def same(clip, read, eyes=0.025):
    worst = farthest(clip, read)
    assert worst.pop("eyes") < eyes  # axis-angle vectors of both angles have a little roll, which is lost
    assert max(worst.values()) < 1e-6


def test_a_clip_comes_back(tmp_path):
    clip, path = recording(tmp_path)
    lines = path.read_text().splitlines()
    assert lines[0].startswith("bs,eyeBlink_L,eyeLookDown_L")
    assert ",jawLeft,jawRight," in lines[0]
    assert lines[1].startswith("k,0.0000000,")
    assert len(lines[1].split(",")) == 12 + 52
    same(clip, back(path))


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: ["info,Face Cap", "", *lines],
        lambda lines: [lines[0].replace("_L", "Left").replace("_R", "Right"), *lines[1:]],
        lambda lines: ["bs," + ",".join(n[0].upper() + n[1:] for n in lines[0].split(",")[1:]), *lines[1:]],
        lambda lines: [line + ",\r" for line in lines],
    ],
)
def test_other_spellings_are_read(tmp_path, change):
    clip, path = recording(tmp_path, change)
    same(clip, back(path))


def test_dropped_frames_and_a_line_cut_off(tmp_path, capsys):
    clip, path = recording(tmp_path, lambda lines: [*lines[:20], *lines[22:-1], lines[-1][:50]])
    read = back(path)
    assert "2 dropped frames" in capsys.readouterr().out
    assert read.frames == clip.frames - 1
    assert max(farthest(clip.part(0, 89), read).values()) < 0.1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[:1], "no frames"),
        (lambda lines: [lines[0], lines[1][:40], *lines[2:]], "a number for each shape"),
        (lambda lines: [lines[0], lines[1].replace("0.5", "x"), *lines[2:]], "no number"),
        (
            lambda lines: [lines[0], lines[1].replace("k,0.", "k,nan,0."), *lines[2:]],
            "a number for each shape",
        ),
        (lambda lines: ["bs,jawOpen,jawOpen", *lines[1:]], "twice"),
        (lambda lines: ["bs,a,b", *lines[1:]], "only 0"),
    ],
)
def test_what_is_damaged_is_told(tmp_path, capsys, change, said):
    _, path = recording(tmp_path, change)
    assert main(["import", str(path), "--out", str(tmp_path / "out.npz")]) == 3
    assert said in capsys.readouterr().err
