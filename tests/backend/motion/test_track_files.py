"""Landmark tracks as tables."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.motion.landmark_track import LandmarkTrack
from elocute.motion.track_files import load_track, save_track


def track(dimensions=3, frames=4):
    points = np.random.default_rng(0).normal(size=(frames, 68, dimensions)).astype(np.float32)
    return LandmarkTrack(points, 29.97, "centimetre" if dimensions == 3 else "pixel", posed=dimensions == 2)


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("name", ["track.csv", "track.npz", "TRACK.CSV"])
def test_a_track_comes_back_exactly(tmp_path, name, dimensions):
    save_track(track(dimensions), tmp_path / name)
    found, expected = load_track(tmp_path / name), track(dimensions)
    assert np.array_equal(found.points, expected.points)
    assert (found.fps, found.unit, found.posed) == (expected.fps, expected.unit, expected.posed)


def test_what_is_in_a_table(tmp_path):
    save_track(track(), tmp_path / "track.csv")
    lines = (tmp_path / "track.csv").read_text().splitlines()
    assert lines[0] == "# unit=centimetre fps=29.97 posed=0"
    assert lines[1].startswith("frame,x0,y0,z0,x1")
    assert len(lines) == 6
    row = lines[3].split(",")
    assert row[0] == "1"
    assert float(row[5]) == pytest.approx(float(track().points[1, 1, 1]))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text.replace("unit=", "size="),
        lambda text: text.replace("centimetre", "mile"),
        lambda text: text.replace("29.97", "0"),
        lambda text: text.replace("29.97", "."),
        lambda text: text.rsplit(",", 1)[0],
        lambda text: text.replace("\n2,", "\n2,nan,"),
        lambda text: "\n".join(text.splitlines()[:2]),
        lambda text: text + "4,a" + ",0" * 203,
        lambda text: text + "4,inf" + ",0" * 203,
    ],
)
def test_tables_that_are_none(tmp_path, change):
    path = tmp_path / "track.csv"
    save_track(track(), path)
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match=r"track\.csv is not a table of landmarks"):
        load_track(path)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "track.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not a table"):
        load_track(tmp_path / "track.csv")
    with pytest.raises(InputError, match="nowhere"):
        load_track(tmp_path / "nowhere.csv")
