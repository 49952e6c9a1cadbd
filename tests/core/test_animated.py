"""Options that are keyed: over seconds for the service, over frames for what is keyed."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.animated import MOST_POINTS, Animated, simplified
from addon.core.clip.clip import Clip
from addon.core.clip.timebase import SceneTime
from addon.core.options import SceneOptions, job_settings
from addon.core.played_options import finishing_of, strength_of


def animated(**curves):
    return Animated(24.0, curves)


RISE = tuple((float(frame), 0.5 + (frame - 49) / 48) for frame in range(49, 98))
"""From 0.5 at frame 49 to 1.5 at frame 97: 2 and 4 s after frame 1."""


def test_a_curve_over_the_seconds_of_a_recording():
    assert animated(x=RISE).seconds("x", 1) == ((2.0, 0.5), (4.0, 1.5))


def test_what_is_keyed_before_the_line_is_where_it_begins():
    points = animated(x=RISE).seconds("x", 73)
    assert points == pytest.approx(np.array([[0.0, 1.0], [1.0, 1.5]]))
    assert animated(x=RISE).seconds("x", 200) == ((0.0, 1.5),)


def test_a_faster_recording_reaches_it_later_in_its_own_seconds():
    assert animated(x=RISE).seconds("x", 1, speed=2.0) == ((4.0, 0.5), (8.0, 1.5))


def test_steps_stay_steps():
    step = tuple((float(frame), float(frame >= 30)) for frame in range(1, 60))
    points = animated(x=step).seconds("x", 1)
    assert np.interp([28 / 24, 29 / 24], *zip(*points, strict=True)).tolist() == [0.0, 1.0]
    assert len(points) == 4


def test_no_curve_has_more_points_than_are_sent():
    noise = np.random.default_rng(0).standard_normal(3000)
    kept = simplified(np.arange(3000.0), noise)
    assert len(kept) == MOST_POINTS
    assert set(kept[[0, -1]]) == {0, 2999}


def test_few_points_are_near_to_all():
    t = np.linspace(0, 10, 500)
    values = np.sin(t)
    kept = simplified(t, values)
    assert len(kept) < 150
    assert np.abs(np.interp(t, t[kept], values[kept]) - values).max() <= 2e-3


def test_keyed_numbers_are_sent_as_curves_and_others_as_numbers():
    options = SceneOptions(start_frame=1, intensity=0.7, gaze=1.2, animated=animated(intensity=RISE))
    settings = job_settings(options)
    assert settings.curves == {"intensity": ((2.0, 0.5), (4.0, 1.5))}
    assert settings.options == {"gaze": 1.2}
    assert job_settings(options, 49).curves == {"intensity": ((0.0, 0.5), (2.0, 1.5))}


def test_what_is_switched_off_is_not_sent_whatever_is_keyed():
    settings = job_settings(SceneOptions(animated=animated(intensity=RISE)))
    assert settings.curves == {}
    assert settings.options == {}


def clip(frames=125):
    still = np.zeros((frames, 3), np.float32)
    return Clip(25.0, "b", np.zeros((frames, 2), np.float32), still, still)


def test_strengths_follow_their_keys_in_every_frame_of_the_clip():
    options = SceneOptions(brows_strength=0.3, animated=animated(mouth_strength=RISE))
    strength = strength_of(options, clip(), SceneTime(24.0, 1))
    assert strength.brows == pytest.approx(0.3)
    assert strength.mouth[[0, 50, 75, 100, 124]] == pytest.approx([0.5, 0.5, 1.0, 1.5, 1.5])
    assert strength_of(options).mouth == 1.0


def test_energy_is_in_every_region_but_the_lids():
    strength = strength_of(SceneOptions(energy=0.25, head_strength=2.0))
    assert (strength.mouth, strength.jaw, strength.brows) == (0.5, 0.5, 0.25)
    assert (strength.lids, strength.gaze, strength.head) == (1.0, 0.25, 0.5)
    assert strength_of(SceneOptions(energy=2.0, head_strength=2.0)).head == 2.0
    assert strength_of(SceneOptions()).is_plain


def test_lead_and_smoothing_are_milliseconds_and_may_be_keyed():
    options = SceneOptions(lead=40.0, smoothing=20.0, animated=animated(lead=((1.0, 0.0), (121.0, 200.0))))
    finishing = finishing_of(options, clip(), SceneTime(24.0, 1))
    assert finishing.smoothing == pytest.approx(0.02)
    assert finishing.lead[[0, 124]] == pytest.approx([0.0, 0.2 * 124 * 24 / 25 / 120])
    assert finishing_of(SceneOptions()).does_nothing
