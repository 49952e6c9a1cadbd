"""Windows of a line: what each is shown and told, joins without a seam, motion before that is met."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from elocute.errors import InputError
from elocute.models.thmm import sampling
from elocute.models.thmm.sampling import SamplingSettings, ThmmSampler, extended
from tests.backend.diffusion.markov_motion import RHO, Process, correlation, noise_of, seam_ratio
from tests.backend.thmm.tiny_thmm import SIZES, network, published, spoken, unspoken

FRAMES, CLUE, TAKES = SIZES.frames, SIZES.clue, 2000
COSINE = {"schedule": "cosine", "target": "sample"}


class Perfect(nn.Module):
    """Where the best denoiser is known: it knows the clue's last frame, as the network does."""

    def __init__(self, own):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))
        self.told, self.keeps, self.sees = [], [], own.network.sees_clue

    def conditions(self, told, keep):
        self.told.append(told)
        self.keeps.append(keep)
        return Process(FRAMES, given=told.clue[:, -1:, :1] if self.sees else None)

    def denoise(self, x, t, conditions):
        return conditions.predict(x, int(t[0]))


def sampled(own, frames, before, settings, takes=1, net=None):
    sampler = ThmmSampler(net or network(own), own)
    return sampler.sample(torch.zeros(frames, own.heard), before, settings, noise_of(takes), lambda *_: None)


@pytest.mark.parametrize(
    ("own", "join", "most"),
    [
        (unspoken(**COSINE), "clue", 1.05),
        (unspoken(**COSINE), "held", 1.1),
        (published(**COSINE), "held", 1.1),
    ],
)
def test_long_motion_has_no_seam_and_does_not_drift_where_the_denoiser_is_perfect(own, join, most):
    settings = SamplingSettings(steps=100, sampler="ddpm", join=join)
    perfect = Perfect(own)
    clip = sampled(own, 150, torch.full((1, 1), 1.5), settings, TAKES, perfect)
    assert clip.shape == (TAKES, 150, 1)
    layout = ThmmSampler(perfect, own).layout(150, join)
    seams = [w.first + w.fresh - layout.overlap for w in layout.windows[1:]]
    assert len(seams) >= 7
    assert 0.9 < seam_ratio(clip[:, 20:], [seam - 20 for seam in seams if seam > 20]) < most
    # It leaves the motion before as the process does, and keeps its spread to the end.
    assert float(clip[:, 0].mean()) == pytest.approx(RHO * 1.5, abs=0.25)
    assert float(clip[:, 100:].var()) == pytest.approx(1.0, abs=0.1 if join == "clue" else 0.25)
    assert abs(float(clip[:, 100:].mean())) < 0.1
    if join == "clue":
        for seam in seams:
            assert correlation(clip[:, seam - 1, 0], clip[:, seam, 0]) == pytest.approx(RHO, abs=0.03)


@pytest.mark.parametrize("join", ["held", "clue"])
def test_each_window_is_shown_the_frames_before_it(join):
    own = unspoken(**COSINE)
    perfect = Perfect(own)
    before = torch.arange(30.0)[:, None] / 30
    clip = sampled(own, 50, before, SamplingSettings(steps=5, join=join), 3, perfect)
    layout = ThmmSampler(perfect, own).layout(50, join)
    whole = torch.cat([before.expand(3, -1, -1), clip], dim=1)
    assert len(perfect.told) == layout.count > 2
    for window, told in zip(layout.windows, perfect.told, strict=True):
        begun = 30 - layout.overlap + window.first
        assert torch.allclose(told.clue, whole[:, begun - CLUE : begun], atol=1e-6)
        assert told.inside.all()
        assert told.audio is None


def test_the_end_of_a_window_is_made_again_by_the_next():
    for own in (unspoken(tail=2), published(tail=2), spoken(tail=2)):
        for join in ("held", "clue"):
            assert ThmmSampler(network(own), own).layout(150, join).tail == 2
    got = []
    sampler = ThmmSampler(network(own := unspoken(tail=2)), own)
    sampler.sample(
        torch.zeros(50, 0), torch.ones(1, 47), SamplingSettings(steps=2), noise_of(1), lambda *_: None,
        lambda at, motion: got.append(at),
    )  # fmt: skip
    assert got == [0, 13, 26, 39]
    with pytest.raises(InputError, match="sampling settings"):
        unspoken(tail=6)


def test_a_line_ends_where_its_sound_does():
    own, asked = spoken(), []
    net = network(own)

    def conditions(told, keep):
        asked.append(told.inside[0].sum().item())
        return type(net).conditions(net, told, keep)

    net.conditions = conditions
    ThmmSampler(net, own).sample(
        torch.zeros(33, own.heard),
        torch.zeros(1, 136),
        SamplingSettings(steps=1),
        noise_of(1),
        lambda *_: None,
    )
    assert asked == [20, 20, 8]


