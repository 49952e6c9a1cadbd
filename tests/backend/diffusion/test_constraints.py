import numpy as np
import pytest
import torch

from elocute.diffusion.constraints import Known, nothing_held
from elocute.diffusion.loop import sample_window
from elocute.diffusion.noise import RecordedNoise, SeededNoise
from elocute.diffusion.sampler import StochasticDdim, make_sampler
from elocute.diffusion.timesteps import choose_timesteps
from elocute.diffusion.windows import WindowLayout, sample_together
from elocute.errors import SettingsError
from tests.backend.diffusion.markov_motion import RHO, SCHEDULE, Process, noise_of, sampling_of, seam_ratio

TAKES = 3000
SAMPLERS = {
    kind: (lambda kind=kind: make_sampler(kind, SCHEDULE, 12)) for kind in ("ddpm", "ddim", "dpmpp")
} | {"eta": lambda: StochasticDdim(SCHEDULE, choose_timesteps(SCHEDULE, 12), eta=0.5)}


@pytest.mark.parametrize("kind", SAMPLERS)
def test_held_numbers_have_the_noise_level_of_every_step(kind):
    sampler, noise = SAMPLERS[kind](), SeededNoise.from_seed(4, 2)
    values = torch.tensor([[5.0, -3.0]]).expand(6, 2)
    mask = torch.zeros(6, 2)
    mask[2, 0] = mask[4, 1] = 1
    seen = {}

    def observe(t, x, prediction, following):
        seen[t] = following

    clean = sample_window(
        lambda x, t: 0.5 * x,
        sampler,
        noise.start(6, 2),
        noise,
        3,
        lambda *_: None,
        observe,
        Known(mask, values).window(0, 6, torch.zeros(2, 6, 2)),
    )
    levels = (*sampler.timesteps[1:], 0)
    for t, u in zip(sampler.timesteps, levels, strict=True):
        kept = SCHEDULE.alpha_bar(u)
        expected = kept**0.5 * values + (1 - kept) ** 0.5 * noise.held(3, SCHEDULE.steps - u, (2, 6, 2))
        assert torch.allclose(seen[t][:, 2, 0], expected[:, 2, 0], atol=1e-6)
        assert torch.allclose(seen[t][:, 4, 1], expected[:, 4, 1], atol=1e-6)
    assert torch.equal(clean[:, 2, 0], torch.full((2,), 5.0))
    assert torch.equal(clean[:, 4, 1], torch.full((2,), -3.0))


@pytest.mark.parametrize("kind", SAMPLERS)
def test_holding_nothing_changes_nothing(kind):
    def sample(known):
        noise = SeededNoise.from_seed(4, 2)
        start = noise.start(6, 1)
        return sample_window(
            Process(6).predict, SAMPLERS[kind](), start, noise, 0, lambda *_: None, None, known
        )

    nothing = Known(torch.zeros(6, 1), torch.full((6, 1), torch.nan))
    assert torch.equal(sample(None), sample(nothing.window(0, 6, torch.zeros(2, 6, 1))))


def test_soft_edges_move_with_the_held_number_and_keep_their_noise():
    """By sqrt(a) m (v - x_0 at the held frame), as far as the model was from the held value."""
    alpha_bar, generator = 0.36, torch.Generator().manual_seed(0)
    x, x_0, noise = (torch.randn(2, 4, 1, generator=generator) for _ in range(3))
    mask = torch.tensor([[0.25], [0.5], [1.0], [0.0]])
    held = Known(mask, torch.full((4, 1), 2.0)).window(0, 4, x)
    imposed = held.impose(x, x_0, alpha_bar, noise)
    lacking = 2.0 - x_0[:, 2]
    assert torch.allclose(imposed[:, 0], x[:, 0] + 0.6 * 0.25 * lacking)
    assert torch.allclose(imposed[:, 1], x[:, 1] + 0.6 * 0.5 * lacking)
    assert torch.allclose(imposed[:, 2], 0.6 * 2.0 + 0.8 * noise[:, 2])
    assert torch.equal(imposed[:, 3], x[:, 3])
    clean = held.impose(x, x_0, 1.0, None)
    assert torch.allclose(clean[:, 1], x[:, 1] + 0.5 * lacking)
    assert torch.equal(clean[:, 2], torch.full((2, 1), 2.0))


def test_soft_edges_of_what_another_window_holds_are_drawn_once():
    """The held frame is not there to be compared with, so its value counts, and only at the end."""
    mask = torch.tensor([[0.0], [0.25], [0.5], [1.0]])
    x, x_0 = torch.zeros(1, 3, 1), torch.ones(1, 3, 1)
    held = Known(mask, torch.full((4, 1), 8.0)).window(0, 3, x)
    assert torch.equal(held.impose(x, x_0, 0.5, torch.ones(1, 3, 1)), x)
    assert held.impose(x, x_0, 1.0, None).flatten().tolist() == [0.0, 2.0, 4.0]


@pytest.mark.parametrize(("kind", "steps"), [("ddpm", None), ("dpmpp", 12)])
def test_free_frames_follow_what_is_held(kind, steps):
    """Around a held frame the mean is v RHO^distance; without soft edges the frame is a spike."""
    length, at, value = 33, 16, 2.0
    exact = value * RHO ** (torch.arange(length) - at).abs()

    def made(edge):
        noise = noise_of(TAKES)
        start = noise.start(length, 1)
        known = Known.with_soft_edges((torch.arange(length) == at)[:, None], exact[:, None], edge)
        sampler = make_sampler(kind, SCHEDULE, steps)
        held = known.window(0, length, start)
        predict = Process(length).predict
        return sample_window(predict, sampler, start, noise, 0, lambda *_: None, None, held)

    spike, joined = made(0), made(5)
    assert torch.equal(joined[:, at, 0], torch.full((TAKES,), value))
    assert (joined.mean(0)[:, 0] - exact).abs().max() < 0.5
    assert (spike.mean(0)[:, 0] - exact).abs().max() > 0.8
    assert seam_ratio(spike, [at, at + 1]) > 2.5
    assert 0.7 < seam_ratio(joined, [at, at + 1]) < 1.1
    assert float(joined[:, 0].std()) == pytest.approx(1.0, abs=0.1)  # far away nothing is changed


