"""From an image, its landmarks and a clip to a film that plays, by the command line."""

from __future__ import annotations

import json
import wave
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from elocute.cli.main import main
from elocute.errors import InputError, SettingsError
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.face.picture import read_image, read_image_points
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_track import LandmarkTrack
from elocute.motion.track_files import save_track
from elocute.renderers.mtov.config import AutoencoderConfig, MtovConfig, UnetConfig
from elocute.renderers.mtov.face_motion import motion_of_clip, resampled
from elocute.renderers.mtov.face_points import points_in_image
from elocute.renderers.mtov.sampling import usual_overlap
from elocute.renderers.mtov.talking_film import scene_of
from tests.backend.mtov import published_mtov as published

HEAD = FaceModel.load(Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz")
WIDTH, HEIGHT = 120, 90


def talking_clip(frames=10, fps=25.0, turn=0.0):
    jaw, head = np.zeros((frames, 3)), np.zeros((frames, 3))
    jaw[:, 0] = np.linspace(0, 0.3, frames)
    head[:, 1] = turn
    expression = np.zeros((frames, len(HEAD.expression_names)))
    return MotionClip(fps=fps, basis=HEAD.basis, expression=expression, jaw=jaw, head=head)


def rest_points():
    return clip_landmarks(talking_clip(1), HEAD)[0]


def image_points(scale=300.0):
    """The head seen from the front, upright in the middle of the image."""
    rest = rest_points()
    flat = (rest - rest.mean(0))[:, :2] * (scale, -scale)
    return flat + np.array([WIDTH / 2, HEIGHT / 2])


@pytest.fixture
def files(tmp_path):
    shade = np.linspace(0, 255, WIDTH * HEIGHT * 3).reshape(HEIGHT, WIDTH, 3).astype(np.uint8)
    Image.fromarray(shade).save(tmp_path / "face.png")
    np.savetxt(tmp_path / "points.txt", image_points())
    talking_clip().save(tmp_path / "clip.npz")
    with wave.open(str(tmp_path / "voice.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        tone = 9000 * np.sin(2 * np.pi * 220 * np.arange(16000) / 16000)
        sound.writeframes(tone.astype("<i2").tobytes())
    return tmp_path


def words(files, renderer_folder, *more, out="film.mp4"):
    named = {"image": "face.png", "points": "points.txt", "clip": "clip.npz"}
    given = [word for name, file in named.items() for word in (f"--{name}", str(files / file))]
    rest = ["--model", str(renderer_folder), "--out", str(files / out), "--steps", "8", "--overlap", "1"]
    return ["video", *given, *rest, *more]


def test_a_film_with_sound(files, renderer_folder, capsys):
    assert main([*words(files, renderer_folder, "--audio", str(files / "voice.wav")), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["frames"], told["fps"], told["size"]) == (10, 25.0, published.SIZE)
    with av.open(str(files / "film.mp4")) as film:
        (video,), (_,) = film.streams.video, film.streams.audio
        assert (video.width, video.height, float(video.average_rate)) == (32, 32, 25.0)
        frames = [frame for frame in film.decode(video)]
    with av.open(str(files / "film.mp4")) as film:
        heard = np.concatenate([frame.to_ndarray().ravel() for frame in film.decode(film.streams.audio[0])])
    assert len(frames) == 10
    assert len(heard) == pytest.approx(0.4 * 16000, abs=2200)  # it ends with the frames
    assert np.abs(heard).max() == pytest.approx(9000 / 32768, rel=0.2)
    assert not [path for path in files.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(("frames", "expected"), [(16, 4), (8, 2), (4, 1), (2, 0), (64, 4)])
def test_chunks_share_a_quarter_at_most_unless_told(frames, expected):
    sizes = replace(AutoencoderConfig(), frames=frames)
    levels = UnetConfig(multipliers=(1,), attended=(0,))
    assert usual_overlap(MtovConfig(sizes, levels)) == expected


def test_a_renderer_of_short_chunks_works_without_words(files, renderer_folder, capsys):
    given = words(files, renderer_folder)
    place = given.index("--overlap")
    assert main(given[:place] + given[place + 2 :]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(("seconds", "said"), [(0.5, ""), (1.5, "1.5 s long, the motion 0.4 s"), (0.45, "")])
def test_a_sound_of_another_length_is_mentioned(files, renderer_folder, capsys, seconds, said):
    soundfile.write(files / "voice.wav", np.random.default_rng(0).normal(0, 0.1, int(16000 * seconds)), 16000)
    assert main(words(files, renderer_folder, "--audio", str(files / "voice.wav"))) == 0
    told = "".join(capsys.readouterr())
    assert said in told
    assert ("The sound is" in told) == bool(said)


def test_a_sound_that_ends_early_leaves_the_rest_silent(files, renderer_folder, capsys):
    talking_clip(40).save(files / "clip.npz")
    soundfile.write(files / "voice.wav", np.random.default_rng(0).normal(0, 0.1, 8000), 16000)
    assert main(words(files, renderer_folder, "--audio", str(files / "voice.wav"))) == 0
    assert "The sound is 0.5 s long, the motion 1.6 s" in "".join(capsys.readouterr())
    with av.open(str(files / "film.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 40


def test_the_same_seed_gives_the_same_film_and_another_one_does_not(files, renderer_folder):
    made = []
    for number, seed in enumerate("112"):
        assert main(words(files, renderer_folder, "--seed", seed, out=f"{number}.mp4")) == 0
        with av.open(str(files / f"{number}.mp4")) as film:
            made.append(np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]))
    assert (made[0] == made[1]).all()
    assert (made[0] != made[2]).any()


def test_points_follow_the_head_and_keep_the_proportions_of_the_face():
    clip = talking_clip()
    track = LandmarkTrack(clip_landmarks(clip, HEAD), 25.0, "metre")
    own = image_points()
    own[:17, 0] = WIDTH / 2 + 1.1 * (own[:17, 0] - WIDTH / 2)  # a wider face
    placed = points_in_image(track, own, rest_points())
    assert placed[0] == pytest.approx(own, abs=1e-4)
    moved = placed[-1] - own
    truth = (track.points[-1] - rest_points())[:, :2] * (300.0, -300.0)
    assert np.abs(moved - truth).max() < 0.15 * np.abs(truth).max()
    assert moved[57, 1] > 5 * abs(moved[27, 1])  # the lower lip, downwards; not the bridge of the nose
    assert moved[57, 1] > 1.0


def test_a_turned_image_turns_the_movement():
    clip = talking_clip()
    track = LandmarkTrack(clip_landmarks(clip, HEAD), 25.0, "metre")
    centre = np.array([WIDTH / 2, HEIGHT / 2])
    sideways = (image_points() - centre) @ np.array([[0.0, 1.0], [-1.0, 0.0]]) + centre
    moved = points_in_image(track, sideways, rest_points())[-1] - sideways
    assert abs(moved[57, 0]) > 1.0
    assert abs(moved[57, 1]) < 0.2 * abs(moved[57, 0])


@pytest.mark.parametrize("points", [np.zeros((68, 2)), np.random.default_rng(3).normal(50, 20, (68, 2))])
def test_points_that_are_no_face(points):
    track = LandmarkTrack(clip_landmarks(talking_clip(), HEAD), 25.0, "metre")
    with pytest.raises(InputError, match="not those of a face"):
        points_in_image(track, points, rest_points())


def test_a_flat_track_cannot_be_placed():
    flat = LandmarkTrack(clip_landmarks(talking_clip(), HEAD)[..., :2], 25.0, "metre")
    with pytest.raises(InputError, match="3-D"):
        points_in_image(flat, image_points(), rest_points())


def test_other_frame_rates_are_resampled():
    clip = talking_clip(21, 50.0)
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    assert scene_of(image, image_points(), motion_of_clip(clip, HEAD), MtovConfig()).frames == 11
    ramp = np.arange(5, dtype=np.float32)[:, None, None].repeat(68, 1).repeat(3, 2)
    assert resampled(ramp, 30.0, 25.0)[:, 0, 0] == pytest.approx([0, 1.2, 2.4, 3.6], abs=1e-5)
    assert resampled(ramp[:1], 30.0, 25.0).shape == (1, 68, 3)


def test_a_film_of_an_hour_is_refused():
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    with pytest.raises(InputError, match="60 minutes is longer than 10"):
        scene_of(image, image_points(), motion_of_clip(talking_clip(90_000), HEAD), MtovConfig())


def test_a_face_outside_the_middle_square_is_refused():
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    with pytest.raises(InputError, match="middle square"):
        outside = image_points() + np.array([60, 0])
        scene_of(image, outside, motion_of_clip(talking_clip(), HEAD), MtovConfig())


@pytest.mark.parametrize("kind", ["text", "tiny", "truncated", "empty", "nothing", "folder"])
def test_images_that_cannot_be_used(files, renderer_folder, kind, capsys):
    path = files / "face.png"
    content = path.read_bytes()
    path.unlink()
    if kind == "text":
        path.write_text("no image")
    elif kind == "tiny":
        Image.new("RGB", (20, 20)).save(path)
    elif kind == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "empty":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    assert main(words(files, renderer_folder)) == 3
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "face.png" in said
    assert not (files / "film.mp4").exists()


def test_an_enormous_image_is_not_unpacked(tmp_path):
    Image.new("1", (9000, 70)).save(tmp_path / "wide.png")
    with pytest.raises(InputError, match="9000 x 70"):
        read_image(tmp_path / "wide.png")


def test_kinds_of_images(tmp_path):
    for name, mode in (("a.png", "RGBA"), ("b.jpg", "L"), ("c.webp", "RGB"), ("d.png", "P")):
        Image.new(mode, (70, 80)).save(tmp_path / name)
        assert read_image(tmp_path / name).shape == (80, 70, 3)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "{rows}"),
        ("b.csv", "x,y\n{rows}"),
        ("c.pts", "version: 1\nn_points: 68\n{{\n{rows}\n}}\n"),
        ("d.txt", "\ufeff{rows}\n\n"),
    ],
)
def test_files_of_points(tmp_path, name, text):
    points = image_points()
    separator = "," if name == "b.csv" else " "
    rows = "\n".join(f"{x}{separator}{y}" for x, y in points)
    (tmp_path / name).write_text(text.format(rows=rows), encoding="utf-8")
    assert read_image_points(tmp_path / name, HEIGHT) == pytest.approx(points)


def test_points_of_a_track(tmp_path):
    LandmarkTrack.from_picture(image_points()[None], HEIGHT, 25.0).save(tmp_path / "points.npz")
    assert read_image_points(tmp_path / "points.npz", HEIGHT) == pytest.approx(image_points(), abs=1e-3)
    save_track(LandmarkTrack.from_picture(image_points()[None], HEIGHT, 25.0), tmp_path / "points.csv")
    assert read_image_points(tmp_path / "points.csv", HEIGHT) == pytest.approx(image_points(), abs=1e-3)
    LandmarkTrack(rest_points()[None], 25.0, "metre").save(tmp_path / "metres.npz")
    with pytest.raises(InputError, match="in metre, not in pixels"):
        read_image_points(tmp_path / "metres.npz", HEIGHT)


@pytest.mark.parametrize(
    "text", ["", "1 2\n" * 67, "1 2 3\n" * 68, "a b\n" * 68, "nan 1\n" * 68, "1 2\n1\n" * 34]
)
def test_files_that_are_no_points(tmp_path, text):
    (tmp_path / "points.txt").write_text(text)
    with pytest.raises(InputError, match="not a file of 68 landmarks"):
        read_image_points(tmp_path / "points.txt", HEIGHT)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--overlap", "3"), 2, "share at most 2"),
        (("--steps", "3"), 2, "takes none"),
        (("--noised-start", "1"), 2, "noised start"),
        (("--device", "toaster"), 2, "no device"),
        (("--face", "nowhere.npz"), 3, "nowhere.npz"),
        (("--audio", "nowhere.wav"), 3, "nowhere.wav"),
        (("--model", "nowhere"), 3, "nowhere"),
        (("--out", "film.avi"), 2, "film.avi"),
    ],
)
def test_bad_arguments(files, renderer_folder, capsys, more, code, said):
    assert main([*words(files, renderer_folder), *more]) == code
    assert said in capsys.readouterr().err
    assert not (files / "film.mp4").exists()


def test_published_options_and_arithmetic_by_the_command_line(files, renderer_folder, capsys):
    def made(*more, steps="8"):
        given = words(files, renderer_folder, "--noised-start", "0.25", *more)
        given[given.index("--steps") + 1] = steps
        assert main(given) == 0, capsys.readouterr().err
        with av.open(str(files / "film.mp4")) as film:
            return np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)])

    usual, fixed = made("--seed", "3"), made("--seed", "3", "--fix-noise")
    assert (fixed == made("--seed", "4", "--fix-noise")).all()
    assert (fixed != usual).any()
    assert (made("--seed", "3", "--use-last-as-reference") != usual).any()
    assert (made("--seed", "3", "--precision", "bfloat16") != usual).any()
    assert main(words(files, renderer_folder, "--precision", "int8")) == 2
    assert "Choose one of float32, bfloat16" in capsys.readouterr().err
    assert main(words(files, renderer_folder, "--noised-start", "0", "--fix-noise")) == 2
    assert "Leave the fixed noise out" in capsys.readouterr().err


def test_compiling_is_asked_for_by_the_command_line(files, renderer_folder, capsys, monkeypatch):
    def refuse(function):
        raise SettingsError("asked for")

    monkeypatch.setattr("elocute.checkpoint.computing.compiled", refuse)
    assert main(words(files, renderer_folder, "--compile")) == 2
    assert "asked for" in capsys.readouterr().err
    assert main(words(files, renderer_folder)) == 0
