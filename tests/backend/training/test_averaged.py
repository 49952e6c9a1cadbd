"""Averaged weights follow a <- decay a + (1 - decay) w from the first update on."""

from __future__ import annotations

import torch
from torch import nn

from elocute.training.core.averaged import AveragedWeights


class Network(nn.Module):
    """One parameter that trains, one that does not, a buffer."""

    counter: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.trained = nn.Parameter(torch.zeros(3))
        self.frozen = nn.Parameter(torch.full((2,), 5.0), requires_grad=False)
        self.register_buffer("counter", torch.zeros(1, dtype=torch.int64))


def step(network: Network, value: float) -> None:
    with torch.no_grad():
        network.trained.fill_(value)
        network.frozen.fill_(value)
        network.counter += 1


def test_parameters_are_averaged_and_the_rest_follows():
    network = Network()
    average = AveragedWeights(network, 0.9)
    expected = torch.zeros(3)
    for value in (1.0, 4.0, -2.0):
        step(network, value)
        average.update()
        expected = 0.9 * expected + 0.1 * value
        assert torch.allclose(average.weights["trained"], expected)
    assert average.weights["frozen"].tolist() == [-2.0, -2.0]
    assert average.weights["counter"].tolist() == [3]
    assert network.trained.tolist() == [-2.0] * 3
    assert list(average.weights) == list(network.state_dict())


def test_a_restored_average_goes_on_as_the_first_one():
    network, other = Network(), Network()
    first = AveragedWeights(network, 0.9)
    step(network, 1.0)
    first.update()
    second = AveragedWeights(other, 0.9)
    step(other, 1.0)
    second.restore({name: value.clone() for name, value in first.weights.items()})
    for module, average in ((network, first), (other, second)):
        step(module, 3.0)
        average.update()
    assert torch.equal(first.weights["trained"], second.weights["trained"])
