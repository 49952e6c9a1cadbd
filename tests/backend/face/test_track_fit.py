"""Landmark tracks fitted to the stand-in head.

The truth is made by our own skinning, so these tests say how exactly the fit inverts it and how it bears
noise, other proportions and a missing dimension; they say nothing about the landmarks of a detector.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elocute.cli import main
from elocute.errors import Cancelled, InputError, SettingsError
from elocute.face.fit import movement
from elocute.face.fit import track as track_fit
from elocute.face.fit.neutral import neutral_face
from elocute.face.fit.pose import smoothed
from elocute.face.fit.settings import FitSettings, coefficient_bounds
from elocute.face.fit.track import fit_track
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks, rotation_matrices
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import EXPRESSION_INDEX
from elocute.motion.landmark_sets import BROWS, LIDS, LIPS
from elocute.motion.landmark_track import METRES, LandmarkTrack
from elocute.progress import Progress
from tests.backend.face.talking import FRAMES, agreement, opening, still_landmarks, talking_clip

STANDIN = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"
BLINKING = FRAMES // 2 - 1
OTHER_FACE = np.array([0.9, 1.12, 1.05])
MIRROR = np.array(
    [
        *range(16, -1, -1),
        *range(26, 16, -1),
        *range(27, 31),
        *range(35, 30, -1),
        45,
        44,
        43,
        42,
        47,
        46,
        39,
        38,
        37,
        36,
        41,
        40,
        *range(54, 47, -1),
        *range(59, 54, -1),
        *range(64, 59, -1),
        67,
        66,
        65,
    ]
)


@pytest.fixture(scope="module")
def standin():
    return FaceModel.load(STANDIN)


@pytest.fixture(scope="module")
def clip(standin):
    return talking_clip(standin)


@pytest.fixture(scope="module")
def points(standin, clip):
    return clip_landmarks(clip, standin).astype(np.float64)


@pytest.fixture(scope="module")
def track(points):
    return LandmarkTrack(points, 25, "metre", meta={"seed": 3})


def noise(shape, size):
    return size * np.random.default_rng(0).standard_normal(shape)


def off(standin, clip, fitted, group):
    """(T, points) distance in mm with the heads held still."""
    distance = np.linalg.norm(still_landmarks(standin, fitted) - still_landmarks(standin, clip), axis=-1)
    return 1000 * distance[:, list(group)]


def head_off(clip, fitted):
    """(T,) degrees between the heads of two clips."""
    turn = rotation_matrices(fitted.head) @ rotation_matrices(clip.head).transpose(0, 2, 1)
    return np.degrees(np.arccos(np.clip((np.trace(turn, axis1=1, axis2=2) - 1) / 2, -1, 1)))


def test_the_heads_own_landmarks_give_its_clip_back(standin, clip, track):
    fitted, report = fit_track(track, standin, neutral=None)
    assert (fitted.basis, fitted.frames, fitted.fps) == (standin.basis, FRAMES, 25)
    assert fitted.meta["seed"] == 3
    assert fitted.eyes is None
    assert off(standin, clip, fitted, LIPS).mean() < 0.15
    assert off(standin, clip, fitted, LIDS).mean() < 0.05
    assert off(standin, clip, fitted, BROWS).mean() < 0.1
    assert np.abs(fitted.jaw - clip.jaw).max() < np.radians(1)
    assert head_off(clip, fitted).max() < 0.5
    assert agreement(standin, clip, standin, fitted) > 0.999
    assert report.lost_share < 0.05
    assert report.pose_mm < 0.2
    assert report.notes == ()
    assert fitted.expression.min() >= 0
    assert fitted.expression.max() <= 1.5
    blink = fitted.expression[:, EXPRESSION_INDEX["eyeBlinkLeft"]]
    assert int(blink.argmax()) == pytest.approx(FRAMES // 2, abs=1)
    assert blink.max() > 0.8


def test_the_report_says_what_can_be_measured(standin, clip, track):
    fitted, report = fit_track(track, standin, neutral=None)
    assert report.mean_mm["lips"] == pytest.approx(off(standin, clip, fitted, LIPS).mean(), abs=0.1)
    assert report.lip_opening_mm < 0.1
    assert report.dimensions == 3


@pytest.mark.parametrize("unit", sorted(METRES))
def test_units_change_nothing(standin, track, unit):
    plain, _ = fit_track(track, standin)
    fitted, report = fit_track(track.in_unit(unit), standin)
    np.testing.assert_allclose(fitted.expression, plain.expression, atol=2e-3)
    np.testing.assert_allclose(fitted.head, plain.head, atol=1e-4)
    assert report.lip_opening_mm < 0.2


def test_a_face_of_another_size_and_shape_elsewhere(standin, clip):
    """85 % as large, narrower and longer, moved away: the same performance."""
    turned = rotation_matrices(clip.head)[:, None] @ (still_landmarks(standin, clip) * OTHER_FACE)[..., None]
    other = 0.85 * turned[..., 0] + (0.3, -0.2, 1.0)
    fitted, _ = fit_track(LandmarkTrack(other, 25, "metre"), standin, neutral=range(2))
    assert agreement(standin, clip, standin, fitted) > 0.98
    assert off(standin, clip, fitted, LIPS).mean() < 0.25
    assert head_off(clip, fitted).mean() < 1
    wide, true = (
        opening(still_landmarks(standin, fitted)).max(),
        opening(still_landmarks(standin, clip)).max(),
    )
    assert wide / true == pytest.approx(1, abs=0.03)


def test_half_a_millimetre_of_noise(standin, clip, points):
    noisy = LandmarkTrack(points + noise(points.shape, 0.0005), 25, "metre")
    fitted, report = fit_track(noisy, standin, neutral=None)
    assert agreement(standin, clip, standin, fitted) > 0.98
    assert off(standin, clip, fitted, LIPS).mean() < 0.8
    assert head_off(clip, fitted).mean() < 0.6
    assert 0.4 < report.mean_mm["lips"] < 1.0  # the noise itself
    assert np.abs(fitted.jaw[:, 1:]).max() < np.radians(1.5)


def test_smoothness_takes_noise_away(standin, clip, points):
    noisy = LandmarkTrack(points + noise(points.shape, 0.0005), 25, "metre")
    free, _ = fit_track(noisy, standin, neutral=None, settings=FitSettings(smoothness=0))
    smooth, _ = fit_track(noisy, standin, neutral=None)

    def tremor(fitted):
        return np.abs(np.diff(fitted.expression, 2, axis=0)).mean()

    assert tremor(smooth) < 0.6 * tremor(free)


def test_the_head_trembles_less_than_its_landmarks(standin, clip, points, monkeypatch):
    noisy = LandmarkTrack(points + noise(points.shape, 0.001), 25, "metre")
    smooth, _ = fit_track(noisy, standin, neutral=None)
    monkeypatch.setattr(track_fit, "_HEAD_SMOOTHNESS", 0.0)
    free, _ = fit_track(noisy, standin, neutral=None)
    assert head_off(clip, smooth).mean() < 0.9 * head_off(clip, free).mean()


def test_smoothing_keeps_steady_movement():
    ramp = np.linspace(0, 1, 12)[:, None] * (1, -2)
    np.testing.assert_allclose(smoothed(ramp, 10.0), ramp, atol=1e-12)
    curve = np.random.default_rng(0).standard_normal((9, 2))
    second = np.diff(np.eye(9), 2, axis=0)
    np.testing.assert_allclose(
        smoothed(curve, 3.0), np.linalg.solve(np.eye(9) + 3 * second.T @ second, curve)
    )
    for short in (curve[:1], curve[:2]):
        np.testing.assert_array_equal(smoothed(short, 3.0), short)


def test_two_dimensions(standin, clip, points):
    """Weak perspective, pixels: everything but depth comes back."""
    seen = LandmarkTrack(points[..., :2] * 1500 + 300, 25, "pixel")
    fitted, report = fit_track(seen, standin, neutral=None)
    assert report.dimensions == 2
    assert agreement(standin, clip, standin, fitted) > 0.98
    assert head_off(clip, fitted).max() < 3
    across = still_landmarks(standin, fitted)[..., :2] - still_landmarks(standin, clip)[..., :2]
    assert 1000 * np.linalg.norm(across[:, list(LIPS)], axis=-1).mean() < 0.5


def test_two_dimensions_of_another_face_that_comes_nearer(standin, clip):
    growing = np.linspace(1200, 1800, FRAMES)[:, None, None]
    turned = rotation_matrices(clip.head)[:, None] @ (still_landmarks(standin, clip) * OTHER_FACE)[..., None]
    seen = turned[..., :2, 0] * growing + noise((FRAMES, 68, 2), 0.5)
    fitted, _ = fit_track(LandmarkTrack(seen, 25, "pixel"), standin, neutral=range(3))
    assert agreement(standin, clip, standin, fitted) > 0.98
    assert head_off(clip, fitted).mean() < 5


def test_a_turned_face_of_other_proportions_in_a_picture(standin, clip):
    """Its narrowness must not count as a turn, nor its turn as narrowness."""
    turned = replace(clip, head=clip.head + np.array([0, 0.3, 0], np.float32))
    shown = rotation_matrices(turned.head)[:, None] @ (still_landmarks(standin, clip) * OTHER_FACE)[..., None]
    fitted, _ = fit_track(LandmarkTrack(1500 * shown[..., :2, 0], 25, "pixel"), standin)
    assert head_off(turned, fitted).mean() < 2


def test_several_neutral_frames_are_averaged(standin):
    rest = landmarks(standin, standin.v_template[None])[0].astype(np.float64)
    heads = rotation_matrices(noise((20, 3), 0.2))
    seen = np.einsum("tab,kb->tka", heads, rest) + noise((20, 68, 3), 0.001)
    track = LandmarkTrack(seen, 25, "metre")

    def error(frames):
        return np.linalg.norm(neutral_face(track, rest, frames).points - rest, axis=-1).mean()

    assert error(range(20)) < 0.5 * error(range(1))


def test_landmarks_made_frontal_turn_no_head(standin, clip):
    still = still_landmarks(standin, clip)
    fitted, _ = fit_track(LandmarkTrack(100 * still, 25, "centimetre", posed=False), standin)
    assert not fitted.head.any()
    assert agreement(standin, clip, standin, fitted) > 0.99
    flat, _ = fit_track(LandmarkTrack(100 * still[..., :2], 25, "centimetre", posed=False), standin)
    assert not flat.head.any()
    assert agreement(standin, clip, standin, flat) > 0.98


def test_baselines_fail(standin, clip, points):
    """What the tests above ask for is not met by a face at rest nor by one that is 5 frames late."""
    rest = replace(clip, expression=0 * clip.expression, jaw=0 * clip.jaw)
    assert agreement(standin, clip, standin, rest) < 0.5
    assert off(standin, clip, rest, LIPS).mean() > 1.5
    late, _ = fit_track(LandmarkTrack(np.roll(points, 5, axis=0), 25, "metre"), standin, neutral=None)
    assert agreement(standin, clip, standin, late) < 0.5
    assert off(standin, clip, late, LIPS).mean() > 1.5


def test_an_open_mouth_at_the_start_stays_open(standin, clip, points):
    """Without a frame at rest the lips' own distance still says how far they are open."""
    first = int(clip.jaw[:, 0].argmax())
    fitted, _ = fit_track(LandmarkTrack(points[first:], 25, "metre"), standin)
    rest = replace(clip, **{name: getattr(clip, name)[first:] for name in ("expression", "jaw", "head")})
    assert agreement(standin, rest, standin, fitted) > 0.98
    assert off(standin, rest, fitted, (62, 66))[0].mean() < 8
    assert fitted.jaw[0, 0] > 0.5 * clip.jaw[first, 0]


