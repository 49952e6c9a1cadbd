"""Exponential moving average of weights (EMA)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class AveragedWeights:
    """A running average of a module's parameters: a <- decay a + (1 - decay) w after each update.

    The average starts at the weights before the first update. Parameters that do not train and buffers simply
    follow.

    Args:
        module: whose weights.
        decay: above 0, below 1.
        every: updates of the weights between those of the average.
        growing: the decay of the n-th update of the average is at most (1 + n) / (10 + n), so that what the
            weights began as is soon forgotten; else it is the same from the first on.
    """

    def __init__(self, module: nn.Module, decay: float, *, every: int = 1, growing: bool = False) -> None:
        self._module, self._every, self._growing = module, every, growing
        named = {name: value for name, value in module.named_parameters() if value.requires_grad}
        self._decay = decay
        self._followed: list[Tensor] = list(named.values())
        self._average = {name: value.detach().clone() for name, value in named.items()}

    @torch.no_grad()
    def update(self, iteration: int) -> None:
        """Take in the module's weights after update ``iteration``, which counts from 1."""
        number, between = divmod(iteration, self._every)
        if between:
            return
        decay = min(self._decay, (1 + number) / (10 + number)) if self._growing else self._decay
        torch._foreach_lerp_(list(self._average.values()), self._followed, 1 - decay)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The module's state with averaged parameters, by name."""
        return {name: self._average.get(name, value) for name, value in self._module.state_dict().items()}

    def restore(self, weights: Mapping[str, Tensor]) -> None:
        """Continue from saved averages."""
        for name, average in self._average.items():
            average.copy_(weights[name])
