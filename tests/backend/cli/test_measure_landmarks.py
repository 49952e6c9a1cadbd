from __future__ import annotations

import json

import numpy as np
import pytest

from elocute.cli.main import main
from elocute.motion.landmark_track import LandmarkTrack
from elocute.motion.track_files import save_track

POINTS = np.random.default_rng(4).normal(0, 40, (6, 68, 2)).astype(np.float32) + 128


def saved(path, points, fps=25.0, unit="pixel"):
    LandmarkTrack(points, fps, unit).save(path)
    return str(path)


def test_a_table_of_distances(tmp_path, capsys):
    truth = saved(tmp_path / "truth.npz", POINTS)
    near = POINTS.copy()
    near[:, 48:] += (3, 4)
    tracks = [saved(tmp_path / "near.npz", near), saved(tmp_path / "late.npz", np.roll(POINTS, 2, axis=0))]
    assert main(["measure", "landmarks", truth, *tracks, "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert scores[tracks[0]]["LMD"] == pytest.approx(5, abs=1e-4)
    assert scores[tracks[0]]["LMD, centred"] == pytest.approx(0, abs=1e-4)
    assert scores[tracks[1]]["M-LMD"] > 3 * scores[tracks[0]]["M-LMD"]
    assert main(["measure", "landmarks", truth, truth]) == 0
    assert "| 0 | 0 |" in capsys.readouterr().out


def test_tables_are_read_as_tracks(tmp_path, capsys):
    truth, table = saved(tmp_path / "truth.npz", POINTS), tmp_path / "track.csv"
    save_track(LandmarkTrack(POINTS + 1, 25.0, "pixel"), table)
    assert main(["measure", "landmarks", truth, str(table), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert scores[str(table)]["LMD"] == pytest.approx(2**0.5, abs=1e-4)
    assert main(["measure", "landmarks", str(table), truth]) == 0


@pytest.mark.parametrize(
    "other", [(POINTS[:5], 25.0, "pixel"), (POINTS, 30.0, "pixel"), (POINTS, 25.0, "normalised")]
)
def test_tracks_that_cannot_be_compared(tmp_path, capsys, other):
    truth, track = saved(tmp_path / "truth.npz", POINTS), saved(tmp_path / "other.npz", *other)
    assert main(["measure", "landmarks", truth, track]) == 3
    assert "Compare tracks of the same length" in capsys.readouterr().err


def test_a_face_without_eyes_is_a_sentence(tmp_path, capsys):
    truth = saved(tmp_path / "truth.npz", np.ones((2, 68, 2)))
    assert main(["measure", "landmarks", truth, truth]) == 3
    assert "cannot be measured against" in capsys.readouterr().err