def test_left_and_right_are_the_characters_own(standin, clip, points):
    smile = replace(clip, expression=0 * clip.expression, head=0 * clip.head, jaw=0 * clip.jaw)
    ramp = np.linspace(0, 1, FRAMES)
    smile.expression[:, EXPRESSION_INDEX["mouthSmileLeft"]] = ramp
    smile.expression[:, EXPRESSION_INDEX["eyeBlinkRight"]] = ramp
    fitted, _ = fit_track(LandmarkTrack(clip_landmarks(smile, standin), 25, "metre"), standin)
    last = fitted.expression[-1]
    assert last[EXPRESSION_INDEX["mouthSmileLeft"]] > 3 * last[EXPRESSION_INDEX["mouthSmileRight"]]
    assert last[EXPRESSION_INDEX["eyeBlinkRight"]] > 3 * last[EXPRESSION_INDEX["eyeBlinkLeft"]]


@pytest.mark.parametrize(
    "axes",
    [(-1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, 1), (1, -1)],
    ids=["x", "y", "z", "x of a picture", "y down"],
)
def test_mirrored_landmarks_are_refused(standin, points, axes):
    mirrored = points[..., : len(axes)] * np.array(axes)
    with pytest.raises(InputError, match="are mirrored"):
        fit_track(LandmarkTrack(mirrored, 25, "metre"), standin)


