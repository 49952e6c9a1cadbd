"""Sampling: one window as published, long lines without seams and without drift."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from elocute.diffusion.noise import SeededNoise
from elocute.diffusion.timesteps import even_timesteps
from elocute.diffusion.windows import sample_together
from elocute.errors import Cancelled, SettingsError
from elocute.models.atom import sampling
from elocute.models.atom.config import SAMPLERS, AtomConfig, NetworkConfig
from elocute.models.atom.network import Conditions
from elocute.models.atom.sampling import (
    AtomSampler,
    SamplingSettings,
    audio_windows,
    make_sampler,
    window_layout,
)
from tests.backend.atom import published_atom as published
from tests.backend.diffusion.markov_motion import RHO, seam_ratio

FIRST = torch.linspace(-1, 1, 204)


def features(frames: int, seed: int = 3) -> torch.Tensor:
    return torch.randn(2 * frames, published.AUDIO, generator=torch.Generator().manual_seed(seed))


def sampled(network, frames: int, *, seed: int = 7, takes: int = 1, heard=None, on_step=None, **settings):
    return AtomSampler(network, AtomConfig(network.config)).sample(
        features(frames) if heard is None else heard,
        FIRST,
        frames,
        SamplingSettings(**settings),
        SeededNoise.from_seed(seed, takes),
        on_step or (lambda done, steps: None),
    )


def plainly(
    steps: int, scale: float, seed: int, audio: torch.Tensor, *, eta: float = 1.0, indices=None
) -> torch.Tensor:
    """The published loop in float64 with numpy's schedule: one window, two branches, one draw per step.

    The published one has ``eta`` 1 and evenly spaced ``indices``.
    """
    k = np.arange(1001) / 1000
    g = np.cos((k + 0.008) / 1.008 * math.pi / 2) ** 2
    betas = np.clip(1 - g[1:] / g[:-1], 0, 0.999).astype(np.float32)
    left = np.cumprod(1 - betas.astype(np.float64))
    indices = np.linspace(-1, 999, steps + 1).astype(int)[::-1] if indices is None else indices
    network = published.PlainAtom(published.state_dict())
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(published.FRAMES, 204, generator=random).double()
    for t, u in pairwise(indices):
        kept, dropped = (network(x, FIRST, audio, int(t), keep=keep) for keep in (True, False))
        x_0 = (dropped + scale * (kept - dropped)).clamp(-1, 1)
        if u < 0:
            return x_0.float()
        a, b = left[t], left[u]
        noise = (math.sqrt(1 / a) * x - x_0) / math.sqrt(1 / a - 1)
        variance = eta**2 * (1 - a / b) * (1 - b) / (1 - a)
        fresh = torch.randn(published.FRAMES, 204, generator=random)
        x = math.sqrt(b) * x_0 + math.sqrt(1 - b - variance) * noise + math.sqrt(variance) * fresh
    raise AssertionError("the last step is to be clean")


@pytest.mark.parametrize(("steps", "scale"), [(50, 2.0), (7, 1.0), (7, 0.0)])
def test_one_window_is_the_published_loop(network, steps, scale):
    audio = features(published.FRAMES)
    out = sampled(network, published.FRAMES, steps=steps, guidance=scale)
    assert (out[0] - plainly(steps, scale, 7, audio)).abs().max() < 1e-4


def test_fewer_steps_are_taken_without_randomness(network):
    audio = features(published.FRAMES)
    list_of_five = (999, 439, 139, 39, 19, -1)

    def difference(eta, **settings):
        out = sampled(network, published.FRAMES, guidance=2.0, **settings)
        return (out[0] - plainly(5, 2.0, 7, audio, eta=eta, indices=list_of_five)).abs().max()

    assert difference(0.0, steps=5, like=50) < 1e-4
    assert difference(0.0, steps=5, like=50, sampler="ddim") < 1e-4
    assert difference(1.0, steps=5, like=50, sampler="ddpm") < 1e-4
    assert difference(1.0, steps=5, like=50) > 1e-2
    whole = [sampled(network, published.FRAMES, steps=20, like=20, sampler=kind) for kind in SAMPLERS]
    assert torch.equal(whole[0], whole[1])  # auto, ddpm
    even = plainly(20, 2.0, 7, audio, eta=0.0)
    assert (whole[2][0] - even).abs().max() < 1e-4


def test_few_steps_from_the_same_noise_are_nearer_than_another_seed():
    """Where the best denoiser of 3 mm is known: 8 steps against 50 without randomness; a random control."""
    config = AtomConfig(NetworkConfig(width=4, heads=1, frames=24))
    sampler = AtomSampler(KnownProcess(24, 0.3), config)

    def made(steps, seed, kind):
        settings = SamplingSettings(steps, 1.0, like=50, sampler=kind)
        noise = SeededNoise.from_seed(seed, 1)
        return sampler.sample(torch.zeros(1, 1024), FIRST, 24, settings, noise, lambda done, steps: None)

    whole = made(50, 0, "ddim")
    apart = (made(50, 1, "ddim") - whole).square().mean().sqrt()
    assert (made(8, 0, "auto") - whole).square().mean().sqrt() < 0.25 * apart
    assert (made(8, 0, "ddpm") - whole).square().mean().sqrt() > 0.7 * apart


def test_fewer_steps_end_where_all_of_them_do_if_they_are_to_be_alike():
    def timesteps(steps, like=None):
        return make_sampler(AtomConfig(), steps, like).timesteps

    assert timesteps(8, 50) == (1000, 640, 380, 200, 100, 60, 40, 20)
    assert timesteps(8) == even_timesteps(1000, 8)
    assert timesteps(50, 50) == even_timesteps(1000, 50)
    assert timesteps(70, 50) == even_timesteps(1000, 70)
    for wrong in (0, 1001):
        with pytest.raises(SettingsError, match="1 to 1000"):
            timesteps(wrong, 50)


def test_a_network_that_knows_less_of_late_steps_is_matched(network):
    """What a step makes of x depends on its time: here its output is the index itself."""

    class Clock(KnownProcess):
        def denoise(self, x, t, memory):
            return torch.full_like(x, float(t[0]) / 1000)

    sampler = AtomSampler(Clock(12), AtomConfig(network.config, clamp=1.0))

    def end(**settings):
        noise = SeededNoise.from_seed(0, 1)
        given = SamplingSettings(**settings)
        return float(sampler.sample(features(12), FIRST, 12, given, noise, lambda done, steps: None).mean())

    assert end(steps=50) == end(steps=6, like=50) == pytest.approx(0.019)
    assert end(steps=6) > 0.1


def test_a_short_line_is_the_start_of_a_window_of_silence_after_it(network):
    audio = features(published.FRAMES)
    audio[10:] = 0
    out = sampled(network, 5, heard=audio[:10], steps=4)
    assert torch.allclose(out[0], plainly(4, 2.0, 7, audio)[:5], atol=1e-4)


def test_the_schedule_has_no_floor_of_its_own():
    schedule = sampling.schedule_of(1000)
    assert float(schedule.betas[0]) == pytest.approx(4.128e-5, rel=1e-3)
    assert float(schedule.alpha_bars[-1]) == pytest.approx(2.43e-9, rel=1e-2)
    assert even_timesteps(1000, 50)[:2] == (1000, 980)


def test_takes_are_their_seeds(network):
    two = sampled(network, 30, takes=2, steps=3)
    assert torch.allclose(two[1], sampled(network, 30, seed=8, steps=3)[0], atol=1e-5)
    assert not torch.allclose(two[0], two[1], atol=0.1)


@pytest.mark.parametrize("frames", [1, 12, 13, 18, 19, 47, 131])
def test_any_length_comes_out_and_stays_within_the_clamp(network, frames):
    out = sampled(network, frames, steps=3)
    assert out.shape == (1, frames, 204)
    assert bool(out.isfinite().all())
    assert float(out.abs().max()) <= 1.0 + 1e-6


def test_every_window_hears_its_own_part(network):
    config = AtomConfig(network.config)
    layout = window_layout(config, 30, None)
    heard = torch.arange(60.0)[:, None]
    windows = audio_windows(heard, layout)
    assert layout.overlap == 6
    assert windows.shape == (4, 24, 1)
    assert torch.equal(windows[2, :, 0], torch.arange(24, 48).float())
    assert torch.equal(windows[3, :, 0], torch.arange(36, 60).float())
    assert window_layout(config, 12, None).count == 1
    assert torch.equal(audio_windows(heard[:5], window_layout(config, 4, None))[0, 5:], torch.zeros(19, 1))


class NoiseOfWindows:
    """Noise that depends on window and step alone, so that lines of different length begin alike."""

    def __init__(self, length: int) -> None:
        self.length = length

    def draw(self, *key: int) -> torch.Tensor:
        random = np.random.RandomState(key)
        return torch.from_numpy(np.float32(random.standard_normal((1, self.length, 204))))

    def start(self, frames: int, width: int) -> torch.Tensor:
        return torch.cat([self.draw(0, window) for window in range(frames // self.length)], dim=1)

    def step(self, window: int, index: int, shape) -> torch.Tensor:
        return self.draw(1, window, index)

    def held(self, window: int, index: int, shape) -> torch.Tensor:
        return self.draw(2, window, index)


def test_a_batch_of_windows_begins_with_what_the_one_before_made(network, monkeypatch):
    """Three windows of 12 frames, 6 apart, end at frame 24; what they made stands."""
    monkeypatch.setattr(sampling, "WINDOWS_TOGETHER", 3)
    made = []

    def kept(*given):
        made.append(sample_together(*given))
        return made[-1]

    monkeypatch.setattr(sampling, "sample_together", kept)
    sampler = AtomSampler(network, AtomConfig(network.config))

    def line(frames: int) -> torch.Tensor:
        heard = features(60)[: 2 * frames]
        settings, noise = SamplingSettings(steps=5), NoiseOfWindows(published.FRAMES)
        return sampler.sample(heard, FIRST, frames, settings, noise, lambda done, steps: None)

    short, long = line(24), line(60)
    assert torch.allclose(short, long[:, :24], atol=1e-5)
    _, first, second, third = made
    assert torch.equal(first[:, -6:], second[:, :6])
    assert torch.equal(second[:, -6:], third[:, :6])
    assert [part.shape[1] for part in (first, second, third)] == [24, 24, 24]


class KnownProcess:
    """A network whose sound and face mean nothing, and which knows its 204 processes perfectly."""

    null_audio = torch.zeros(1)

    def __init__(self, frames: int, spread: float = 1.0) -> None:
        gap = torch.arange(frames).double()
        self.covariance = spread**2 * RHO ** (gap[:, None] - gap[None]).abs()
        self.left = sampling.schedule_of(1000)

    def conditions(self, audio, first):
        return self.dropped(len(audio))

    def dropped(self, count):
        return Conditions(torch.zeros(count, 1, 1), torch.zeros(count, 1, 1), torch.zeros(count, 1))

    def memory(self, conditions):
        return None

    def denoise(self, x, t, memory):
        kept = self.left.alpha_bar(int(t[0]) + 1)
        noisy = kept * self.covariance + (1 - kept) * torch.eye(len(self.covariance), dtype=torch.float64)
        gain = kept**0.5 * torch.linalg.solve(noisy, self.covariance)
        return (gain.T @ x.double()).float()


def test_seams_of_windows_and_of_batches_move_as_fast_as_the_rest(monkeypatch):
    """Windows of 24 frames, 12 apart, 4 in a batch: batches end at frames 60 and 108."""
    monkeypatch.setattr(sampling, "WINDOWS_TOGETHER", 4)
    sizes = NetworkConfig(width=4, heads=1, frames=24)
    sampler = AtomSampler(KnownProcess(24), AtomConfig(sizes, clamp=100.0))
    noise = SeededNoise.from_seed(0, 8)
    settings = SamplingSettings(steps=50, guidance=1.0)
    clip = sampler.sample(torch.zeros(1, 1024), FIRST, 150, settings, noise, lambda done, steps: None)
    assert 0.9 < seam_ratio(clip, [60, 108]) < 1.15
    assert 0.9 < seam_ratio(clip, [24, 36, 48, 84, 96]) < 1.15
    assert abs(float(clip.square().mean()) - 1) < 0.15


def test_progress_counts_every_step_of_the_line_and_can_stop_it(network, monkeypatch):
    monkeypatch.setattr(sampling, "WINDOWS_TOGETHER", 2)
    seen = []
    sampled(network, 30, steps=3, on_step=lambda done, steps: seen.append((done, steps)))
    assert seen == [(done, 6) for done in range(6)]

    def stop(done: int, steps: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        sampled(network, 30, steps=3, on_step=stop)


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"steps": 1001}, {"overlap": 12}, {"overlap": 7}, {"guidance": -1.0}]
)
def test_what_cannot_be_sampled(network, wrong):
    with pytest.raises(SettingsError):
        sampled(network, 30, **wrong)


def test_the_configuration_says_the_published_numbers():
    config = AtomConfig()
    assert (config.steps, config.sampling_steps, config.guidance, config.clamp) == (1000, 50, 2.0, 1.0)
