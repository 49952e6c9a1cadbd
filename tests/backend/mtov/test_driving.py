"""Driving films: their pose on another face, the published alignment step by step, lengths that differ."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elocute.cli.main import main
from elocute.errors import InputError
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_track import LandmarkTrack
from elocute.renderers.film_file import write_film
from elocute.renderers.film_reader import Film, read_film
from elocute.renderers.mtov.alignment import (
    PublishedPose,
    aligned,
    crop_of_five,
    euler_rotation,
    five_points,
    published_alignment,
)
from elocute.renderers.mtov.config import MtovConfig
from elocute.renderers.mtov.driving import Driving, driving_of, picture_points
from elocute.renderers.mtov.face_motion import FaceMotion, motion_of_clip, motion_of_landmarks
from elocute.renderers.mtov.talking_film import scene_of

HEAD = FaceModel.load(Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz")
SIDE = 128


def motion(frames=12):
    """A jaw that opens and closes, the head turned by the clip, too."""
    jaw, head = np.zeros((frames, 3)), np.zeros((frames, 3))
    jaw[:, 0] = 0.15 * (1 - np.cos(np.arange(frames)))
    head[:, 1] = 0.3
    expression = np.zeros((frames, len(HEAD.expression_names)))
    return motion_of_clip(MotionClip(25.0, HEAD.basis, expression, jaw, head), HEAD)


def seen(points, angles, scale=450.0):
    """Posed points (T, 68, 3) as a far camera sees them, pixels, y downwards."""
    centre = HEAD_REST.mean(0)
    turned = np.stack([(p - centre) @ euler_rotation(a).T for p, a in zip(points, angles, strict=True)])
    return turned[..., :2] * (scale, -scale) + SIDE / 2


HEAD_REST = motion(1).rest
TURNS = np.stack([0.1 * np.sin(np.arange(12)), 0.3 * np.cos(np.arange(12) / 3), 0.05 * np.ones(12)], axis=1)


def driving_points():
    """The head of the driving film, talking about something else."""
    return seen(motion().frontal[::-1], TURNS)


def test_the_pose_is_taken_over_and_the_mouth_is_not():
    own = motion()
    front = seen(HEAD_REST[None], np.zeros((1, 3)))[0]
    placed = aligned(own.frontal - own.rest, own.rest, front, driving_points())
    expected = seen(own.frontal, TURNS)
    assert np.abs(placed - expected).mean() < 0.4
    still = seen(np.repeat(HEAD_REST[None], 12, axis=0), TURNS)
    assert np.abs(placed - still)[:, 48:].mean() > 2 * np.abs(placed - expected)[:, 48:].mean()


def test_the_face_keeps_its_proportions():
    """A face whose mouth is 6 pixels further down keeps it where the head is tilted by a quarter."""
    front = seen(HEAD_REST[None], np.zeros((1, 3)))[0]
    longer = front.copy()
    longer[48:, 1] += 6
    tilted = seen(HEAD_REST[None], np.array([[0.0, 0.0, np.pi / 2]]), 225.0)
    placed = aligned(np.zeros((1, 68, 3)), HEAD_REST, longer, tilted)[0] - tilted[0]
    assert placed[48:] == pytest.approx(np.tile([3.0, 0.0], (20, 1)), abs=0.2)
    assert placed[17:36] == pytest.approx(np.zeros((19, 2)), abs=0.2)


def published_plainly(points, driving, row, template, height, width):
    """The steps of the published alignment, one point at a time, with the exact inverse of the crop."""
    x, y, z = row[224:227]
    about = [
        [[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]],
        [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]],
        [[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]],
    ]
    rotation = np.array(about[2]) @ np.array(about[1]) @ np.array(about[0])
    five = [(driving[36] + driving[39]) / 2, (driving[42] + driving[45]) / 2]
    five += [driving[30], driving[48], driving[54]]
    upright = np.array([(u, height - 1 - v) for u, v in five])
    system, right = np.zeros((10, 8)), np.zeros(10)
    for k in range(5):
        system[2 * k, :4] = [*template[k], 1]
        system[2 * k + 1, 4:] = [*template[k], 1]
        right[2 * k : 2 * k + 2] = upright[k]
    solved = np.linalg.lstsq(system, right, rcond=None)[0]
    scale = (np.linalg.norm(solved[:3]) + np.linalg.norm(solved[4:7])) / 2
    factor = 102 / scale
    offset, half = solved[[3, 7]], np.array([int(width * factor), int(height * factor)]) / 2
    placed = []
    for point in points:
        turned = rotation @ point + row[254:257]
        cropped = np.array([int(112 * turned[0] + 112), int(112 * turned[1] + 112)])
        film = (cropped + half - 112) / factor + offset - np.array([width, height]) / 2
        placed.append((film[0], height - 1 - film[1]))
    placed = np.array(placed)
    mine = [(placed[36] + placed[39]) / 2, (placed[42] + placed[45]) / 2]
    mine += [placed[30], placed[48], placed[54]]
    return placed + (np.array(five) - np.array(mine)).mean(0)


def test_the_published_alignment_and_how_exact_it_is():
    """Its offset is inexact and has no effect; whole pixels of the crop and of the film have."""
    own = motion()
    centred = 10 * (own.frontal - HEAD_REST.mean(0))
    rows = np.zeros((12, 257))
    rows[:, 224:227] = TURNS
    template = five_points(10 * (HEAD_REST - HEAD_REST.mean(0)))
    pose = PublishedPose(rows, template, SIDE, SIDE + 20)
    found = published_alignment(centred, driving_points(), pose)
    assert found.dtype == np.int64
    for frame in range(12):
        plain = published_plainly(
            centred[frame], driving_points()[frame], rows[frame], template, SIDE, SIDE + 20
        )
        assert np.abs(found[frame] - plain).max() <= 1.0
    # The same pose, exactly: ours is within a fraction of a pixel.
    front = seen(HEAD_REST[None], np.zeros((1, 3)))[0]
    ours = aligned(own.frontal - own.rest, own.rest, front, driving_points())
    expected = seen(own.frontal, TURNS)
    assert np.abs(ours - expected).mean() < 0.5 * np.abs(found - expected).mean()


def test_a_crop_is_found_again():
    template = np.array([[-1, 1, 0], [1, 1, 0], [0, 0, 1], [-0.7, -1, 0.2], [0.7, -1, 0.2]], float)
    offset, scale = crop_of_five(30 * template[:, :2] + (64, 50), template)
    assert offset == pytest.approx([64, 50])
    assert scale == pytest.approx(30)


def film(frames=12, fps=25.0, side=SIDE):
    levels = 50 + np.arange(frames, dtype=np.uint8)
    return Film(np.tile(levels[:, None, None, None], (1, side, side, 3)), fps)


def test_a_scene_shows_the_driving_frames_above_their_noses():
    own = motion()
    front = seen(HEAD_REST[None], np.zeros((1, 3)))[0]
    image = np.full((SIDE, SIDE, 3), 200, np.uint8)
    driving = Driving(film(), driving_points())
    scene = scene_of(image, front, own, MtovConfig(), driving)
    assert scene.poses.shape == (12, 256, 256, 3)
    for frame in (0, 5, 11):
        row = int(driving_points()[frame, 33, 1] * 256 / SIDE)
        assert (scene.poses[frame, : row - 4] == 50 + frame).all()
        assert not scene.poses[frame, row + 4 :].any()
    assert (scene.face == 200).all()
    placed = aligned(own.frontal - own.rest, own.rest, front, driving_points())
    assert scene.points == pytest.approx(placed * 256 / SIDE, abs=1e-6)


def test_other_rates_take_the_frame_that_is_shown():
    driving = Driving(film(24, 50.0), np.zeros((24, 68, 2)))
    assert driving.rows_at(25.0, 12).tolist() == list(range(0, 24, 2))
    assert Driving(film(11), np.zeros((11, 68, 2))).rows_at(25.0, 12).tolist() == [*range(11), 10]


def test_lengths_that_do_not_fit():
    with pytest.raises(InputError, match=r"driving film is 0\.5 s long, the motion 1\.2 s"):
        Driving(film(12), np.zeros((12, 68, 2))).rows_at(25.0, 30)
    with pytest.raises(InputError, match="12 frames, its landmarks 11"):
        Driving(film(12), np.zeros((11, 68, 2)))
    pose = PublishedPose(np.zeros((5, 257)), np.zeros((5, 3)), SIDE, SIDE)
    with pytest.raises(InputError, match="its pose 5"):
        Driving(film(12), np.zeros((12, 68, 2)), pose)
    with pytest.raises(InputError, match="cannot be used"):
        PublishedPose(np.zeros((5, 80)), np.zeros((5, 3)), SIDE, SIDE)


def test_landmarks_that_turn_already_have_no_place_in_a_driving_film():
    own = motion()
    turned = motion_of_landmarks(LandmarkTrack(own.posed, 25.0, "metre", posed=True))
    frontal = motion_of_landmarks(LandmarkTrack(own.frontal, 25.0, "metre", posed=False))
    assert isinstance(frontal, FaceMotion)
    assert np.array_equal(frontal.rest, own.frontal[0].astype(np.float64))
    with pytest.raises(InputError, match="must be frontal"):
        Driving(film(), driving_points()).placed(turned, driving_points()[0], np.arange(12))
    with pytest.raises(InputError, match="60 minutes"):
        motion_of_landmarks(LandmarkTrack(np.zeros((3600, 68, 3)), 1.0, "metre"))


def test_the_published_alignment_is_given_decimetres():
    own = motion()
    rows, template = np.zeros((12, 257)), five_points(10 * HEAD_REST)
    pose = PublishedPose(rows, template, SIDE, SIDE)
    driving, every = Driving(film(), driving_points(), pose), np.arange(12)
    expected = published_alignment(10 * own.frontal, driving_points(), pose)
    assert np.array_equal(driving.placed(own, driving_points()[0], every), expected)
    track = LandmarkTrack(100 * own.frontal, 25.0, "centimetre", posed=False)
    placed = driving.placed(motion_of_landmarks(track), driving_points()[0], every)
    assert np.abs(placed - expected).max() <= 1
    unknown = motion_of_landmarks(LandmarkTrack(own.frontal, 25.0, "normalised", posed=False))
    with pytest.raises(InputError, match="unit of length"):
        driving.placed(unknown, driving_points()[0], every)


def test_pixels_of_a_track_count_from_the_upper_edge():
    points = driving_points()
    track = LandmarkTrack.from_picture(points, SIDE, 25.0)
    assert picture_points(track, SIDE) == pytest.approx(points, abs=1e-4)
    with pytest.raises(InputError, match="in metre"):
        picture_points(LandmarkTrack(np.zeros((1, 68, 3)), 25.0, "metre"), SIDE)


def test_a_film_is_read_back(tmp_path):
    images = np.zeros((7, 48, 64, 3), np.uint8)
    images[:, :, :32] = np.arange(20, 160, 20, dtype=np.uint8)[:, None, None, None]
    write_film(tmp_path / "film.mp4", [images], (48, 64), 30.0, None)
    found = read_film(tmp_path / "film.mp4")
    assert found.images.shape == images.shape
    assert found.fps == 30
    assert found.seconds == pytest.approx(7 / 30)
    assert np.abs(found.images.astype(int) - images).mean() < 6
    with pytest.raises(InputError, match="more than 3 frames"):
        read_film(tmp_path / "film.mp4", most_frames=3)
    assert found.whole
    begun = read_film(tmp_path / "film.mp4", most_frames=3, seconds=0.1)
    assert (begun.frames, begun.whole) == (3, False)
    assert np.array_equal(begun.images, found.images[:3])
    assert read_film(tmp_path / "film.mp4", seconds=7 / 30).whole


def test_landmarks_and_coefficients_may_be_those_of_more_than_was_read():
    begun, pose = (
        replace(film(5), whole=False),
        PublishedPose(np.zeros((9, 257)), np.zeros((5, 3)), SIDE, SIDE),
    )
    driving = driving_of(begun, np.arange(9 * 136.0).reshape(9, 68, 2), pose)
    assert len(driving.points) == len(driving.pose.coefficients) == 5
    assert driving.points[0, 0].tolist() == [0, 1]
    with pytest.raises(InputError, match="5 frames, its landmarks 4"):
        driving_of(begun, np.zeros((4, 68, 2)))
    with pytest.raises(InputError, match="5 frames, its landmarks 9"):
        driving_of(film(5), np.zeros((9, 68, 2)))


@pytest.mark.parametrize("kind", ["nothing", "empty", "text", "truncated", "sound", "tiny", "folder"])
def test_films_that_cannot_be_used(tmp_path, kind):
    path = tmp_path / "film.mp4"
    if kind == "folder":
        path.mkdir()
    elif kind == "tiny":
        write_film(path, [np.zeros((3, 8, 8, 3), np.uint8)], (8, 8), 25.0, None)
    elif kind == "truncated":
        write_film(path, [np.zeros((9, 48, 64, 3), np.uint8)], (48, 64), 25.0, None)
        path.write_bytes(path.read_bytes()[:400])
    elif kind == "sound":
        import wave

        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(16000)
            sound.writeframes(bytes(3200))
    elif kind != "nothing":
        path.write_text("no film" if kind == "text" else "")
    with pytest.raises(InputError, match=r"film\.mp4"):
        read_film(path)


def test_from_the_command_line(tmp_path, renderer_folder, capsys):
    """A driving film and its landmarks; one that is too short; none at all for its landmarks."""
    from PIL import Image

    Image.fromarray(np.full((SIDE, SIDE, 3), 90, np.uint8)).save(tmp_path / "face.png")
    np.savetxt(tmp_path / "points.txt", seen(HEAD_REST[None], np.zeros((1, 3)))[0])
    own = motion()
    LandmarkTrack(own.frontal, 25.0, "metre", posed=False).save(tmp_path / "moves.npz")
    for name, frames in (("long", 12), ("short", 5), ("longer", 40)):
        write_film(tmp_path / f"{name}.mp4", [film(frames).images], (SIDE, SIDE), 25.0, None)
        points = driving_points()[np.minimum(np.arange(frames), 11)]
        track = LandmarkTrack.from_picture(points, SIDE, 25.0)
        track.save(tmp_path / f"{name}.npz")
    names = {"image": "face.png", "points": "points.txt", "landmarks": "moves.npz", "out": "film.mp4"}
    words = ["video", "--model", renderer_folder, "--steps", 4, "--overlap", 0, "--json"]
    for name, file in names.items():
        words += [f"--{name}", tmp_path / file]

    def said(*more):
        code = main([str(word) for word in [*words, *more]])
        output = capsys.readouterr()
        return code, output.out if code == 0 else output.err

    long = ("--driving", tmp_path / "long.mp4", "--driving-points", tmp_path / "long.npz")
    code, text = said(*long)
    assert code == 0
    assert json.loads(text)["frames"] == 12
    words.remove("--json")
    code, text = said(*long)
    assert code == 0
    assert "driving film" not in text
    code, text = said("--driving", tmp_path / "longer.mp4", "--driving-points", tmp_path / "longer.npz")
    assert code == 0
    assert "driving film is longer than the motion: its first 0.5 s are used" in text
    (tmp_path / "film.mp4").unlink()
    code, text = said("--driving", tmp_path / "short.mp4", "--driving-points", tmp_path / "short.npz")
    assert code == 3
    assert "0.2 s long, the motion 0.5 s" in text
    code, text = said("--driving-points", tmp_path / "long.npz")
    assert code == 2
    assert "no driving film" in text
    rows, template = np.zeros((12, 257)), five_points(10 * HEAD_REST)
    np.savez(tmp_path / "pose.npz", coefficients=rows, template=template)
    code, _ = said(*long, "--driving-pose", tmp_path / "pose.npz")
    assert code == 0
    np.savez(tmp_path / "pose.npz", coefficients=rows)
    code, text = said(*long, "--driving-pose", tmp_path / "pose.npz")
    assert code == 3
    assert "pose.npz" in text
