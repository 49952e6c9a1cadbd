"""Bezier curves through a few values, fitted to all."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.clip.bezier_fit import fit

RNG = np.random.default_rng(5)


def keys_at(count, *columns):
    keys = np.zeros((count, len(columns)), bool)
    for column, frames in enumerate(columns):
        keys[list(frames), column] = True
    return keys


def curve(frames, values, slopes, at):
    """The cubics of the module's description, written again."""
    k = min(int(np.searchsorted(frames, at, side="right")) - 1, len(frames) - 2)
    h = frames[k + 1] - frames[k]
    u = (at - frames[k]) / h
    third = [values[k], values[k] + slopes[k] * h / 3, values[k + 1] - slopes[k + 1] * h / 3, values[k + 1]]
    weights = [(1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u * u * (1 - u), u**3]
    return sum(w * p for w, p in zip(weights, third, strict=True))


def test_cubic_motion_is_met_exactly():
    t = np.arange(21.0)
    values = np.column_stack([0.002 * t**3 - 0.03 * t**2 + t, np.full(21, 3.0)])
    found = fit(values, keys_at(21, [0, 9, 20], [0, 20]))
    np.testing.assert_allclose(found.values, values, atol=0.02)  # the slopes' prior draws a little
    np.testing.assert_allclose(found.slopes[9, 0], 0.006 * 81 - 0.06 * 9 + 1, atol=0.01)


def test_the_curves_are_blenders_with_handles_at_a_third():
    values = RNG.standard_normal((30, 2)).cumsum(axis=0)
    keys = keys_at(30, [0, 4, 11, 12, 29], [0, 17, 29])
    found = fit(values, keys)
    for column in range(2):
        own = np.flatnonzero(keys[:, column])
        shown = [curve(own, values[own, column], found.slopes[own, column], t) for t in range(30)]
        np.testing.assert_allclose(found.values[:, column], shown, atol=1e-9)
    np.testing.assert_array_equal(found.slopes[~keys], 0.0)


def test_keys_keep_their_values_and_no_other_slopes_are_nearer():
    values = RNG.standard_normal((40, 3)).cumsum(axis=0)
    keys = keys_at(40, [0, 7, 20, 39], [0, 13, 39], [0, 39])
    found = fit(values, keys)
    np.testing.assert_allclose(found.values[keys], values[keys], atol=1e-12)
    own = np.flatnonzero(keys[:, 0])

    def squares(slopes):
        return sum((curve(own, values[own, 0], slopes, t) - values[t, 0]) ** 2 for t in range(40))

    best = squares(found.slopes[own, 0])
    for place in range(len(own)):
        for step in (-0.02, 0.02):
            other = found.slopes[own, 0].copy()
            other[place] += step
            assert squares(other) > best


def test_neighbouring_frames_as_keys_keep_the_motions_own_slope():
    values = np.sin(np.arange(12) / 2.0)[:, None]
    found = fit(values, np.ones((12, 1), bool))
    np.testing.assert_allclose(found.slopes[1:-1], 0.5 * (values[2:] - values[:-2]), atol=1e-9)
    np.testing.assert_allclose(found.values, values, atol=1e-12)


def test_channels_do_not_know_of_each_other():
    values = RNG.standard_normal((25, 4)).cumsum(axis=0)
    keys = keys_at(25, [0, 24], [0, 3, 24], [0, 1, 2, 24], [0, 12, 24])
    together = fit(values, keys)
    for column in range(4):
        alone = fit(values[:, [column]], keys[:, [column]])
        np.testing.assert_allclose(together.slopes[:, [column]], alone.slopes, atol=1e-9)


def test_segments_are_counted_over_all_channels():
    found = fit(np.zeros((5, 2)), keys_at(5, [0, 2, 4], [0, 4]))
    assert len(np.unique(found.segment)) == 3
    assert found.segment[1, 0] == found.segment[0, 0] != found.segment[2, 0] == found.segment[4, 0]


@pytest.mark.parametrize("keys", [keys_at(5, [0, 2]), keys_at(5, [2, 4]), keys_at(4, [0, 3])])
def test_ends_must_be_keys(keys):
    with pytest.raises(ValueError, match="must be keys"):
        fit(np.zeros((5, 1)), keys)
