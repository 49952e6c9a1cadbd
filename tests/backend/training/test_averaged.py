"""Averaged weights follow a <- decay a + (1 - decay) w from the first update on."""

from __future__ import annotations

import pytest
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
    for iteration, value in enumerate((1.0, 4.0, -2.0), start=1):
        step(network, value)
        average.update(iteration)
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
    first.update(1)
    second = AveragedWeights(other, 0.9)
    step(other, 1.0)
    second.restore({name: value.clone() for name, value in first.weights.items()})
    for module, average in ((network, first), (other, second)):
        step(module, 3.0)
        average.update(2)
    assert torch.equal(first.weights["trained"], second.weights["trained"])


def test_a_growing_decay_is_that_of_the_updates_of_the_average():
    """Every third update: decays min(0.5, (1 + n) / (10 + n)), n = 1, 2, ...; after a resume, too."""
    network = Network()
    average = AveragedWeights(network, 0.3, every=3, growing=True)
    expected = 0.0
    for iteration in range(1, 13):
        step(network, float(iteration))
        average.update(iteration)
        if iteration % 3 == 0:
            number = iteration // 3
            decay = min(0.3, (1 + number) / (10 + number))
            expected = decay * expected + (1 - decay) * iteration
        assert average.weights["trained"].tolist() == pytest.approx([expected] * 3)
    assert min(0.3, 5 / 14) == 0.3
