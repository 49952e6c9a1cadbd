"""What a model holds for long without having learnt it is led back to the mean of its training."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from elocute.diffusion.windows import WindowLayout
from elocute.errors import InputError
from elocute.models.thmm.config import FPS, ThmmConfig
from elocute.models.thmm.sampling import SamplingSettings, ThmmSampler
from elocute.models.thmm.settling import Settling
from tests.backend.diffusion.markov_motion import noise_of
from tests.backend.thmm.tiny_thmm import spoken, unspoken

HELD_AT = 1.5
HEAD = unspoken().channels.head
ALL = slice(0, 3)


class Stuck(nn.Module):
    """A network that keeps the posture of its clue for good."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def conditions(self, told, keep):
        return told.clue[:, -1:]

    def denoise(self, x, t, conditions):
        return conditions.expand_as(x)


def performed(own, seconds, join="held"):
    sampler = ThmmSampler(Stuck(), own)
    settings = SamplingSettings(steps=2, join=join)
    silence, before = torch.zeros(round(seconds * FPS), own.heard), torch.full((1, 47), HELD_AT)
    return sampler.sample(silence, before, settings, noise_of(1), lambda *_: None)[0]


def unsettled(**more):
    return unspoken(schedule="cosine", target="sample", **more)


@pytest.mark.parametrize("join", ["held", "clue"])
def test_a_posture_that_is_held_for_good_is_left_without_a_step(join):
    assert torch.allclose(performed(unsettled(settling=0.0), 60, join), torch.tensor(HELD_AT))
    whole = performed(unsettled(settling=8.0), 60, join)
    assert torch.allclose(whole[:, : HEAD.start], torch.tensor(HELD_AT)), "the face is left alone"
    assert torch.allclose(whole[:, HEAD], whole[:, -1:].expand(-1, 3))
    clip = whole[:, -1]
    seconds = torch.arange(len(clip)) / FPS
    assert float(clip[0]) == pytest.approx(HELD_AT, abs=0.02)
    assert clip[seconds > 30].abs().max() < 0.15 * HELD_AT
    assert clip.min() > -0.15 * HELD_AT, "it swings"
    # Half of it is gone after a third to one and a half of the 8 s, not at once.
    half = float(seconds[clip < 0.5 * HELD_AT][0])
    assert 8 / 3 < half < 12
    # Nowhere faster than twice what an even way back would be in a third of the time, and no kink.
    assert clip.diff().abs().max() * FPS < 2 * HELD_AT / 8 * 3
    assert clip.diff(n=2).abs().max() < 0.01 * HELD_AT


def test_slower_settling_takes_longer():
    quick, slow = (performed(unsettled(settling=s), 40)[:, -1] for s in (4.0, 16.0))
    assert float(quick[250]) < 0.5 * float(slow[250])


def test_the_shift_of_a_window_is_nothing_where_it_is_held_and_whole_where_the_next_begins():
    layout = WindowLayout(400, 20, 5, 2)
    settling = Settling(layout, 8.0, ALL)
    given = torch.full((2, 17, 3), HELD_AT)
    assert settling.shift(given) is None, "before the first window nothing was made"
    shift = settling.shift(given)
    assert shift.shape == (2, 20, 3)
    assert not shift[:, :5].any()
    assert (shift[:, 5:] < 0).all()
    # The last frame that is kept has the whole of it, so that the next window begins where it ended.
    assert torch.equal(shift[:, 17:], shift[:, 17:18].expand(-1, 3, -1))
    assert torch.allclose(shift[:, 5 + 13 - 1], shift[:, -1])
    assert abs(float(shift[0, 5, 0])) < 0.01 * abs(float(shift[0, -1, 0]))


def test_takes_settle_each_by_itself():
    settling = Settling(WindowLayout(400, 20, 5), 8.0, ALL)
    given = torch.stack([torch.full((20, 1), 1.0), torch.full((20, 1), -2.0)])
    settling.shift(given)
    shift = settling.shift(given)
    assert torch.allclose(shift[1], -2 * shift[0])


def test_a_face_that_speaks_goes_where_its_sound_leads():
    assert not spoken().settles
    assert not spoken(motion="coefficients", network=unspoken().network).settles
    assert not unspoken(motion="landmarks").settles
    assert unspoken().settles
    assert not unspoken(settling=0.0).settles


def test_folders_from_before_settle_too_and_impossible_times_are_refused():
    content = unspoken().to_json()
    del content["settling"]
    assert ThmmConfig.from_json(content, "config.json").settling == 8.0
    for wrong in (-1.0, 0.5, 4000.0):
        with pytest.raises(InputError, match="sampling settings"):
            unspoken(settling=wrong)
