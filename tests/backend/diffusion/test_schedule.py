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
