"""Each sampler against its closed form, in float64."""

import itertools

import pytest
import torch

from elocute.diffusion.kinds import SAMPLER_KINDS
from elocute.diffusion.loop import sample_window
from elocute.diffusion.noise import SeededNoise
from elocute.diffusion.sampler import SAMPLERS, StochasticDdim, make_sampler
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.timesteps import choose_timesteps, even_timesteps, from_indices, late_timesteps
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


def test_every_kind_has_a_solver():
    assert set(SAMPLERS) == set(SAMPLER_KINDS)
    assert [make_sampler(kind, NoiseSchedule.make("linear", 4)).random for kind in SAMPLERS] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("target", ["sample", "noise"])
@pytest.mark.parametrize("eta", [0.0, 0.6, 1.0])
def test_stochastic_ddim_formula(schedule, target, eta):
    """sigma^2 = eta^2 (1 - a/b)(1 - b)/(1 - a), x_u = sqrt(b) x_0 + sqrt(1 - b - sigma^2) e + sigma z."""
    _, alpha_bar = tables(schedule)
    sampler = StochasticDdim(schedule, (20, 13, 7, 2), target, eta=eta)
    assert sampler.random == (eta > 0)
    states = list(walk(sampler, 4))
    assert torch.equal(states[-1][1], sampler.clean(states[-2][2], 2, states[-2][1]))  # no noise in the last
    for (t, x_t, predicted, z), (after, following, _, _) in itertools.pairwise(states[:-1]):
        a, b = alpha_bar[t], alpha_bar[after]
        x, prediction = x_t.double(), predicted.double()
        e = prediction if target == "noise" else (x - a.sqrt() * prediction) / (1 - a).sqrt()
        x_0 = prediction if target == "sample" else (x - (1 - a).sqrt() * e) / a.sqrt()
        variance = eta**2 * (1 - a / b) * (1 - b) / (1 - a)
        expected = b.sqrt() * x_0 + (1 - b - variance).sqrt() * e + variance.sqrt() * z
        assert torch.allclose(following.double(), expected, atol=1e-5)


@pytest.mark.parametrize(("eta", "kind"), [(0.0, "ddim"), (1.0, "ddpm")])
def test_the_ends_of_eta_are_the_library_s_solvers(schedule, eta, kind):
    steps = (20, 13, 7, 2)
    own = list(walk(StochasticDdim(schedule, steps, eta=eta), 4))
    library = list(walk(make_sampler(kind, schedule, timesteps=steps), 4))
    for ours, theirs in zip(own, library, strict=True):
        assert ours[0] == theirs[0]
        assert torch.allclose(ours[1], theirs[1], atol=1e-5)


def test_stochastic_ddim_limits_x_0(schedule):
    _, alpha_bar = tables(schedule)
    a, b = alpha_bar[20], alpha_bar[9]
    x, noise = 2 * randn(1, 2, 5, 3), randn(2, 2, 5, 3)
    clean = ((x - (1 - a).sqrt() * noise) / a.sqrt()).clamp(-1, 1)
    assert clean.abs().max() == 1
    fresh = randn(3, 2, 5, 3)
    deviation = ((1 - a / b) * (1 - b) / (1 - a)).sqrt()
    for recompute in (True, False):
        sampler = StochasticDdim(schedule, (20, 9), "noise", clamp=1.0, recompute_noise=recompute)
        e = (x - a.sqrt() * clean) / (1 - a).sqrt() if recompute else noise
        expected = b.sqrt() * clean + (1 - b - deviation**2).sqrt() * e + deviation * fresh
        assert torch.allclose(sampler.step(noise, 20, x, fresh).double(), expected.double(), atol=1e-4)
        assert torch.allclose(sampler.clean(noise, 20, x).double(), clean.double(), atol=1e-5)


@pytest.mark.parametrize("kind", ["ddpm", "ddim", "dpmpp"])
def test_what_a_prediction_of_noise_says_of_x_0(schedule, kind):
    _, alpha_bar = tables(schedule)
    truth, noise = randn(1, 2, 5, 3), randn(2, 2, 5, 3)
    a = alpha_bar[8]
    x = (a.sqrt() * truth + (1 - a).sqrt() * noise).float()
    assert torch.allclose(make_sampler(kind, schedule, target="noise").clean(noise, 8, x), truth, atol=1e-4)
    assert make_sampler(kind, schedule).clean(truth, 8, x) is truth


