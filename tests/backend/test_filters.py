"""Against SciPy's filters of the same kind."""

import numpy as np
import pytest
from scipy import ndimage, signal

from elocute import filters

RANDOM = np.random.default_rng(8)


@pytest.mark.parametrize("ends", [("edge", "nearest"), ("symmetric", "reflect")])
@pytest.mark.parametrize("deviation", [0.05, 0.7, 2.5, 8.0, 40.0])
@pytest.mark.parametrize("shape", [(1,), (3,), (57,), (57, 4), (2, 30, 3)])
def test_gaussian(shape, deviation, ends):
    values = RANDOM.standard_normal(shape)
    for axis in range(values.ndim):
        ours = filters.gaussian(values, deviation, axis=axis, ends=ends[0], reach=3.0)
        theirs = ndimage.gaussian_filter1d(values, deviation, axis=axis, mode=ends[1], truncate=3.0)
        assert np.allclose(ours, theirs, atol=1e-12)
    assert filters.gaussian(values.astype(np.float32), deviation).dtype == np.float32


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 10])
def test_median(size):
    values = RANDOM.standard_normal(40)
    assert np.array_equal(filters.median(values, size), ndimage.median_filter(values, size, mode="nearest"))
    said = values > 0
    assert np.array_equal(filters.median(said, size), ndimage.median_filter(said, size, mode="nearest"))
    table = RANDOM.standard_normal((40, 3))
    theirs = ndimage.median_filter(table, (size, 1), mode="nearest")
    assert np.array_equal(filters.median(table, size), theirs)


@pytest.mark.parametrize("size", [1, 3, 5, 41])
def test_moving_mean(size):
    values = RANDOM.standard_normal((50, 60))
    for axis in (0, 1):
        ours = filters.moving_mean(values, size, axis=axis)
        assert np.allclose(ours, ndimage.uniform_filter1d(values, size, axis=axis), atol=1e-12)
    short = RANDOM.standard_normal(2)
    assert np.allclose(filters.moving_mean(short, size), ndimage.uniform_filter1d(short, size))


def test_a_moving_mean_keeps_small_numbers_beside_large_ones():
    values = np.r_[1e12, np.full(20, 1e-9)]
    assert filters.moving_mean(values, 3)[5] == pytest.approx(1e-9)


def test_highest_on_one_side():
    values, span = RANDOM.standard_normal(60), 11
    before = ndimage.maximum_filter1d(values, span, origin=span // 2, mode="nearest")
    after = ndimage.maximum_filter1d(values, span, origin=-(span // 2), mode="nearest")
    assert np.array_equal(filters.highest_before(values, span), before)
    assert np.array_equal(filters.highest_after(values, span), after)


@pytest.mark.parametrize("seed", range(20))
def test_peaks(seed):
    random = np.random.default_rng(seed)
    smooth = 10 * ndimage.gaussian_filter1d(random.standard_normal(200), 1.5)
    level = np.round(smooth)  # with level tops; which of two equal ones stays is not said
    for values, apart, prominence in ((level, 1, 0.0), (level, 1, 2.0), (smooth, 4, 2.5), (smooth, 9, 0.5)):
        theirs, _ = signal.find_peaks(values, distance=apart, prominence=prominence)
        ours = filters.peaks(values, apart=apart, prominence=prominence)
        assert ours.tolist() == theirs.tolist()
    for flat in (np.zeros(5), np.arange(5.0), np.zeros(1)):
        assert filters.peaks(flat, apart=4, prominence=1.0).tolist() == []