def test_soft_edges_reach_into_the_window_before():
    """A pose that the model would never go to: motion reaches it over the edge, not in a jump."""
    layout, held = WindowLayout(40, 16, 8), torch.zeros(40, 1, dtype=torch.bool)
    held[20:24] = True
    values = torch.full((40, 1), 8.0)

    def clip(known):
        noise = noise_of(300)
        start = noise.start(layout.count * 16, 1)
        sampling = sampling_of(noise, "dpmpp", 20, known=known)
        return sample_together(layout, Process(16).predict, start, sampling)

    hard, soft = clip(Known(held, values)), clip(Known.with_soft_edges(held, values, 6))
    for made in (hard, soft):
        assert torch.equal(made[:, 20:24], torch.full((300, 4, 1), 8.0))
    jumps = [made.mean(0).diff(dim=0).abs().max() for made in (hard, soft)]
    assert jumps[0] > 3.5
    assert jumps[1] < 2.5
    assert soft[:, 38:].mean().abs() < 0.8


def test_edges_fall_linearly_to_both_sides():
    held = torch.zeros(8, 2, dtype=torch.bool)
    held[2, 0] = held[6, 0] = True
    known = Known.with_soft_edges(held, torch.arange(16.0).view(8, 2), 2)
    assert known.mask[:, 0].tolist() == pytest.approx([1 / 3, 2 / 3, 1, 2 / 3, 1 / 3, 2 / 3, 1, 2 / 3])
    assert known.mask[:, 1].tolist() == [0.0] * 8  # nothing of this channel is held
    window = known.window(1, 8, torch.zeros(3, 8, 2))
    assert window.towards[0, :, 0].tolist() == [4, 4, 4, 4, 12, 12, 12, 0]  # the nearest, 0 beyond the clip
    assert window.source[2, :7, 0].tolist() == [1, 1, 1, 1, 5, 5, 5]
    hard = Known.with_soft_edges(held[:, :1], torch.zeros(8, 2), 0)
    assert hard.mask[:, 0].tolist() == [0, 0, 1, 0, 0, 0, 1, 0]
    assert torch.equal(hard.mask[:, 0], hard.mask[:, 1])


def test_a_mask_is_cut_for_each_window_and_ends_with_the_clip():
    known = Known(torch.ones(5, 1), torch.arange(10.0).view(5, 2))
    part = known.window(3, 4, torch.zeros(1, 4, 2))
    assert part.mask[0, :, 0].tolist() == [1, 1, 0, 0]
    assert part.towards[0, :2].tolist() == [[6, 7], [8, 9]]


def test_frames_given_to_a_window_are_held_besides_its_own():
    like = torch.zeros(1, 8, 1)
    known = Known(torch.tensor([0, 0, 0, 0, 0.9, 1, 0, 0])[:, None], torch.full((8, 1), 7.0))
    begun = known.window(0, 8, like).begun(torch.tensor([1.0, 2.0]).view(1, 2, 1), 3)
    assert begun.mask.flatten().tolist() == pytest.approx([1, 1, 0.896484, 0.5, 0.9, 1, 0, 0], abs=1e-5)
    assert begun.towards.flatten()[:6].tolist() == [1, 2, 2, 2, 7, 7]
    assert begun.source.flatten()[2:6].tolist() == [1, 1, 5, 5]
    assert torch.equal(nothing_held(like).mask, like)


@pytest.mark.parametrize(
    ("mask", "values", "message"),
    [
        (torch.ones(4, 1), torch.ones(5, 2), r"mask of shape \(4, 1\) does not fit"),
        (torch.ones(5), torch.ones(5), r"shape \(frame, number\) or"),
        (torch.full((5, 1), 1.5), torch.ones(5, 2), "between 0 and 1"),
        (torch.full((5, 1), torch.nan), torch.ones(5, 2), "between 0 and 1"),
        (torch.ones(5, 1), torch.full((5, 2), torch.nan), "must be finite"),
        (torch.full((5, 1), 0.5), torch.ones(5, 2), "needs a number of its channel that is held"),
    ],
)
def test_held_values_that_cannot_be(mask, values, message):
    with pytest.raises(SettingsError, match=message):
        Known(mask, values)


def test_noise_of_held_numbers_is_apart_from_all_other():
    """It depends on the take, the window and the step, not on what was drawn before."""
    noise, other = SeededNoise.from_seed(4, 2), SeededNoise.from_seed(4, 2)
    before = noise.held(1, 5, (2, 3, 2))
    other.start(7, 7)
    assert torch.equal(other.held(1, 5, (2, 3, 2)), before)
    assert torch.equal(SeededNoise.from_seed(5, 1).held(1, 5, (1, 3, 2)), before[1:])
    assert not torch.equal(noise.held(2, 5, (2, 3, 2)), before)
    assert not torch.equal(noise.held(1, 6, (2, 3, 2)), before)
    recorded = RecordedNoise(torch.zeros(2, 3, 2), torch.zeros(1, 1, 2, 3, 2))
    assert np.array_equal(recorded.held(1, 5, (2, 3, 2)), recorded.held(1, 5, (2, 3, 2)))
    assert float(recorded.held(0, 1, (2, 500, 2)).std()) == pytest.approx(1.0, abs=0.1)
