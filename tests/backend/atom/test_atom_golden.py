"""Recorded runs of the published network; skipped unless ``ELOCUTE_GOLDEN`` names their folder.

Where they are not, test_network.py stands in for them: the same steps written out plainly from the paper's
and the published program's description.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from elocute.diffusion.guidance import Guidance
from elocute.models.atom.config import CONDITIONS, AtomConfig, NetworkConfig
from elocute.models.atom.convert import read_official
from elocute.models.atom.network import Atom, Conditions
from elocute.models.atom.sampling import make_sampler, schedule_of

GOLDEN = Path(os.environ.get("ELOCUTE_GOLDEN", "not given")) / "moditalker" / "atom"
TOLERANCE = 2e-6

pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="no recorded runs of the published program here")


def arrays(name: str) -> dict[str, torch.Tensor]:
    with np.load(GOLDEN / name) as data:
        return {key: torch.from_numpy(data[key]) for key in data.files}


@pytest.fixture(scope="module")
def case():
    return arrays("small_forward.npz")


@pytest.fixture(scope="module")
def network():
    return read_official(GOLDEN / "atom_small.pt", heads=4)


def close(value: torch.Tensor, expected: torch.Tensor, tolerance: float = TOLERANCE) -> None:
    assert value.shape == expected.shape
    assert (value - expected).abs().max().item() < tolerance


def conditions(network: Atom, case, keep=None) -> Conditions:
    return network.conditions(case["cond"], case["init_landmark"], keep)


def predict(network: Atom, case, made: Conditions) -> torch.Tensor:
    return network.denoise(case["x_noisy"], case["times"], network.memory(made))


def test_the_sizes_are_read_from_the_weights(network):
    stated = json.loads((GOLDEN / "small_config.json").read_text())
    assert network.config == NetworkConfig(
        width=stated["latent_dim"],
        heads=stated["num_heads"],
        hidden=stated["ff_size"],
        layers=stated["num_layers"],
        frames=stated["seq_len"],
        audio_width=stated["cond_feature_dim"],
    )


def test_both_branches_and_a_mixed_batch(network, case):
    keep = torch.tensor([True, False])
    with torch.no_grad():
        close(predict(network, case, conditions(network, case)), case["out_cond"])
        close(predict(network, case, network.dropped(2)), case["out_null"])
        close(predict(network, case, conditions(network, case, ~keep & keep)), case["out_null"])
        close(predict(network, case, conditions(network, case, keep)), case["out_mixed_keep_1_0"])
        direct = network(case["x_noisy"], case["times"], case["cond"], case["init_landmark"], keep)
        close(direct, case["out_mixed_keep_1_0"])


def test_the_averaged_weights(case):
    averaged = read_official(GOLDEN / "atom_small.pt", heads=4, averaged=True)
    with torch.no_grad():
        close(predict(averaged, case, conditions(averaged, case)), case["out_cond_ema"])


@pytest.mark.parametrize(("scale", "name"), [(2.0, "out_guided_w2"), (1.5, "out_guided_w1_5")])
def test_guidance(network, case, scale, name):
    guidance = Guidance(scales={CONDITIONS: scale})
    with torch.no_grad():
        branches = [predict(network, case, made) for made in (network.dropped(2), conditions(network, case))]
    close(guidance.combine(branches), case[name])


def test_tokens_and_pooled_vectors(network, case):
    with torch.no_grad():
        made = conditions(network, case)
        close(made.audio, case["mid_cond_tokens"])
        close(made.face, case["mid_face_tokens"])


def test_what_the_sampler_makes_of_a_prediction(network, case):
    config = AtomConfig()
    sampler = make_sampler(config, config.sampling_steps)
    for row, index in enumerate(case["times"].tolist()):
        prediction, x = case["out_guided_w2"][row], case["x_noisy"][row]
        x_0 = sampler.clean(prediction, index + 1, x)
        close(x_0, case["x_start_w2_clip"][row])
        signal = schedule_of(config.steps).alpha_bar(index + 1)
        noise = (x - signal**0.5 * x_0) / (1 - signal) ** 0.5
        expected = case["pred_noise_w2_clip"][row]
        assert (noise - expected).abs().max() < 1e-5 * max(1.0, expected.abs().max().item())


def test_schedule():
    recorded = arrays("schedule_cosine1000.npz")
    ours = schedule_of(1000)
    assert torch.equal(ours.betas, recorded["betas"])
    close(ours.alpha_bars, recorded["alphas_cumprod"], 1e-6)
