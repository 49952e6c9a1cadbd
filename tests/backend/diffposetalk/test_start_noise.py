import numpy as np
import pytest
import torch

from elocute.models.diffposetalk.start_noise import boost_low_frequencies

NOISE = torch.randn(2, 400, 6, generator=torch.Generator().manual_seed(1))


def low_share(values):
    """Share of the power under 1 Hz at 25 frames a second."""
    power = np.abs(np.fft.rfft(values.numpy(), axis=1)) ** 2
    return power[:, 1:17].sum() / power[:, 1:].sum()


def test_low_frequencies_are_added_to_the_columns_named():
    boosted = boost_low_frequencies(NOISE, (1, 4), 4.0, 8.0)
    untouched = [0, 2, 3, 5]
    assert torch.equal(boosted[..., untouched], NOISE[..., untouched])
    assert low_share(boosted[..., [1, 4]]) > 3 * low_share(NOISE[..., [1, 4]])
    high = torch.diff(boosted[..., [1, 4]], dim=1).std() / torch.diff(NOISE[..., [1, 4]], dim=1).std()
    assert float(high) == pytest.approx(1.0, abs=0.05)  # high frequencies stay as they were


@pytest.mark.parametrize(("columns", "amount"), [((1, 4), 0.0), ((), 3.0)])
def test_nothing_to_add_leaves_the_noise_as_it_is(columns, amount):
    assert boost_low_frequencies(NOISE, columns, amount, 8.0) is NOISE


def test_the_noise_given_stays_as_it_was():
    before = NOISE.clone()
    boost_low_frequencies(NOISE, range(6), 2.0, 8.0)
    assert torch.equal(NOISE, before)
