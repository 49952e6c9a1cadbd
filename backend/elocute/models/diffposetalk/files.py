"""What lies in a checkpoint folder of this family besides config.json and model.safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import Final

STATS: Final = "stats.safetensors"
"""Statistics of the motion, and the variances of the noise schedule as :data:`BETAS`."""
BETAS: Final = "schedule.betas"
STYLE_WEIGHTS: Final = "style_encoder.safetensors"
GRAPHS: Final = "graphs"
"""Folder of the networks as ONNX graphs, where there are any."""
MANIFEST: Final = "graphs.json"
SPEECH: Final = "speech.onnx"
MEMORY: Final = "memory.onnx"
DENOISER: Final = "denoiser.onnx"
STYLE: Final = "style_encoder.onnx"
OTHERS: Final = "others"
"""In the manifest the weights that are in no graph."""


def has_graphs(folder: Path) -> bool:
    """Whether the folder's networks can be computed without PyTorch."""
    return (folder / GRAPHS / MANIFEST).is_file()
