"""Exponential moving average of weights (EMA), by diffusers' ``EMAModel``."""

from __future__ import annotations

from collections.abc import Mapping

from diffusers.training_utils import EMAModel
from torch import Tensor, nn


class AveragedWeights:
    """A running average of a module's parameters: a <- decay a + (1 - decay) w after each update.

    The average starts at the weights before the first update, and the decay is the same from that update on:
    the warm-up of ``EMAModel`` is off. Parameters that do not train and buffers simply follow.

    Args:
        module: whose weights.
        decay: above 0, below 1.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self._module = module
        self._names = [name for name, _ in module.named_parameters()]
        # Without min_decay it would rise to its value; an update_after_step of 0 would copy the first update.
        self._average = EMAModel(module.parameters(), decay, min_decay=decay, update_after_step=-1)

    def update(self) -> None:
        """Take in the module's weights after an update."""
        self._average.step(self._module.parameters())

    @property
    def weights(self) -> dict[str, Tensor]:
        """The module's state with averaged parameters, by name."""
        averaged = dict(zip(self._names, self._average.shadow_params, strict=True))
        return {name: averaged.get(name, value) for name, value in self._module.state_dict().items()}

    def restore(self, weights: Mapping[str, Tensor]) -> None:
        """Continue from saved averages."""
        for name, average in zip(self._names, self._average.shadow_params, strict=True):
            average.copy_(weights[name])
