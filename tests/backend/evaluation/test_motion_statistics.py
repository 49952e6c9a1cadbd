"""Statistics of motion whose answers are known."""

import numpy as np
import pytest

from elocute.audio.phone import Phone
from elocute.evaluation.of_motion.motion_statistics import (
    MOVEMENT_BANDS_HERTZ,
    Performance,
    face_statistics,
    head_statistics,
)
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, JAW_OPEN_RADIANS

FPS = 25.0
FRAMES = 1500


def performance(frames=FRAMES, fps=FPS, basis=BASIS, phones=(), head=None, jaw=None, **expressions):
    arrays = {"jaw": np.zeros((frames, 3)), "head": np.zeros((frames, 3))}
    if head is not None:
        arrays["head"][:, : head.shape[1]] = head
    if jaw is not None:
        arrays["jaw"][:, 0] = jaw
    expression = np.zeros((frames, 43))
    for name, curve in expressions.items():
        expression[:, EXPRESSION_INDEX[name]] = curve
    return Performance(MotionClip(fps=fps, basis=basis, expression=expression, **arrays), phones)


def sine(hertz, degrees, frames=FRAMES):
    return np.radians(degrees) * np.sin(2 * np.pi * hertz * np.arange(frames) / FPS)


def blink_at(*frames):
    curve = np.zeros(FRAMES)
    for frame in frames:
        curve[frame - 2 : frame + 5] = [0.0, 0.5, 1.0, 0.75, 0.5, 0.25, 0.0]
    return curve


def test_deviation_range_and_extreme_per_axis():
    head = np.stack([sine(1.0, 4.0), sine(0.5, 8.0), np.zeros(FRAMES)], axis=1)
    result = head_statistics([performance(head=head)])
    assert result.deviation_degrees == pytest.approx((4 / 2**0.5, 8 / 2**0.5, 0.0), rel=0.01)
    assert result.extreme_degrees == pytest.approx((4.0, 8.0, 0.0), rel=0.02)
    assert result.range_degrees == pytest.approx((7.9, 15.8, 0.0), rel=0.02)


def test_where_the_head_rests_is_no_motion():
    head = np.full((FRAMES, 3), 0.2)
    result = head_statistics([performance(head=head)])
    assert result.deviation_degrees == pytest.approx((0, 0, 0), abs=1e-4)
    assert result.mean_speed_degrees == pytest.approx(0.0, abs=1e-3)
    assert result.extreme_degrees == pytest.approx((np.degrees(0.2),) * 3)


def test_speed_in_degrees_a_second():
    head = np.radians(10.0) * (np.arange(FRAMES) / FPS)[:, None]
    result = head_statistics([performance(head=head)])
    assert result.mean_speed_degrees == pytest.approx(10.0, rel=1e-3)
    assert result.peak_speed_degrees == pytest.approx(10.0, rel=1e-2)


@pytest.mark.parametrize(("hertz", "band"), [(1.0, 0), (2.7, 1), (5.0, 2)])
def test_the_spectrum_of_a_sine(hertz, band):
    result = head_statistics([performance(head=sine(hertz, 2.0)[:, None])])
    assert result.centroid_hertz == pytest.approx(hertz, abs=0.1)
    assert result.speed_centroid_hertz == pytest.approx(hertz, abs=0.15)
    assert result.edge_hertz == pytest.approx(hertz, abs=0.25)
    assert result.slow_share == pytest.approx(1.0 if hertz < 2.0 else 0.0, abs=0.02)
    assert result.speed_bands[band] == pytest.approx(1.0, abs=0.03)
    assert len(MOVEMENT_BANDS_HERTZ) == len(result.speed_bands)


def test_power_of_two_sines_adds():
    head = (sine(1.0, 3.0) + sine(4.0, 1.0))[:, None]
    assert head_statistics([performance(head=head)]).slow_share == pytest.approx(0.9, abs=0.01)


