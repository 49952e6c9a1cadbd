"""Motion statistics as part of a module, so that they follow it to its device."""

from __future__ import annotations

from dataclasses import fields

from torch import nn

from elocute.models.diffposetalk.stats import MotionStats


class StatsBuffers(nn.Module):
    """Holds the statistics in buffers that are not saved with the weights."""

    def __init__(self, stats: MotionStats) -> None:
        super().__init__()
        for name, value in stats.to_tensors().items():
            self.register_buffer(name, value.clone(), persistent=False)

    @property
    def stats(self) -> MotionStats:
        """The statistics, on the module's device."""
        return MotionStats(**{item.name: getattr(self, item.name) for item in fields(MotionStats)})
