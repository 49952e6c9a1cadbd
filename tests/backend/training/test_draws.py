from __future__ import annotations

import torch

from elocute.training.core.batches import torch_stream
from elocute.training.diffposetalk.draws import draw_step, dropped_conditions


def draw(seed: int, **changes):
    numbers = {"batch": 3, "frames": 100, "width": 4, "diffusion_steps": 50, **changes}
    return draw_step(torch_stream(seed), **numbers)


def test_one_coin_a_window_cuts_the_whole_batch():
    cuts = []
    for seed in range(2000):
        step = draw(seed, width=1)
        cuts.append(step.truncated)
        for window in range(2):
            ends = step.ends[window]
            assert ((ends >= 1) & (ends < 100)).all() if step.truncated[window] else (ends == 100).all()
    shares = torch.tensor(cuts).float().mean(dim=0)
    torch.testing.assert_close(shares, torch.tensor([0.3, 0.4]), atol=0.03, rtol=0)


def test_steps_and_repeatability():
    steps = torch.stack([draw(seed, width=1).steps for seed in range(300)])
    assert steps.min() == 1
    assert steps.max() == 50
    one, again, other = draw(1), draw(1), draw(2)
    assert torch.equal(one.noise, again.noise)
    assert not torch.equal(one.noise, other.noise)


def test_dropping_shares():
    chances = torch.rand(20000, 2, generator=torch_stream(5))
    dropped = dropped_conditions(chances, ("audio", "style"), "incremental")
    both = (dropped["audio"] & dropped["style"]).float().mean()
    style = (~dropped["audio"] & dropped["style"]).float().mean()
    assert not (dropped["audio"] & ~dropped["style"]).any()
    torch.testing.assert_close(torch.stack([style, both]), torch.tensor([0.35, 0.10]), atol=0.01, rtol=0)
    dropped = dropped_conditions(chances, ("audio", "style"), "independent")
    shares = torch.stack(
        [dropped["audio"].float().mean(), (dropped["audio"] & dropped["style"]).float().mean()]
    )
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.25]), atol=0.02, rtol=0)
    for condition in ("audio", "style"):
        dropped = dropped_conditions(chances, (condition,), "incremental")
        assert list(dropped) == [condition]
        assert abs(dropped[condition].float().mean() - 0.1) < 0.01
    assert dropped_conditions(chances, (), None) == {}
