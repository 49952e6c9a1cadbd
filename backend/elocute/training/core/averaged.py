"""Exponential moving average of weights (EMA)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class AveragedWeights:
    """A running average of a module's parameters: a <- decay a + (1 - decay) w after each update.

    The average starts at the weights before the first update, and the decay is the same from that update on.
    Parameters that do not train and buffers simply follow.

    Args:
        module: whose weights.
        decay: above 0, below 1.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self._module = module
        named = {name: value for name, value in module.named_parameters() if value.requires_grad}
        self._decay = decay
        self._followed: list[Tensor] = list(named.values())
        self._average = {name: value.detach().clone() for name, value in named.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the module's weights after an update."""
        torch._foreach_lerp_(list(self._average.values()), self._followed, 1 - self._decay)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The module's state with averaged parameters, by name."""
        return {name: self._average.get(name, value) for name, value in self._module.state_dict().items()}

    def restore(self, weights: Mapping[str, Tensor]) -> None:
        """Continue from saved averages."""
        for name, average in self._average.items():
            average.copy_(weights[name])
