import math

import pytest
import torch

from elocute.diffusion.kinds import SCHEDULE_KINDS
from elocute.diffusion.schedule import NoiseSchedule
from elocute.errors import InputError, SettingsError


@pytest.mark.parametrize("kind", SCHEDULE_KINDS)
def test_noise_only_grows(kind):
    schedule = NoiseSchedule.make(kind, 50)
    assert schedule.steps == 50
    assert (schedule.alpha_bars[1:] < schedule.alpha_bars[:-1]).all()
    assert schedule.betas.dtype == schedule.alpha_bars.dtype == torch.float32


def test_linear_and_quadratic_ends():
    for kind in ("linear", "quadratic"):
        betas = NoiseSchedule.make(kind, 11).betas
        assert betas[0].item() == pytest.approx(1e-4)
        assert betas[-1].item() == pytest.approx(0.02)
    middle = NoiseSchedule.make("quadratic", 11).betas[5].item()
    assert middle == pytest.approx(((math.sqrt(1e-4) + math.sqrt(0.02)) / 2) ** 2)


def test_sigmoid_middle_is_half_way():
    assert NoiseSchedule.make("sigmoid", 11).betas[5].item() == pytest.approx((1e-4 + 0.02) / 2)


def test_cosine_follows_its_formula_and_is_clipped():
    schedule = NoiseSchedule.make("cosine", 500)

    def signal(t):
        return math.cos((t / 500 + 0.008) / 1.008 * math.pi / 2) ** 2

    assert schedule.alpha_bars[249].item() == pytest.approx(signal(250) / signal(0), rel=1e-4)
    assert schedule.betas[-1].item() == pytest.approx(0.999)
    assert schedule.betas.min().item() == pytest.approx(1e-4)


@pytest.mark.parametrize("betas", [[0.1, -0.1], [0.1, 1.0], [0.0], [], [[0.1]], [float("nan")]])
def test_numbers_that_are_no_variances(betas):
    with pytest.raises(InputError, match="not between 0 and 1"):
        NoiseSchedule(torch.tensor(betas))


def test_unknown_kind_and_no_steps():
    with pytest.raises(SettingsError, match="no noise schedule 'cubic'"):
        NoiseSchedule.make("cubic", 10)
    with pytest.raises(SettingsError, match="at least one step"):
        NoiseSchedule.make("linear", 0)


def test_cosine_with_limits_of_its_own():
    """Without a floor the first variances are those of the formula: 4.128e-5 for 1000 steps."""
    free, clipped = NoiseSchedule.cosine(1000, lowest=0.0), NoiseSchedule.make("cosine", 1000)
    assert free.betas[0].item() == pytest.approx(4.128e-5, rel=1e-3)
    assert free.betas[-1].item() == pytest.approx(0.999)
    assert free.alpha_bars[-1].item() == pytest.approx(2.43e-9, rel=1e-2)
    assert clipped.betas[0].item() == pytest.approx(1e-4)
    assert NoiseSchedule.cosine(10, highest=0.5).betas.max().item() == pytest.approx(0.5)


def test_add_noise_with_a_timestep_for_each_sample():
    schedule = NoiseSchedule.make("cosine", 10)
    t = torch.tensor([[1, 10], [5, 3]])
    x_0, noise = torch.randn(2, 2, 4, 3), torch.randn(2, 2, 4, 3)
    noisy = schedule.add_noise(x_0, noise, t)
    signal = torch.cumprod(1 - schedule.betas.double(), 0)
    for row in range(2):
        for column in range(2):
            kept = signal[t[row, column] - 1].item()
            expected = kept**0.5 * x_0[row, column] + (1 - kept) ** 0.5 * noise[row, column]
            assert torch.allclose(noisy[row, column], expected, atol=1e-6)


def test_share_of_the_signal_at_a_step():
    schedule = NoiseSchedule.make("linear", 10)
    assert schedule.alpha_bar(0) == 1.0
    assert schedule.alpha_bar(1) == pytest.approx(1 - 1e-4)
    assert schedule.alpha_bar(10) == pytest.approx(float(schedule.alpha_bars[-1]))
