"""Landmark tracks: units, axes, the file and what it refuses."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from elocute.errors import InputError
from elocute.motion.landmark_track import METRES, UNITS, LandmarkTrack

POINTS = np.arange(3 * 68 * 3, dtype=np.float32).reshape(3, 68, 3) / 1000

TRACKS = st.builds(
    LandmarkTrack,
    points=st.sampled_from([2, 3]).flatmap(
        lambda width: st.integers(1, 4).flatmap(
            lambda frames: arrays.arrays(
                np.float32, (frames, 68, width), elements=st.floats(-1e6, 1e6, width=32)
            )
        )
    ),
    fps=st.floats(1, 240),
    unit=st.sampled_from(UNITS),
    posed=st.booleans(),
    meta=st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=5), st.integers(), st.none())),
)


@settings(max_examples=40, deadline=None)
@given(track=TRACKS)
def test_what_is_written_is_read(tmp_path_factory, track):
    path = tmp_path_factory.mktemp("track") / "track.npz"
    track.save(path)
    back = LandmarkTrack.load(path)
    np.testing.assert_array_equal(back.points, track.points)
    assert back.points.dtype == np.float32
    assert (back.fps, back.unit, back.posed, back.meta) == (track.fps, track.unit, track.posed, track.meta)


@settings(max_examples=40, deadline=None)
@given(unit=st.sampled_from(sorted(METRES)), other=st.sampled_from(sorted(METRES)))
def test_units_of_length_go_over_into_each_other(unit, other):
    track = LandmarkTrack(POINTS, 25, unit)
    turned = track.in_unit(other)
    assert turned.unit == other
    np.testing.assert_allclose(turned.points * METRES[other], POINTS * METRES[unit], rtol=1e-6)
    np.testing.assert_allclose(turned.in_unit(unit).points, POINTS, rtol=1e-6)


def test_known_lengths():
    track = LandmarkTrack(np.full((1, 68, 3), 1.0), 25, "decimetre")
    assert track.in_unit("millimetre").points[0, 0, 0] == pytest.approx(100)
    assert track.in_unit("centimetre").points[0, 0, 0] == pytest.approx(10)
    assert track.in_unit("metre").points[0, 0, 0] == pytest.approx(0.1)


def test_pixels_are_no_length():
    track = LandmarkTrack(POINTS, 25, "pixel")
    assert track.in_unit("pixel") is track
    assert not track.metric
    with pytest.raises(ValueError, match="cannot be given in metre"):
        track.in_unit("metre")
    with pytest.raises(ValueError, match="cannot be given in pixel"):
        LandmarkTrack(POINTS, 25, "metre").in_unit("pixel")


def test_pictures_count_y_downwards():
    points = np.zeros((2, 68, 2))
    points[:, 27] = (100, 80)  # root of the nose
    points[:, 8] = (100, 200)  # chin, lower in the picture
    track = LandmarkTrack.from_picture(points, 256, 30, {"detector": "x"})
    assert track.points[0, 27].tolist() == [100, 176]
    assert track.points[0, 8].tolist() == [100, 56]
    assert (track.unit, track.dimensions, track.fps, track.meta) == ("pixel", 2, 30, {"detector": "x"})
    assert points[0, 8, 1] == 200


def test_frames_and_seconds():
    track = LandmarkTrack(POINTS, 25, "metre")
    assert (track.frames, track.seconds, track.dimensions) == (3, 0.12, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": np.zeros((3, 67, 3))}, "points must be"),
        ({"points": np.zeros((3, 68, 4))}, "points must be"),
        ({"points": np.zeros((68, 3))}, "points must be"),
        ({"points": np.zeros((0, 68, 3))}, "no frames"),
        ({"points": np.full((1, 68, 3), np.nan)}, "NaN"),
        ({"fps": 0.0}, "fps must be"),
        ({"fps": float("nan")}, "fps must be"),
        ({"unit": "inch"}, "unit must be one of"),
    ],
)
def test_what_cannot_be_a_track(changes, message):
    with pytest.raises(ValueError, match=message):
        LandmarkTrack(**{"points": POINTS, "fps": 25.0, "unit": "metre", **changes})


def stored(**changes):
    plain = {
        "landmark_format": 1,
        "points": POINTS,
        "fps": 25.0,
        "unit": "metre",
        "posed": True,
        "meta": json.dumps({}),
    }
    made = {name: value for name, value in {**plain, **changes}.items() if value is not None}
    stream = BytesIO()
    np.savez_compressed(stream, **made)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no zip", "is not a landmark track"),
        (b"", "is not a landmark track"),
        (stored()[:200], "is not a landmark track"),
        (stored(points=None), "lacks points"),
        (stored(unit=None, posed=None), "lacks posed, unit"),
        (stored(landmark_format=2), "has landmark format 2; this version reads 1"),
        (stored(points=np.full((1, 68, 3), np.inf)), "is damaged: points holds NaN"),
        (stored(unit="inch"), "is damaged: the unit must be"),
        (stored(fps=np.zeros(2)), "is damaged"),
        (stored(meta="{"), "is damaged"),
        (stored(meta="[]"), "meta is not a JSON object"),
        (stored(points=np.array(["a"])), "is damaged"),
    ],
)
def test_bad_files_are_refused_in_a_sentence(tmp_path, content, message):
    path = tmp_path / "track.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        LandmarkTrack.load(path)


def test_pickles_are_not_read(tmp_path):
    np.savez(tmp_path / "track.npz", points=np.array([{}], object), allow_pickle=True)
    with pytest.raises(InputError, match="is not a landmark track"):
        LandmarkTrack.load(tmp_path / "track.npz")


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(tmp_path):
    path = tmp_path / "track.npz"
    path.write_bytes(stored(more=np.zeros(2**28 + 1, np.float32)))
    assert path.stat().st_size < 5_000_000
    with pytest.raises(InputError, match="is too large: its arrays have"):
        LandmarkTrack.load(path)


def test_bytes_are_read_as_a_file():
    assert LandmarkTrack.load(stored()).points.tolist() == POINTS.tolist()
    with pytest.raises(InputError, match="The track is not a landmark track"):
        LandmarkTrack.load(b"PK")


def test_missing_and_unwritable(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        LandmarkTrack.load(tmp_path / "track.npz")
    with pytest.raises(InputError, match="Cannot write"):
        LandmarkTrack(POINTS, 25, "metre").save(Path(tmp_path / "nowhere" / "track.npz"))


def test_the_file_is_a_plain_archive(tmp_path):
    LandmarkTrack(POINTS, 25, "metre").save(tmp_path / "track.npz")
    with zipfile.ZipFile(tmp_path / "track.npz") as archive:
        assert "points.npy" in archive.namelist()
