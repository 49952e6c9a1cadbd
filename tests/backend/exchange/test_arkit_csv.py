"""Clips as Live Link Face files: its columns, its timecode, its angles; any basis, given a head."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from elocute.cli import main
from elocute.exchange.arkit_csv import HEADER, timecode, yaw_pitch_roll
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, EXPRESSION_NAMES, JAW_OPEN_RADIANS
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files


def clip_of(**curves):
    expression = np.zeros((4, len(EXPRESSION_NAMES)))
    for name, curve in curves.items():
        expression[:, EXPRESSION_INDEX[name]] = curve
    jaw = np.zeros((4, 3))
    jaw[:, 0] = JAW_OPEN_RADIANS * np.array([0.0, 0.5, 1.0, 1.5])
    head = np.tile([0.0, 0.2, 0.0], (4, 1))
    eyes = np.tile([-0.1, 0.3, 0.0, 0.0, 0.0, 0.0], (4, 1))
    return MotionClip(25.0, BASIS, expression, jaw, head, None, eyes)


def read(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_clip_of_controls_is_written_as_it_is(tmp_path):
    clip_of(mouthPucker=[0.0, 0.25, 0.5, -0.5], jawLeft=0.1, mouthRight=0.2).save(tmp_path / "clip.npz")
    assert main(["export", "arkit-csv", str(tmp_path / "clip.npz"), "--out", str(tmp_path / "out.csv")]) == 0
    rows = read(tmp_path / "out.csv")
    assert tuple(rows[0]) == HEADER
    assert len(HEADER) == 63
    assert [row["Timecode"] for row in rows] == [f"00:00:00:0{frame}.000" for frame in range(4)]
    assert {row["BlendshapeCount"] for row in rows} == {"61"}
    assert [float(row["MouthPucker"]) for row in rows] == [0.0, 0.25, 0.5, 0.0]
    assert [float(row["JawOpen"]) for row in rows] == pytest.approx([0.0, 0.5, 1.0, 1.0])
    assert float(rows[0]["JawLeft"]) == pytest.approx(0.1)
    assert float(rows[0]["MouthRight"]) == pytest.approx(0.2)
    assert float(rows[0]["JawRight"]) == 0.0
    assert float(rows[0]["HeadYaw"]) == pytest.approx(-0.2)
    assert float(rows[0]["LeftEyeYaw"]) < -0.25
    assert float(rows[0]["LeftEyePitch"]) < -0.09
    assert float(rows[0]["EyeLookOutLeft"]) > 0.5
    assert float(rows[0]["EyeLookUpLeft"]) > 0.2


def test_the_columns_have_the_order_of_the_apps_files():
    assert HEADER[2:4] == ("EyeBlinkLeft", "EyeLookDownLeft")
    assert HEADER.index("JawRight") + 1 == HEADER.index("JawLeft")
    assert HEADER.index("MouthRight") + 1 == HEADER.index("MouthLeft")
    assert HEADER[-9:-6] == ("HeadYaw", "HeadPitch", "HeadRoll")


@pytest.mark.parametrize(
    ("seconds", "rate", "expected"),
    [(0.0, 60, "00:00:00:00.000"), (1.5, 60, "00:00:01:30.000"), (3661.04, 25, "01:01:01:01.000"),
     (86400.5, 24, "00:00:00:12.000"), (0.99999999, 60, "00:00:01:00.000"), (0.0125, 30, "00:00:00:00.375")],
)  # fmt: skip
def test_timecodes(seconds, rate, expected):
    assert timecode(seconds, rate) == expected


def test_angles_come_from_rotations_in_the_apps_order():
    def about(axis, angle):
        c, s = np.cos(angle), np.sin(angle)
        return {"x": [[1, 0, 0], [0, c, -s], [0, s, c]], "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
                "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]]}[axis]  # fmt: skip

    turn = np.array(about("y", 0.4)) @ about("x", 0.3) @ about("z", -0.2)
    assert np.allclose(yaw_pitch_roll(turn[None]), [[-0.4, 0.3, 0.2]])


def test_a_clip_of_flame_is_fitted_to_its_head(tmp_path, capsys):
    from elocute.face.flame_import import FlameSources, convert_flame

    files = write_files(make_synthetic_flame(SMALL_SIZE), tmp_path, "chumpy")
    face = convert_flame(FlameSources(files["model"], files["masks"], (files["landmarks"],)))
    face.save(tmp_path / "face.npz")
    still = np.zeros((6, 3))
    jaw = still.copy()
    jaw[:, 0] = np.linspace(0, 0.25, 6)
    clip = tmp_path / "clip.npz"
    MotionClip(25.0, face.basis, np.zeros((6, 50)), jaw, still).save(clip)
    command = ["export", "arkit-csv", str(clip), "--out", str(tmp_path / "out.csv")]
    assert main(command) == 3
    said = capsys.readouterr().err
    assert "have no names" in said
    assert "--face" in said
    assert not (tmp_path / "out.csv").exists()
    assert main([*command, "--face", str(tmp_path / "face.npz")]) == 0
    assert "follow the lips within" in capsys.readouterr().out
    opening = [float(row["JawOpen"]) for row in read(tmp_path / "out.csv")]
    assert opening[0] < 0.05
    assert opening[-1] > 0.4
    assert all(np.diff(opening) > 0)


def test_a_head_of_another_basis_is_refused(tmp_path, capsys):
    from pathlib import Path

    head = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"
    still = np.zeros((2, 3))
    MotionClip(25.0, "flame2020", np.zeros((2, 50)), still, still).save(tmp_path / "clip.npz")
    command = ["export", "arkit-csv", str(tmp_path / "clip.npz"), "--out", str(tmp_path / "out.csv")]
    assert main([*command, "--face", str(head)]) == 3
    assert "the head in elocute-head-1" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()
