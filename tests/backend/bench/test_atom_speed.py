"""The bench of AToM's sampling: the plain loop and ours agree, distances are of what they say."""

from __future__ import annotations

import pytest
import torch

from elocute.bench.atom_speed import distances, measured, mouth_distance
from elocute.checkpoint.arithmetic import Arithmetic
from elocute.models.atom.config import AtomConfig, NetworkConfig
from elocute.models.atom.network import Atom

SIZES = NetworkConfig(width=16, heads=2, hidden=16, layers=2, frames=8, audio_width=5)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Atom(SIZES).eval()


def test_the_plain_loop_and_ours_make_the_same_motion(network):
    found = measured(network, AtomConfig(SIZES), torch.randn(16, 5), (6, 3), [Arithmetic("bfloat16")])
    names = [one.name for one in found]
    assert names == ["plain loop, 6 steps", "6 steps", "3 steps", "6 steps, bfloat16"]
    plain, ours, *others = (one.movement for one in found)
    assert mouth_distance(plain, ours) < 1e-4
    assert all(mouth_distance(ours, other) > 1e-4 for other in others)


def test_the_distance_is_of_the_mouth_in_millimetres():
    one, other = torch.zeros(4, 204), torch.zeros(4, 204)
    other[:, 3 * 48 : 3 * 58] = 0.3  # 10 of the 20 points by sqrt(3) 0.3 cm
    other[:, : 3 * 48] = 9.0
    assert mouth_distance(one, other) == pytest.approx(1.5 * 3**0.5, rel=1e-5)


def test_the_denoising_step_is_one_graph(network):
    """What torch.compile makes of it on a GPU needs no return to Python in between."""
    with torch.inference_mode():
        memory = network.memory(network.conditions(torch.randn(2, 16, 5), torch.randn(2, 204)))
        given = torch.randn(2, 8, 204), torch.tensor([5, 7]), memory
        captured = torch.compile(network.denoise, backend="eager", fullgraph=True)
        assert torch.equal(captured(*given), network.denoise(*given))


def test_distances_of_fewer_steps_are_from_all_of_them_without_randomness(network):
    lines = [torch.randn(16, 5), torch.randn(16, 5)]
    found = distances(network, AtomConfig(SIZES), lines, (6, 6, 2))
    assert found.fewer[6] > 1e-4  # auto takes all steps as published
    assert found.fewer[6] == pytest.approx(found.randomness)
    assert {found.seeds > 0, found.seeds_without_randomness > 0, found.fewer[2] > 0} == {True}
    again = distances(network, AtomConfig(SIZES), lines[:1] * 3, (6, 2))
    assert again.seeds == pytest.approx(distances(network, AtomConfig(SIZES), lines[:1], (6, 2)).seeds)
