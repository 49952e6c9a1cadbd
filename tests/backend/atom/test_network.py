"""The network against the published steps written out plainly (published_atom.py)."""

from __future__ import annotations

import pytest
import torch

from elocute.errors import InputError
from elocute.models.atom.config import AtomConfig, NetworkConfig
from elocute.models.atom.network import Atom, Conditions
from tests.backend.atom import published_atom as published

TIMES = (0, 41, 999)
TOLERANCE = 2e-4  # outputs reach 9; at t = 999 the angles of the time embedding round to 6e-5


@pytest.fixture(scope="module")
def case():
    random = torch.Generator().manual_seed(5)
    return {
        "x": torch.randn(3, published.FRAMES, 204, generator=random),
        "audio": torch.randn(3, 2 * published.FRAMES, published.AUDIO, generator=random),
        "first": torch.randn(3, 204, generator=random),
        "t": torch.tensor(TIMES),
    }


def plainly(case, keep, seed: str = "") -> torch.Tensor:
    plain = published.PlainAtom(published.state_dict(seed))
    rows = zip(case["x"], case["first"], case["audio"], TIMES, keep, strict=True)
    return torch.stack([plain(x, f, a, t, keep=k) for x, f, a, t, k in rows]).float()


@pytest.mark.parametrize("keep", [(True, True, True), (False, False, False), (True, False, True)])
def test_the_forward_pass_with_conditions_kept_and_dropped(network, case, keep):
    with torch.no_grad():
        out = network(case["x"], case["t"], case["audio"], case["first"], torch.tensor(keep))
    assert torch.allclose(out, plainly(case, keep), atol=TOLERANCE)


def test_no_mask_keeps_all_and_dropped_conditions_need_no_sound(network, case):
    with torch.no_grad():
        kept = network(case["x"], case["t"], case["audio"], case["first"])
        dropped = network.denoise(case["x"], case["t"], network.memory(network.dropped(3)))
    assert torch.allclose(kept, plainly(case, (True,) * 3), atol=TOLERANCE)
    assert torch.allclose(dropped, plainly(case, (False,) * 3), atol=TOLERANCE)


def test_a_batch_of_both_branches_is_the_branches(network, case):
    x, t = case["x"], case["t"]
    with torch.no_grad():
        kept, dropped = network.conditions(case["audio"], case["first"]), network.dropped(3)
        both = network.memory(Conditions.together([dropped, kept]))
        out = network.denoise(x.repeat(2, 1, 1), t.repeat(2), both)
        apart = [network.denoise(x, t, network.memory(part)) for part in (dropped, kept)]
    assert torch.allclose(out, torch.cat(apart), atol=1e-5)


def test_dropout_acts_in_training_alone(case):
    torch.manual_seed(0)
    network = Atom(
        NetworkConfig(width=16, heads=4, hidden=24, layers=1, frames=12, audio_width=10, dropout=0.5)
    )
    given = (case["x"], case["t"], case["audio"], case["first"])
    assert not torch.equal(network(*given), network(*given))
    network.eval()
    assert torch.equal(network(*given), network(*given))


def test_audio_of_another_length_is_refused(network, case):
    with pytest.raises(ValueError, match="24 audio features, not 23"):
        network.conditions(case["audio"][:, 1:], case["first"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"heads": 3},
        {"width": 15, "heads": 3},
        {"width": 2, "heads": 1},
        {"frames": 1},
        {"frames": 10**6},
        {"layers": 0},
        {"layers": 10**6},
        {"hidden": 0},
        {"audio_width": 10**6},
        {"dropout": 1.0},
    ],
)
def test_sizes_that_cannot_be(wrong):
    with pytest.raises(InputError):
        NetworkConfig(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"steps": 0}, {"sampling_steps": 1001}, {"guidance": -1.0}, {"clamp": 0.0}, {"guidance": 1e9}],
)
def test_settings_that_cannot_be(wrong):
    with pytest.raises(InputError):
        AtomConfig(**wrong)


def test_a_configuration_survives_its_file():
    config = AtomConfig(NetworkConfig(width=16, heads=4), guidance=1.5)
    assert AtomConfig.from_json(config.to_json(), "here") == config


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": "diffposetalk"},
        {"format": 2},
        {"network": None},
        {"network": {"width": 16}},
        {"steps": "many"},
        {"more": 1},
    ],
)
def test_a_configuration_that_is_not_one(change):
    with pytest.raises(InputError):
        AtomConfig.from_json({**AtomConfig().to_json(), **change}, "here")