def test_a_mirrored_picture_with_sides_renamed_is_a_face(standin, points):
    assert sorted(MIRROR) == list(range(68))
    turned = (points * np.array([-1, 1, 1]))[:, MIRROR]
    fit_track(LandmarkTrack(turned, 25, "metre"), standin)


def test_refusals(standin, track, points):
    with pytest.raises(InputError, match=r"eyes of the landmark track are 9.* m apart"):
        fit_track(LandmarkTrack(100 * points, 25, "metre"), standin)
    with pytest.raises(SettingsError, match="has the frames 0 to 59, not 60 to 60"):
        fit_track(track, standin, neutral=range(60, 61))
    with pytest.raises(SettingsError, match="not 4 to 3"):
        fit_track(track, standin, neutral=range(4, 4))
    blind = replace(standin, landmark_weights=np.zeros_like(standin.landmark_weights))
    with pytest.raises(InputError, match="has no landmarks"):
        fit_track(track, blind)
    frozen = replace(
        standin,
        expression_dirs=np.zeros_like(standin.expression_dirs),
        weights=np.eye(5, dtype=np.float32)[np.ones(standin.vertices, int)],
    )
    with pytest.raises(InputError, match="cannot reproduce this landmark track: its lips would be off by"):
        fit_track(track, frozen, settings=FitSettings(limit_mm=1.0))
    with pytest.raises(InputError, match="would lose"):
        fit_track(track, frozen, settings=FitSettings(limit_mm=100))
    swirl = np.random.default_rng(0).standard_normal((FRAMES, 68, 3)) * 0.05 + points[0]
    with pytest.raises(InputError, match="shows no face"):
        fit_track(LandmarkTrack(swirl, 25, "metre"), standin, settings=FitSettings(limit_mm=1000))


