"""A stretch of dense motion as few Bezier keys."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.channel import Channel, ChannelCurve, ChannelKind
from addon.core.clip.bezier_fit import fit
from addon.core.clip.few_keys import few_keys, thinning_of

FRAMES = np.arange(60.0)
CHANNEL = Channel("keys", ChannelKind.SHAPE_KEY, 'key_blocks["jaw"].value', 0, "jaw")


def waves(*speeds):
    return np.stack([np.sin(speed * FRAMES) for speed in speeds], axis=1)


@pytest.mark.parametrize("allowed", [0.3, 0.05, 0.003])
def test_none_is_farther_off_than_it_may_be(allowed):
    values = waves(0.2, 0.5)
    wanted = np.zeros(60, bool)
    wanted[[20, 33]] = True
    keys, slopes = few_keys(values, wanted, np.array([allowed, 1.0]))
    assert keys[[0, 20, 33, 59]].all()
    assert keys.sum() < 40
    found = fit(values, np.repeat(keys[:, None], 2, axis=1))
    assert np.abs(found.values - values)[:, 0].max() <= allowed + 1e-5
    assert np.array_equal(slopes, found.slopes)


def test_what_is_exact_already_gets_no_more_keys():
    values = (0.1 * FRAMES)[:, None]
    keys, _ = few_keys(values, np.zeros(60, bool), np.zeros(1))
    assert np.flatnonzero(keys).tolist() == [0, 59]


def test_how_a_channel_was_thinned():
    dense = ChannelCurve(CHANNEL, FRAMES, waves(0.3)[:, 0])
    own = np.array([0.0, 9.0, 30.0, 45.0, 59.0])
    found = fit(dense.values[:, None], np.isin(FRAMES, own)[:, None])
    at = own.astype(int)
    thin = ChannelCurve(CHANNEL, own, dense.values[at], found.slopes[at, 0])
    way = thinning_of(dense, thin)
    assert way is not None
    assert way.frames.tolist() == own.tolist()
    assert way.curved
    assert way.off == pytest.approx(np.abs(found.values[:, 0] - dense.values).max())
    assert thinning_of(dense, dense) is None
    straight = thinning_of(dense, ChannelCurve(CHANNEL, own, dense.values[at]))
    assert straight is not None
    assert not straight.curved