def test_a_clip_shorter_than_the_spectrums_window():
    result = head_statistics([performance(40, head=sine(2.5, 2.0, 40)[:, None])])
    assert result.centroid_hertz == pytest.approx(2.5, abs=0.3)


def test_speaking_and_silence_are_told_apart():
    phones = (Phone("AA", 0.0, 30.0), Phone("SIL", 30.0, 60.0))
    head = np.where(np.arange(FRAMES) < 750, sine(1.0, 4.0), sine(1.0, 1.0))[:, None]
    result = head_statistics([performance(head=head, phones=phones)])
    assert result.speaking_speed_degrees == pytest.approx(4 * result.silent_speed_degrees, rel=0.02)
    talking = head_statistics([performance(head=head, phones=(Phone("AA", 0.0, 60.0),))])
    assert talking.silent_speed_degrees is None


def test_several_clips_count_as_one():
    head = sine(1.0, 4.0)[:, None]
    one, two = (head_statistics([performance(head=head)] * n) for n in (1, 2))
    assert one.slow_share == pytest.approx(two.slow_share)
    assert one.mean_speed_degrees == pytest.approx(two.mean_speed_degrees)


def test_blinks_are_counted_and_timed():
    lids = blink_at(100, 600, 1200)
    result = face_statistics([performance(eyeBlinkLeft=lids, eyeBlinkRight=lids)])
    assert result.blinks_per_minute == pytest.approx(3.0)
    # 0.1 is passed 1.8 frames before the shut one and 3.6 after it.
    assert result.blink_closing_seconds == pytest.approx(1.8 / FPS, rel=1e-4)
    assert result.blink_seconds == pytest.approx(5.4 / FPS, rel=1e-4)


def test_a_wink_and_a_half_closed_lid_are_no_blinks():
    lids = blink_at(100, 600)
    wink = face_statistics([performance(eyeBlinkLeft=lids)])
    assert wink.blinks_per_minute == 0.0
    assert wink.blink_seconds is None
    squint = face_statistics([performance(eyeBlinkLeft=0.5 * lids, eyeBlinkRight=0.5 * lids)])
    assert squint.blinks_per_minute == 0.0


def test_drooping_lids_blink_too():
    lids = 1.0 - (1.0 - blink_at(100, 600)) * (1.0 - 0.3)
    result = face_statistics([performance(eyeBlinkLeft=lids, eyeBlinkRight=lids)])
    assert result.blinks_per_minute == pytest.approx(2.0)
    assert result.blink_seconds == pytest.approx(5.4 / FPS, rel=1e-4)


def test_mouth_opening_counts_in_speech_only():
    phones = (Phone("AA", 0.0, 30.0), Phone("SIL", 30.0, 60.0))
    jaw = np.where(np.arange(FRAMES) < 750, 0.5, 0.0) * JAW_OPEN_RADIANS
    result = face_statistics([performance(jaw=jaw, phones=phones)])
    assert result.opening_mean == pytest.approx(0.014, rel=1e-4)
    assert result.opening_max == pytest.approx(0.014, rel=1e-4)
    assert result.opening_95 == pytest.approx(0.014, rel=1e-4)
    assert result.jaw_95_degrees == pytest.approx(8.0, rel=1e-4)


def test_brows():
    up = np.zeros(FRAMES)
    up[100:120] = up[700:720] = 0.6
    result = face_statistics([performance(browInnerUp=up, browOuterUpLeft=up, browOuterUpRight=up)])
    assert result.brow_raises_per_minute == pytest.approx(2.0)
    assert result.brow_mean == pytest.approx(0.6 * 40 / FRAMES, rel=1e-4)


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(ValueError, match="one frame rate"):
        head_statistics([])
    with pytest.raises(ValueError, match="one frame rate"):
        head_statistics([performance(), performance(fps=30.0)])
    with pytest.raises(ValueError, match="lids and brows"):
        face_statistics([performance(basis="flame")])