@pytest.mark.parametrize("width", [2, 3])
def test_frames_without_a_face_are_named(standin, points, width):
    lost = points[..., :width].copy()
    lost[7] = 0
    with pytest.raises(InputError, match="Frame 7 of the landmark track shows no face"):
        fit_track(LandmarkTrack(lost, 25, "metre"), standin)
    with pytest.raises(InputError, match="Frame 0 of the landmark track shows no face"):
        fit_track(LandmarkTrack(0 * lost, 25, "pixel"), standin)


def test_shut_eyes_in_the_neutral_frame_are_told(standin, points):
    blinking = LandmarkTrack(points, 25, "metre")
    _, report = fit_track(blinking, standin, neutral=range(BLINKING, BLINKING + 1))
    assert any("eyes are half shut" in note for note in report.notes)
    with pytest.raises(InputError, match="eyes are half shut"):
        fit_track(
            blinking, standin, neutral=range(BLINKING, BLINKING + 1), settings=FitSettings(limit_mm=0.001)
        )


def test_one_frame_is_enough(standin, points):
    fitted, _ = fit_track(LandmarkTrack(points[20:21], 25, "metre"), standin, neutral=None)
    assert fitted.frames == 1
    assert fitted.jaw[0, 0] > 0.05


def test_pieces_of_a_long_track_have_no_seams(standin, points, monkeypatch):
    noisy = LandmarkTrack(points + noise(points.shape, 0.0005), 25, "metre")
    whole, _ = fit_track(noisy, standin, neutral=None)
    monkeypatch.setattr(movement, "_PIECE", 30)
    pieces, _ = fit_track(noisy, standin, neutral=None)
    assert np.abs(pieces.expression - whole.expression).max() < 0.01


