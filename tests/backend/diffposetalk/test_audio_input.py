import pytest
import torch

from elocute.errors import InputError
from elocute.models.diffposetalk.audio_input import (
    WindowPlan,
    fill_windows,
    normalise,
    plan_windows,
)
from elocute.speech_encoders.padding import pad_for_encoder


@pytest.mark.parametrize(
    ("samples", "plan"),
    [
        (640, WindowPlan(1, 1, 63360, 99)),
        (1279, WindowPlan(1, 1, 62721, 99)),
        (63999, WindowPlan(99, 1, 1, 1)),
        (64000, WindowPlan(100, 1, 0, 0)),
        (64639, WindowPlan(100, 1, -639, 0)),
        (64640, WindowPlan(101, 2, 63360, 99)),
        (128640, WindowPlan(200, 2, -640, 0)),  # rounding in the published order of operations
        (192640, WindowPlan(301, 4, 63360, 99)),
    ],
)
def test_plans(samples, plan):
    assert plan_windows(samples, 25.0, 100) == plan


@pytest.mark.parametrize("samples", [0, 1, 639])
def test_less_than_a_frame(samples):
    with pytest.raises(InputError, match="shorter than one frame"):
        plan_windows(samples, 25.0, 100)


def test_normalise_divides_by_the_unbiased_deviation():
    out = normalise(torch.tensor([1.0, 2.0, 3.0]))  # deviation 1, not sqrt(2/3)
    assert torch.allclose(out, torch.tensor([-1.0, 0.0, 1.0]), atol=2e-5)
    assert out[2].item() == pytest.approx(1 / (1 + 1e-5), rel=1e-6)


def test_normalise_of_silence_and_of_one_sample():
    assert torch.equal(normalise(torch.full((700,), 0.25)), torch.zeros(700))
    assert torch.equal(normalise(torch.tensor([3.0])), torch.zeros(1))


def test_filling_up():
    plan = WindowPlan(1, 1, 3, 1)
    x = torch.tensor([1.0, 2.0])
    assert fill_windows(x, plan, "zero").tolist() == [1, 2, 0, 0, 0]
    assert fill_windows(x, plan, "replicate").tolist() == [1, 2, 2, 2, 2]
    assert fill_windows(x, WindowPlan(1, 1, -5, 0), "zero") is x


def test_padding_mirrors_twice():
    # 640 samples lack 80: 40 a side, mirrored 20 and then 20 again around the new edge
    x = torch.arange(640.0)[None]
    out = pad_for_encoder(x)[0]
    once = [float(i) for i in range(20, 0, -1)]  # 20, 19, ..., 1 before sample 0
    twice = [0.0, *[float(i) for i in range(1, 20)]]  # the mirror of 20, 19, ..., 1, 0 around 20
    assert len(out) == 720
    assert out[:20].tolist() == twice
    assert out[20:40].tolist() == once
    assert out[40:680].tolist() == x[0].tolist()


LENGTHS = {
    **{n: n for n in (63679, 63760, 64080, 64081, 64200, 64319, 64639)},
    **{64000: 64080, 64001: 64081, 64040: 64080, 64041: 64081, 64078: 64080, 64079: 64081, 64399: 64401},
}


@pytest.mark.parametrize(("samples", "padded"), LENGTHS.items())
def test_padded_lengths(samples, padded):
    assert pad_for_encoder(torch.zeros(1, samples)).shape == (1, padded)


def test_an_odd_missing_sample_repeats_the_edge():
    out = pad_for_encoder(torch.arange(64078.0)[None])[0]
    assert out[:2].tolist() == [0.0, 0.0]
    assert out[-2:].tolist() == [64077.0, 64077.0]
