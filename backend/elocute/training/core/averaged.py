"""Exponential moving average of weights (EMA)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class AveragedWeights:
    """A running average of a module's state: a <- decay a + (1 - decay) w after each update.

    Attributes:
        weights: name -> averaged tensor, float32; what does not train simply follows.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self._decay = decay
        self.weights = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take in the module's weights after an update."""
        for name, value in module.state_dict().items():
            average = self.weights[name]
            if average.is_floating_point():
                average.lerp_(value.detach(), 1 - self._decay)
            else:
                average.copy_(value)

    def restore(self, weights: Mapping[str, Tensor]) -> None:
        """Continue from saved averages."""
        for name, average in self.weights.items():
            average.copy_(weights[name])
