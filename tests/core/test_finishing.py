"""Lead and smoothing on any rig: what touches still touches."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.clip.curves import Performance, Signals
from addon.core.clip.finishing import MOST_LEAD, Finishing, finished
from addon.core.clip.rotation import quaternions, vectors
from addon.core.rig_layout import RigLayout

FRAMES = 100
LAYOUT = RigLayout(None, (), "head", ())


def performance(values, contacts=(), **turns):
    rotations = {
        joint: quaternions(np.column_stack([angle, np.zeros((FRAMES, 2))])) for joint, angle in turns.items()
    }
    names = tuple(f"s{index}" for index in range(np.shape(values)[1]))
    return Performance(LAYOUT, Signals(25.0, names, np.asarray(values, np.float64), rotations), contacts)


def talk(seed=0):
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.standard_normal((FRAMES, 3)), axis=0)


def test_nothing_changes_where_nothing_is_asked():
    played = performance(talk())
    assert finished(played, [3, 4], Finishing()) == (played, (3, 4))


def test_lips_come_earlier_and_the_head_stays():
    values = talk()
    played = performance(values, jaw=values[:, 0] / 50, neck=values[:, 1] / 50)
    made, _ = finished(played, [], Finishing(lead=0.08))
    np.testing.assert_allclose(made.signals.values[:-2], values[2:])
    jaw = vectors(made.signals.rotations["jaw"])[:, 0]
    np.testing.assert_allclose(jaw[:-2], values[2:, 0] / 50, atol=1e-9)
    np.testing.assert_array_equal(made.signals.rotations["neck"], played.signals.rotations["neck"])
    late, _ = finished(played, [], Finishing(lead=-0.04))
    np.testing.assert_allclose(late.signals.values[1:], values[:-1])


@pytest.mark.parametrize("lead", [0.01, 0.03, -0.05, 0.11])
def test_a_contact_is_shown_exactly_by_the_frame_nearest_to_it(lead):
    values = talk()
    played = performance(values, (20,), jaw=values[:, 0] / 50)
    made, contacts = finished(played, [50, 51], Finishing(lead=lead))
    assert made.contacts == (round(20 - lead * 25),)
    for frame, now in zip((20, 50, 51), (*made.contacts, *contacts), strict=True):
        np.testing.assert_array_equal(made.signals.values[now], values[frame])
        np.testing.assert_allclose(
            vectors(made.signals.rotations["jaw"])[now, 0], values[frame, 0] / 50, atol=1e-9
        )


def test_a_lead_that_changes_never_runs_backwards():
    lead = np.linspace(MOST_LEAD, -MOST_LEAD, FRAMES)
    lead[50:] = -MOST_LEAD
    lead[:50] = MOST_LEAD
    made, _ = finished(performance(np.arange(FRAMES)[:, None] * 1.0), [], Finishing(lead=lead))
    assert (np.diff(made.signals.values[:, 0]) >= 0).all()
    assert made.signals.values[10, 0] == 15
    assert made.signals.values[90, 0] == 85


def test_smoothing_takes_quick_motion_and_leaves_slow():
    t = np.arange(FRAMES) / 25
    values = np.column_stack([np.sin(2 * np.pi * 0.5 * t), np.sin(2 * np.pi * 8 * t)])
    made, _ = finished(performance(values), [], Finishing(smoothing=0.06))
    left = made.signals.values[10:-10].std(axis=0) / values[10:-10].std(axis=0)
    assert left[0] > 0.95
    # The transfer function of a Gaussian, exp(-(2 pi f s)^2 / 2).
    assert left[1] == pytest.approx(np.exp(-0.5 * (2 * np.pi * 8 * 0.06) ** 2), abs=0.01)


def test_smoothing_keeps_contacts_exactly_and_has_no_step_beside_them():
    values = talk()
    made, contacts = finished(performance(values, (30,)), [60], Finishing(smoothing=0.1))
    assert (made.contacts, contacts) == ((30,), (60,))
    for frame in (30, 60):
        np.testing.assert_array_equal(made.signals.values[frame], values[frame])
    assert np.abs(np.diff(made.signals.values, axis=0)).max() <= np.abs(np.diff(values, axis=0)).max()
    assert np.abs(made.signals.values - values).max() > 0.5


def test_smoothing_may_change_over_time():
    values = talk()
    width = np.where(np.arange(FRAMES) < 50, 0.0, 0.1)
    made, _ = finished(performance(values, neck=values[:, 0]), [], Finishing(smoothing=width))
    np.testing.assert_allclose(made.signals.values[:50], values[:50], atol=1e-12)
    assert np.abs(made.signals.values[60:] - values[60:]).max() > 0.3
    assert np.linalg.norm(made.signals.rotations["neck"], axis=1) == pytest.approx(1.0)


def test_ends_are_not_drawn_to_zero():
    made, _ = finished(performance(np.full((FRAMES, 1), 3.0)), [], Finishing(smoothing=0.2, lead=0.2))
    np.testing.assert_allclose(made.signals.values, 3.0)


@pytest.mark.parametrize("wrong", [{"lead": 0.3}, {"smoothing": -0.01}, {"smoothing": np.array([0.0, 0.5])}])
def test_numbers_out_of_range(wrong):
    with pytest.raises(ValueError, match="smoothing 0 to"):
        Finishing(**wrong)
