"""From clip frames to scene frames: nothing overshoots, and no contact is lost."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.channel import shape_key
from addon.core.clip.clip import Clip
from addon.core.clip.contacts import ContactProbe
from addon.core.clip.curves import clip_curves
from addon.core.clip.face_model import read_face_model
from addon.core.clip.resample import resampled, sample, source_times
from addon.core.clip.timebase import SceneTime
from addon.core.rig_layout import RigLayout, one_to_one
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, EXPRESSION_NAMES, JAW_OPEN_RADIANS
from tests.core.synthetic_face import saved_face

LAYOUT = RigLayout(
    BASIS,
    EXPRESSION_NAMES,
    "neck",
    one_to_one({name: [shape_key("keys", name)] for name in EXPRESSION_NAMES}),
)
RATES = [23.976, 24.0, 25.0, 29.97, 30.0, 48.0, 50.0, 60.0]


def test_whole_times_give_the_values_themselves():
    values = np.random.default_rng(0).normal(size=(20, 3))
    np.testing.assert_array_equal(sample(values, np.arange(20)), values)


def test_samples_stay_between_their_neighbours():
    values = np.random.default_rng(1).normal(size=(50, 4))
    times = np.linspace(0, 49, 1000)
    result = sample(values, times)
    low = np.minimum(values[np.floor(times).astype(int)], values[np.ceil(times).astype(int)])
    high = np.maximum(values[np.floor(times).astype(int)], values[np.ceil(times).astype(int)])
    assert (result >= low - 1e-12).all()
    assert (result <= high + 1e-12).all()


def test_smooth_motion_is_followed_closely():
    t = np.arange(200)
    values = np.sin(2 * np.pi * t / 25)[:, None]  # one cycle a second
    times = np.linspace(1, 198, 937)
    assert np.abs(sample(values, times)[:, 0] - np.sin(2 * np.pi * times / 25)).max() < 0.02


def test_outside_the_clip_the_ends_hold():
    values = np.array([[1.0], [2.0], [4.0]])
    assert sample(values, [-3, 2.5, 9])[:, 0].tolist() == [1.0, 4.0, 4.0]
    assert sample(values[:1], [0, 5])[:, 0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("fps", RATES)
def test_the_time_warp_is_gentle(fps):
    ratio = fps / 25
    rng = np.random.default_rng(2)
    contacts = rng.choice(250, 60, replace=False).tolist()
    times = source_times(round(250 * ratio), ratio, contacts)
    assert (np.diff(times) > 0).all()
    straight = np.arange(len(times)) / ratio
    assert np.abs(times - straight).max() <= 0.5 / ratio + 1e-9
    np.testing.assert_allclose(source_times(len(times), ratio), straight, atol=1e-12)


def test_far_from_contacts_time_is_untouched():
    times = source_times(100, 24 / 25, [50])
    straight = np.arange(100) * 25 / 24
    assert times[48] == 50.0
    far = np.abs(np.arange(100) - 48) >= 3
    np.testing.assert_allclose(times[far], straight[far], atol=1e-12)


def test_the_first_of_rivals_wins():
    # At 24 fps clip frames 12 and 13 both belong to scene frame 12.
    assert source_times(30, 0.96, [13, 12])[12] == 13.0
    assert source_times(30, 0.96, [12, 13])[12] == 12.0


@pytest.fixture
def face(tmp_path):
    return read_face_model(saved_face(tmp_path))


def talking(closed_at, frames=100):
    """A clip with the jaw open but for one frame each at which mouthClose seals the lips."""
    expression = np.zeros((frames, 43), np.float32)
    jaw = np.zeros((frames, 3), np.float32)
    jaw[:, 0] = JAW_OPEN_RADIANS
    expression[:, EXPRESSION_INDEX["mouthClose"]] = 0.1
    expression[closed_at, EXPRESSION_INDEX["mouthClose"]] = 1.0
    blink = (np.array(closed_at) + 7) % frames
    for side in ("Left", "Right"):
        expression[blink, EXPRESSION_INDEX[f"eyeBlink{side}"]] = 1.0
    return Clip(25.0, BASIS, expression, jaw, np.zeros((frames, 3), np.float32))


def test_contacts_are_found(face):
    found = ContactProbe.from_face(face).contact_frames(talking([20, 41, 77]))
    assert found[:3] == [20, 41, 77]
    assert sorted(found[3:]) == [27, 48, 84]


def test_an_open_mouth_has_no_contact(face):
    clip = talking([20])
    still = Clip(25.0, BASIS, np.zeros_like(clip.expression), clip.jaw, clip.head)
    assert ContactProbe.from_face(face).contact_frames(still) == []


@pytest.mark.parametrize("fps", RATES)
def test_one_frame_closures_survive_any_rate(face, fps):
    closed = [5, 9, 23, 40, 58, 77, 90]
    clip = talking(closed)
    contacts = ContactProbe.from_face(face).contact_frames(clip)
    start = 11
    curves = {c.channel.name: c for c in clip_curves(clip, LAYOUT, SceneTime(fps, start), contacts)}
    for name, moments in (("mouthClose", closed), ("eyeBlinkLeft", [c + 7 for c in closed])):
        curve = curves[name]
        for moment in moments:
            near = np.abs(curve.frames - start - moment * fps / 25) <= 1.0
            assert curve.values[near].max() > 0.999, f"{name} at clip frame {moment} is lost at {fps} fps"


@pytest.mark.parametrize("fps", RATES)
def test_without_contacts_closures_would_be_lost_at_some_rates(face, fps):
    """Guards the test above: plain sampling does lose closures wherever the frames do not coincide."""
    clip = talking([5, 9, 23, 40, 58, 77, 90])
    curves = {c.channel.name: c for c in clip_curves(clip, LAYOUT, SceneTime(fps))}
    peaks = [
        curves["mouthClose"].values[np.abs(curves["mouthClose"].frames - 1 - k * fps / 25) <= 1.0].max()
        for k in (5, 9, 23, 40, 58, 77, 90)
    ]
    assert bool(min(peaks) > 0.999) == (fps in (25.0, 50.0))


def test_length_and_start():
    assert SceneTime(24.0).frame_count(50, 25.0) == 48
    assert SceneTime(30 / 1.001).frame_count(50, 25.0) == 60
    assert SceneTime(24.0).frame_count(1, 25.0) == 1
    assert SceneTime(30.0, 101).frame_at(2.0) == 161.0
    with pytest.raises(ValueError, match="fps"):
        SceneTime(0.0)


def test_a_clip_at_another_rate():
    frames = 31
    t = np.arange(frames) / 30
    still = np.zeros((frames, 3), np.float32)
    turn = still.copy()
    turn[:, 1] = 3.0 * t
    expression = np.column_stack([t, 1 - t]).astype(np.float32)
    eyes = np.concatenate([turn, still], axis=1)
    made = resampled(Clip(30.0, "b", expression, turn, still, None, eyes), 25.0)
    assert made.fps == 25.0
    assert made.frames == 26
    np.testing.assert_allclose(made.expression[:, 0], np.arange(26) / 25, atol=1e-6)
    np.testing.assert_allclose(made.jaw[:, 1], 3.0 * np.arange(26) / 25, atol=5e-5)
    np.testing.assert_allclose(made.eyes[:, 1], 3.0 * np.arange(26) / 25, atol=5e-5)
    assert made.neck is None
    assert resampled(made, 25.0) is made