def test_it_can_be_cancelled(standin, track):
    stages = []
    progress = Progress(lambda stage, done, message: stages.append((stage, done)))
    fit_track(track, standin, progress=progress)
    assert stages[-1] == ("fit", 1.0)
    assert [done for _, done in stages] == sorted(done for _, done in stages)
    progress.cancel()
    with pytest.raises(Cancelled):
        fit_track(track, standin, progress=progress)


def test_same_track_same_clip(standin, track):
    first, _ = fit_track(track, standin)
    second, _ = fit_track(track, standin)
    for name in ("expression", "jaw", "head"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_bounds_come_from_the_basis(standin):
    assert coefficient_bounds(standin) == (0.0, 1.5)
    assert coefficient_bounds(replace(standin, basis="somebodys")) == (0.0, 1.5)
    names = tuple(f"e{i}" for i in range(len(standin.expression_names)))
    assert coefficient_bounds(replace(standin, basis="somebodys", expression_names=names)) == (
        -np.inf,
        np.inf,
    )
    assert coefficient_bounds(replace(standin, basis="flame2023", expression_names=names)) == (
        -np.inf,
        np.inf,
    )


def test_command_line(standin, clip, tmp_path, capsys):
    clip.save(tmp_path / "clip.npz")
    track, out, face = tmp_path / "track.npz", tmp_path / "out.npz", ["--face", str(STANDIN)]
    assert main(["export", "landmarks", str(tmp_path / "clip.npz"), *face, "--out", str(track)]) == 0
    written = LandmarkTrack.load(track)
    assert (written.unit, written.fps, written.dimensions, written.frames) == ("metre", 25, 3, FRAMES)
    assert main(["fit", str(track), *face, "--out", str(out), "--neutral", "head"]) == 0
    assert "3-D landmarks to elocute-head-1, 60 frames; mean error: lips" in capsys.readouterr().out
    assert agreement(standin, clip, standin, MotionClip.load(out)) > 0.999
    middle = ["--neutral", str(BLINKING)]
    assert main(["fit", str(track), *face, "--out", str(out), *middle]) == 0
    assert "eyes are half shut" in capsys.readouterr().out
    assert main(["fit", str(track), *face, "--out", str(out), "--neutral", "0-2", "--json"]) == 0
    assert '"lip_opening_mm"' in capsys.readouterr().out
    for wrong, code in ((["--neutral", "first"], 2), (["--neutral", "70"], 2), (["--limit-mm", "0"], 2)):
        assert main(["fit", str(track), *face, "--out", str(out), *wrong]) == code
    assert main(["fit", str(track), *face, "--out", str(out), "--limit-mm", "0.0001"]) == 3
    assert main(["fit", str(tmp_path / "clip.npz"), *face, "--out", str(out)]) == 3
    assert "not a landmark track" in capsys.readouterr().err