def test_each_window_hears_its_own_sound():
    own = spoken()
    net = network(own)
    heard, asked = torch.arange(33.0)[:, None].expand(-1, own.heard).contiguous(), []

    def conditions(told, keep):
        asked.append(told.audio[0, :, 0].tolist())
        return type(net).conditions(net, told, keep)

    net.conditions = conditions
    sampler = ThmmSampler(net, own)
    sampler.sample(heard, torch.zeros(1, 136), SamplingSettings(steps=1), noise_of(1), lambda *_: None)
    # The first five frames are the motion before, whose sound is not known.
    first, second, third = asked
    assert first == [0.0] * 5 + [float(n) for n in range(15)]
    assert second == [float(n) for n in range(10, 30)]
    assert third == [float(n) for n in range(25, 33)] + [0.0] * 12


@pytest.mark.parametrize("own", [unspoken(), published()])
def test_held_frames_are_those_of_the_motion_before_and_its_clue_comes_first(own):
    """What is handed over begins behind them, and is what comes back in the end."""
    got, steps = [], []
    sampler = ThmmSampler(network(own), own)
    clip = sampler.sample(
        torch.zeros(50, 0), torch.ones(1, 47), SamplingSettings(steps=3), noise_of(2),
        lambda *step: steps.append(step), lambda at, motion: got.append((at, motion)),
    )  # fmt: skip
    assert clip.shape == (2, 50, 47)
    assert torch.equal(torch.cat([motion for _, motion in got], dim=1), clip)
    assert [at for at, _ in got] == [0, 15, 30, 45]
    assert steps == [(n, 12) for n in range(12)]


def test_the_motion_before_changes_what_comes():
    own, settings = unspoken(), SamplingSettings(steps=3, join="clue")
    rest, moved = (sampled(own, 20, torch.full((1, 47), value), settings) for value in (0.0, 1.0))
    assert not torch.allclose(rest, moved)


def test_what_is_missing_in_front_is_the_first_frame():
    before = torch.tensor([[1.0], [2.0], [3.0]])
    assert extended(before, 5).flatten().tolist() == [1, 1, 1, 2, 3]
    assert extended(before, 2).flatten().tolist() == [2, 3]
    assert extended(before, 0).shape == (0, 1)


@pytest.mark.parametrize("name", ["guidance", "clue"])
def test_guidance_moves_away_from_what_is_not_told(name):
    own = spoken(**COSINE)

    def one(scale):
        settings = SamplingSettings(**{"steps": 1, "join": "clue", name: scale})
        return sampled(own, 20, torch.zeros(1, 136), settings)

    none, told, twice = (one(scale) for scale in (0.0, 1.0, 2.0))
    assert not torch.allclose(none, told)
    assert torch.allclose(twice, none + 2 * (told - none), atol=1e-3)


@pytest.mark.parametrize("sampler", ["ddpm", "ddim", "dpmpp"])
@pytest.mark.parametrize("target", ["noise", "sample"])
def test_learned_variances_are_used_by_ancestral_sampling_alone(sampler, target):
    own = unspoken(variance="learned", target=target)
    net = network(own)
    settings = SamplingSettings(steps=4, sampler=sampler)
    before = sampled(own, 20, torch.zeros(1, 47), settings, net=net)
    assert before.shape == (1, 20, 47)
    with torch.no_grad():
        net.out.bias[47:] += 1
    after = sampled(own, 20, torch.zeros(1, 47), settings, net=net)
    assert torch.equal(before, after) is (sampler != "ddpm")


def test_bfloat16_is_near():
    own = unspoken(**COSINE)
    clips = [
        ThmmSampler(network(own), own, precision).sample(
            torch.zeros(25, 0), torch.zeros(1, 47), SamplingSettings(steps=4), noise_of(1), lambda *_: None
        )
        for precision in ("float32", "bfloat16")
    ]
    assert torch.allclose(*clips, atol=0.3)
    assert not torch.equal(*clips)


def test_a_model_without_a_clue_has_one_way_to_go_on():
    assert published().joins == ("held",)
    assert replace(published(), network=SIZES, motion="landmarks", sound="mel").joins == ("held", "clue")


def test_an_edge_is_no_longer_than_what_is_held_before_it(monkeypatch):
    seen, real = [], sampling.sample_recursively

    def watched(*arguments, **named):
        seen.append(named["edge"])
        return real(*arguments, **named)

    monkeypatch.setattr(sampling, "sample_recursively", watched)
    for overlap in (2, 5, 10):
        sampled(unspoken(overlap=overlap), 30, torch.zeros(1, 47), SamplingSettings(steps=1))
    assert seen == [2, 5, 5]
