"""Each sampler against its closed form, in float64."""

import itertools

import pytest
import torch

from elocute.diffusion.loop import sample_window
from elocute.diffusion.noise import SeededNoise
from elocute.diffusion.sampler import make_sampler
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.timesteps import choose_timesteps
from elocute.errors import Cancelled, SettingsError

STEPS = 20


@pytest.fixture(params=["cosine", "linear"])
def schedule(request):
    return NoiseSchedule.make(request.param, STEPS)


def tables(schedule):
    beta = torch.cat([torch.zeros(1), schedule.betas]).double()  # index 0 is the clean end
    return beta, torch.cumprod(1 - beta, 0)


def randn(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def walk(sampler, count):
    """x after the first ``count`` steps of ``sampler`` from a fixed start, predictions and noise."""
    sampler.restart()
    x = randn(0, 2, 5, 3)
    for index, t in enumerate(sampler.timesteps[:count]):
        yield t, x, randn(100 + index, 2, 5, 3), randn(200 + index, 2, 5, 3)
        x = sampler.step(randn(100 + index, 2, 5, 3), t, x, randn(200 + index, 2, 5, 3))
    yield 0, x, None, None


@pytest.mark.parametrize("target", ["sample", "noise"])
def test_ddpm_is_ancestral_sampling_with_posterior_variance(schedule, target):
    beta, alpha_bar = tables(schedule)
    states = list(walk(make_sampler("ddpm", schedule, None, target), STEPS))
    assert [state[0] for state in states] == [*range(STEPS, 0, -1), 0]
    for (t, x, prediction, noise), (_, following, _, _) in itertools.pairwise(states):
        before = alpha_bar[t - 1]
        if target == "sample":
            mean = (before.sqrt() * beta[t] * prediction + (1 - beta[t]).sqrt() * (1 - before) * x) / (
                1 - alpha_bar[t]
            )
        else:
            mean = (x - beta[t] / (1 - alpha_bar[t]).sqrt() * prediction) / (1 - beta[t]).sqrt()
        deviation = ((1 - before) / (1 - alpha_bar[t]) * beta[t]).sqrt()
        expected = mean + deviation * noise.double()
        assert torch.allclose(following.double(), expected, atol=1e-5)


def test_last_ddpm_step_adds_no_noise(schedule):
    states = list(walk(make_sampler("ddpm", schedule), STEPS))
    assert torch.allclose(states[-1][1], states[-2][2], atol=1e-6)  # the predicted clean sample itself


@pytest.mark.parametrize("steps", [STEPS, 7])
def test_ddim_formula(schedule, steps):
    _, alpha_bar = tables(schedule)
    sampler = make_sampler("ddim", schedule, steps)
    states = list(walk(sampler, steps))
    for (t, x, clean, _), (after, following, _, _) in itertools.pairwise(states):
        direction = (x.double() - alpha_bar[t].sqrt() * clean) / (1 - alpha_bar[t]).sqrt()
        expected = alpha_bar[after].sqrt() * clean + (1 - alpha_bar[after]).sqrt() * direction
        assert torch.allclose(following.double(), expected, atol=1e-5)


def test_dpmpp_second_step_is_the_multistep_formula(schedule):
    """DPM-Solver++(2M), Lu et al. 2022, algorithm 2."""
    _, alpha_bar = tables(schedule)
    sampler = make_sampler("dpmpp", schedule, 6)
    states = list(walk(sampler, 2))
    (_, _, first, _), (_, x, second, _), (_, following, _, _) = states
    earlier, now, after = sampler.timesteps[:3]
    log_snr = 0.5 * (alpha_bar.log() - (1 - alpha_bar).log())
    h, previous_h = log_snr[after] - log_snr[now], log_snr[now] - log_snr[earlier]
    ratio = previous_h / h
    blended = (1 + 1 / (2 * ratio)) * second.double() - 1 / (2 * ratio) * first.double()
    sigma = (1 - alpha_bar).sqrt()
    expected = sigma[after] / sigma[now] * x.double() - alpha_bar[after].sqrt() * torch.expm1(-h) * blended
    assert torch.allclose(following.double(), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["cosine", "linear", "quadratic", "sigmoid"])
@pytest.mark.parametrize("total", [2, 3, 20, 500])
def test_any_number_of_steps_falls_from_the_noisiest_to_the_last(kind, total):
    schedule = NoiseSchedule.make(kind, total)
    for steps in {1, 2, 3, total // 2, total - 1, total} - {0}:
        if steps > total:
            continue
        chosen = choose_timesteps(schedule, steps)
        assert len(chosen) == steps
        assert chosen[0] == total
        assert all(a > b for a, b in itertools.pairwise(chosen))
        assert chosen[-1] == 1 or steps == 1
    assert choose_timesteps(schedule, total) == tuple(range(total, 0, -1))


def test_few_steps_are_denser_at_both_ends_of_a_cosine_schedule():
    chosen = choose_timesteps(NoiseSchedule.make("cosine", 500), 12)
    assert chosen == (500, 496, 487, 460, 407, 331, 243, 157, 82, 32, 8, 1)


@pytest.mark.parametrize("kind", ["ddpm", "ddim", "dpmpp"])
def test_a_perfect_model_is_recovered_by_any_sampler(schedule, kind):
    truth = randn(3, 1, 5, 3)
    noise = SeededNoise.from_seed(0, 1)
    sampler = make_sampler(kind, schedule, 5)
    end = sample_window(lambda x, t: truth, sampler, noise.start(5, 3), noise, 0, lambda *_: None)
    assert torch.allclose(end, truth, atol=1e-5)


@pytest.mark.parametrize("kind", ["ddim", "dpmpp"])
def test_more_steps_approach_the_exact_path(kind):
    """For Gaussian data with deviation s the best prediction and the path of the ODE are known."""
    schedule = NoiseSchedule.make("linear", 1000)
    _, alpha_bar = tables(schedule)
    s = 0.5
    start = randn(5, 1, 4, 4)

    def predict(x, t):
        a = alpha_bar[t].item()
        return x * (a**0.5 * s**2 / (a * s**2 + 1 - a))

    exact = start * s / (alpha_bar[1000] * s**2 + 1 - alpha_bar[1000]).sqrt().item()

    def error(steps):
        sampler = make_sampler(kind, schedule, steps)
        end = sample_window(predict, sampler, start, SeededNoise.from_seed(0, 1), 0, lambda *_: None)
        return (end - exact).abs().max().item()

    assert error(100) < error(10) / 5
    assert error(100) < 0.05


def test_two_walks_with_one_sampler_agree(schedule):
    sampler = make_sampler("dpmpp", schedule, 5)
    first = list(walk(sampler, 5))[-1][1]
    assert torch.equal(first, list(walk(sampler, 5))[-1][1])


@pytest.mark.parametrize("steps", [0, -1, STEPS + 1])
def test_steps_out_of_range(schedule, steps):
    with pytest.raises(SettingsError, match="1 to 20 steps"):
        make_sampler("ddim", schedule, steps)


def test_unknown_sampler(schedule):
    with pytest.raises(SettingsError, match="no sampler 'euler'"):
        make_sampler("euler", schedule)


def test_loop_reports_each_step_and_stops_at_once(schedule):
    seen = []

    def on_step(done, steps):
        seen.append((done, steps))
        if done == 3:
            raise Cancelled

    calls = []

    def predict(x, t):
        calls.append(t)
        return x

    noise = SeededNoise.from_seed(0, 1)
    with pytest.raises(Cancelled):
        sample_window(predict, make_sampler("ddpm", schedule), noise.start(2, 2), noise, 0, on_step)
    assert seen == [(0, 20), (1, 20), (2, 20), (3, 20)]
    assert calls == [20, 19, 18]