def test_random_samplers_draw_for_every_step_but_the_last():
    asked = []

    class Counting(SeededNoise):
        def step(self, window, index, shape):
            asked.append(index)
            return super().step(window, index, shape)

    schedule = NoiseSchedule.make("cosine", 1000)
    steps = even_timesteps(1000, 50)
    for sampler in (StochasticDdim(schedule, steps), make_sampler("ddpm", schedule, timesteps=steps)):
        asked.clear()
        noise = Counting.from_seed(0, 1)
        sample_window(lambda x, t: 0.5 * x, sampler, noise.start(2, 2), noise, 0, lambda *_: None)
        assert asked == [20 * k for k in range(49)]


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_any_eta_gives_the_distribution_of_the_data(eta):
    """Data of mean 2 and deviation 0.5, whose best prediction is linear in x_t."""
    schedule = NoiseSchedule.make("cosine", 1000)

    def predict(x, t):
        a = schedule.alpha_bar(t)
        return 2 + a**0.5 * 0.25 / (a * 0.25 + 1 - a) * (x - a**0.5 * 2)

    noise = SeededNoise.from_seed(0, 1)
    sampler = StochasticDdim(schedule, even_timesteps(1000, 100), eta=eta)
    made = sample_window(predict, sampler, noise.start(20000, 1), noise, 0, lambda *_: None)
    assert float(made.mean()) == pytest.approx(2, abs=0.02)
    assert float(made.std()) == pytest.approx(0.5, abs=0.02)


def test_even_timesteps_are_the_usual_indices_plus_one():
    assert even_timesteps(1000, 50) == tuple(range(1000, 0, -20))
    assert even_timesteps(10, 3) == (10, 6, 3)  # indices 9, 5.33, 1.67, -1
    for steps in range(1, 1001):
        listed = torch.linspace(-1, 999, steps + 1).int().tolist()
        assert even_timesteps(1000, steps) == from_indices(listed[::-1])
    assert from_indices([999, 19, 0, -1]) == (1000, 20, 1)
    assert from_indices([999, 19]) == (1000, 20)


def test_fewer_timesteps_end_where_all_of_them_do():
    published = even_timesteps(1000, 50)
    assert late_timesteps(published, 50) == published
    assert late_timesteps(published, 8) == (1000, 640, 380, 200, 100, 60, 40, 20)
    assert late_timesteps(published, 2) == (1000, 20)
    assert late_timesteps(published, 1) == (1000,)
    for count in range(2, 50):
        chosen = late_timesteps(published, count)
        assert len(set(chosen)) == count
        assert set(chosen) <= set(published)
        assert chosen[0] == 1000
        assert chosen[-1] == 20
        assert list(chosen) == sorted(chosen, reverse=True)
    with pytest.raises(SettingsError, match="1 to 50 steps"):
        late_timesteps(published, 51)


def test_timesteps_may_start_below_the_noisiest(schedule):
    """From a noised sample: the walk begins where it lies."""
    truth, noise = randn(3, 1, 5, 3), SeededNoise.from_seed(0, 1)
    sampler = make_sampler("ddim", schedule, timesteps=(6, 3, 1))
    x = schedule.add_noise(truth, noise.start(5, 3), torch.tensor([6]))
    assert torch.allclose(
        sample_window(lambda x, t: truth, sampler, x, noise, 0, lambda *_: None), truth, atol=1e-5
    )


@pytest.mark.parametrize("timesteps", [(), (3, 3), (2, 5), (21, 3), (3, 0)])
def test_timesteps_that_cannot_be(schedule, timesteps):
    for make in (StochasticDdim, lambda s, t: make_sampler("ddim", s, timesteps=t)):
        with pytest.raises(SettingsError, match="decreasing list of numbers from 20 to 1"):
            make(schedule, timesteps)


def test_settings_of_stochastic_ddim_that_cannot_be(schedule):
    with pytest.raises(SettingsError, match="eta must be between 0 and 1"):
        StochasticDdim(schedule, (2, 1), eta=1.5)
    with pytest.raises(SettingsError, match="positive number, not 0"):
        StochasticDdim(schedule, (2, 1), clamp=0.0)
    with pytest.raises(SettingsError, match="1 to 10 steps"):
        even_timesteps(10, 11)
    with pytest.raises(ValueError, match="not both"):
        make_sampler("ddim", schedule, 3, timesteps=(2, 1))
