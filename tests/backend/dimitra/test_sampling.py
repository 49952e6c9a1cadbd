"""Windows of a line: what each is told, joins without a seam, the first frame met."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from elocute.diffusion.windows import Window
from elocute.errors import InputError
from elocute.models.dimitra.sampling import DimitraSampler, HeardLine, SamplingSettings, schedule_of
from elocute.speech_encoders.phone_tokens import UNKNOWN
from tests.backend.diffusion.markov_motion import Process, noise_of, seam_ratio
from tests.backend.dimitra.tiny_dimitra import SIZES, config, network

FRAMES, TAKES = SIZES.frames, 2000
WIDTH = 47


def words(first, end):
    return torch.tensor([3, 4])


def line(frames, text=words):
    features = torch.arange(frames, dtype=torch.float32)[:, None].expand(-1, 8).contiguous()
    return HeardLine(features, torch.arange(frames) % 40, text)


class Perfect(nn.Module):
    """Where the best denoiser is known: it knows the first frame, as the network does, and nothing else."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))
        self.told = []

    def conditions(self, told, keep):
        self.told.append(told)
        return Process(FRAMES, given=told.first[:, :, None], first=True)

    def denoise(self, x, t, conditions):
        return conditions.predict(x, int(t[0]))


@pytest.mark.parametrize(("join", "overlap"), [("held", 5), ("held", 10), ("first_frame", 1)])
def test_a_long_line_has_no_seam_where_the_denoiser_is_perfect(join, overlap):
    sampler = DimitraSampler(Perfect(), config(overlap=max(overlap, 2) if join == "held" else 5))
    settings = SamplingSettings(steps=100, sampler="ddpm", join=join)
    first = torch.full((1,), 1.5)
    clip = sampler.sample(line(70), first, settings, noise_of(TAKES), lambda *_: None)
    assert clip.shape == (TAKES, 70, 1)
    seams = [window.first + window.fresh for window in sampler.layout(70, join).windows[1:]]
    assert len(seams) >= 3
    assert 0.9 < seam_ratio(clip[:, 10:], [seam - 10 for seam in seams]) < 1.1
    assert float(clip[:, 20:].var()) == pytest.approx(1.1, abs=0.25)


class PerfectNoise(Perfect):
    """The same, saying what noise it sees."""

    def __init__(self, schedule):
        super().__init__()
        self.schedule = schedule

    def denoise(self, x, t, conditions):
        bar = self.schedule.alpha_bar(int(t[0]))
        return (x - bar**0.5 * conditions.predict(x, int(t[0]))) / (1 - bar) ** 0.5


def test_noise_that_is_predicted_gives_the_same_motion():
    settings, first = SamplingSettings(steps=20), torch.ones(1)

    def sampled(own, net):
        return DimitraSampler(net, own).sample(line(40), first, settings, noise_of(2), lambda *_: None)

    expected = sampled(config(), Perfect())
    own = config(target="noise")
    assert torch.allclose(sampled(own, PerfectNoise(schedule_of(own))), expected, atol=1e-3)


@pytest.mark.parametrize("join", ["held", "first_frame"])
def test_the_end_of_a_window_is_made_again_by_the_next(join):
    assert DimitraSampler(network(), config(tail=3)).layout(70, join).tail == 3
    for wrong in (-1, 6):
        with pytest.raises(InputError, match="sampling settings"):
            config(tail=wrong)


def test_the_first_frame_is_met():
    first = torch.linspace(-1, 1, WIDTH)
    sampler = DimitraSampler(network(), config())
    clip = sampler.sample(line(33), first, SamplingSettings(steps=4), noise_of(2), lambda *_: None)
    assert torch.equal(clip[:, 0], first.expand(2, -1))
    assert not torch.equal(clip[0, 1], clip[1, 1])


def test_each_window_begins_with_the_last_frames_of_the_one_before():
    perfect = Perfect()
    sampler = DimitraSampler(perfect, config())
    clip = sampler.sample(line(40), torch.ones(1), SamplingSettings(steps=5), noise_of(3), lambda *_: None)
    layout = sampler.layout(40, "held")
    assert len(perfect.told) == layout.count
    for window, told in zip(layout.windows, perfect.told, strict=True):
        assert torch.equal(told.first, clip[:, window.first])
        part = slice(window.first, window.first + window.end)
        assert told.audio[0, : window.end, 0].tolist() == list(range(40))[part]
        assert told.phones[0, : window.end].tolist() == list(range(40))[part]
        assert told.inside.sum(dim=1).tolist() == [window.end] * 3
        assert (told.phones[:, window.end :] == UNKNOWN).all()


def test_a_window_is_told_the_words_around_it():
    asked = []

    def text(first, end):
        asked.append((first, end))
        return torch.tensor([1, 2])

    told = line(40, text).window(Window(1, 15, 5, 18, 18), FRAMES, torch.zeros(2, WIDTH))
    assert set(asked) == {(15, 33)}
    assert told.text.tolist() == [[1, 2], [1, 2]]


def test_frames_are_handed_over_in_order_and_steps_counted():
    got, steps = [], []
    sampler = DimitraSampler(network(), config())
    clip = sampler.sample(
        line(50), torch.zeros(WIDTH), SamplingSettings(steps=3), noise_of(1),
        lambda *step: steps.append(step), lambda at, motion: got.append((at, motion)),
    )  # fmt: skip
    assert torch.equal(torch.cat([motion for _, motion in got], dim=1), clip)
    assert [at for at, _ in got] == [0, 20, 35]
    assert steps == [(n, 9) for n in range(9)]


def test_guidance_moves_away_from_what_is_not_told():
    sampler, first = DimitraSampler(network(), config()), torch.zeros(WIDTH)

    def sampled(scale):
        settings = SamplingSettings(steps=1, guidance=scale)
        return sampler.sample(line(20), first, settings, noise_of(1), lambda *_: None)[0, 12:]

    none, told, twice = (sampled(scale) for scale in (0.0, 1.0, 2.0))
    assert not torch.allclose(none, told)
    assert torch.allclose(twice, none + 2 * (told - none), atol=1e-4)


def test_bfloat16_is_near():
    clips = [
        DimitraSampler(network(), config(), precision).sample(
            line(25), torch.zeros(WIDTH), SamplingSettings(steps=4), noise_of(1), lambda *_: None
        )
        for precision in ("float32", "bfloat16")
    ]
    assert torch.allclose(*clips, atol=0.3)
    assert not torch.equal(*clips)
