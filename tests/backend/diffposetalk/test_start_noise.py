import numpy as np
import pytest
import torch

from elocute.models.diffposetalk.start_noise import livelier_start

NOISE = torch.randn(2, 400, 6, generator=torch.Generator().manual_seed(1))


def slow_share(values):
    """Share of the power under 1 Hz at 25 frames a second."""
    power = np.abs(np.fft.rfft(values.numpy(), axis=1)) ** 2
    return power[:, 1:17].sum() / power[:, 1:].sum()


def test_slow_movement_is_added_to_the_columns_named():
    livelier = livelier_start(NOISE, (1, 4), 4.0, 8.0)
    untouched = [0, 2, 3, 5]
    assert torch.equal(livelier[..., untouched], NOISE[..., untouched])
    assert slow_share(livelier[..., [1, 4]]) > 3 * slow_share(NOISE[..., [1, 4]])
    quick = torch.diff(livelier[..., [1, 4]], dim=1).std() / torch.diff(NOISE[..., [1, 4]], dim=1).std()
    assert float(quick) == pytest.approx(1.0, abs=0.05)  # what is quick stays as it was


@pytest.mark.parametrize(("columns", "amount"), [((1, 4), 0.0), ((), 3.0)])
def test_nothing_to_add_leaves_the_noise_as_it_is(columns, amount):
    assert livelier_start(NOISE, columns, amount, 8.0) is NOISE


def test_the_noise_given_stays_as_it_was():
    before = NOISE.clone()
    livelier_start(NOISE, range(6), 2.0, 8.0)
    assert torch.equal(NOISE, before)
