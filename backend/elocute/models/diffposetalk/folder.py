"""The checkpoint folder of this family: its weights, statistics and style encoder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elocute.checkpoint.device import torch_device
from elocute.checkpoint.folder import CONFIG, WEIGHTS, read_config, writing_checkpoint
from elocute.checkpoint.weight_arrays import check_weights
from elocute.checkpoint.weights import built_strictly, read_weights, save_weights
from elocute.diffusion.schedule import NoiseSchedule
from elocute.models.diffposetalk.config import FAMILY, DiffPoseTalkConfig
from elocute.models.diffposetalk.engine import ClipSampler
from elocute.models.diffposetalk.files import BETAS, STATS, STYLE_WEIGHTS
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.stats import MotionStats, stats_shapes
from elocute.models.diffposetalk.style_encoder import StyleEncoder
from elocute.models.family import PYTORCH, LoadOptions


@dataclass(frozen=True)
class LoadedModel:
    """A checkpoint in memory, modules in evaluation mode without gradients.

    Attributes:
        config: its configuration.
        network: speech encoder and denoiser.
        schedule: noise schedule, the numbers that the model was trained with.
        stats: normalisation.
        style_encoder: None if the folder has none.
        name: what it is called.
        folder: where it came from, for its styles.
        engine: what computes it.
    """

    config: DiffPoseTalkConfig
    network: DiffPoseTalk
    schedule: NoiseSchedule
    stats: MotionStats
    style_encoder: StyleEncoder | None
    name: str
    folder: Path | None
    engine: str = PYTORCH

    @property
    def null_style(self) -> NDArray[np.float32] | None:
        """(style_dim,) the learned "no style", if style guides."""
        null = self.network.null_style_feat
        return None if null is None else null.detach()[0, 0].cpu().numpy()

    @property
    def encodes_styles(self) -> bool:
        """Whether it has a style encoder."""
        return self.style_encoder is not None

    def encode_style(self, motion: NDArray[np.float32]) -> NDArray[np.float32]:
        """See :meth:`~elocute.models.diffposetalk.engine.ModelParts.encode_style`."""
        if self.style_encoder is None:
            raise ValueError(f"the model {self.name} has no style encoder")
        device = next(self.style_encoder.parameters()).device
        with torch.inference_mode():
            style: Tensor = self.style_encoder(torch.from_numpy(motion)[None].to(device))[0]
        return style.cpu().numpy()

    def sampler(self, options: LoadOptions) -> ClipSampler:
        """See :meth:`~elocute.models.diffposetalk.engine.ModelParts.sampler`."""
        from elocute.models.diffposetalk.sampling import DiffPoseTalkSampler

        return DiffPoseTalkSampler(self, options.precision, torch_device(options.device))


def style_width(config: DiffPoseTalkConfig) -> int:
    """Numbers of a frame that the style encoder of a configuration reads; 0 where there is none."""
    if config.style_encoder is None:
        return 0
    return config.layout.expression + config.style_encoder.head + config.layout.jaw


def build_style_encoder(config: DiffPoseTalkConfig) -> StyleEncoder | None:
    """The style encoder of a configuration, with random weights, or None."""
    own = config.style_encoder
    return None if own is None else StyleEncoder(own, style_width(config))


def read_folder_config(folder: Path) -> DiffPoseTalkConfig:
    """Read config.json of a checkpoint folder.

    Raises:
        InputError: no such folder or file, or it is not one of this family.
    """
    return DiffPoseTalkConfig.from_json(read_config(folder), str(folder / CONFIG))


def load_folder(folder: Path, name: str | None = None) -> LoadedModel:
    """Load a checkpoint folder; strict about every weight.

    Args:
        folder: where it is.
        name: what the model is called; None for the folder's name.

    Raises:
        InputError: anything missing, damaged or contradictory.
    """
    config = read_folder_config(folder)
    path = folder / WEIGHTS
    network = built_strictly(lambda: DiffPoseTalk(config), read_weights(path), str(path))
    numbers = read_weights(folder / STATS)
    stats, schedule = _read_stats(numbers, config, str(folder / STATS))
    style_encoder = None
    if config.style_encoder is not None:
        path = folder / STYLE_WEIGHTS
        own, width = config.style_encoder, style_width(config)
        style_encoder = built_strictly(lambda: StyleEncoder(own, width), read_weights(path), str(path))
    return finish(config, network, schedule, stats, style_encoder, name or folder.resolve().name, folder)


def finish(
    config: DiffPoseTalkConfig,
    network: DiffPoseTalk,
    schedule: NoiseSchedule,
    stats: MotionStats,
    style_encoder: StyleEncoder | None = None,
    name: str = FAMILY,
    folder: Path | None = None,
) -> LoadedModel:
    """Put modules into evaluation mode and bundle them."""
    for module in (network, style_encoder):
        if module is not None:
            module.eval().requires_grad_(False)
    return LoadedModel(config, network, schedule, stats, style_encoder, name, folder)


def save_folder(folder: Path, model: LoadedModel, card: str) -> None:
    """Write a checkpoint folder; config.json comes last, so a half-written folder does not load.

    Raises:
        InputError: it cannot be written.
    """
    with writing_checkpoint(folder, model.config.to_json(), card):
        save_weights(folder / WEIGHTS, model.network.state_dict())
        save_weights(folder / STATS, {**model.stats.to_tensors(), BETAS: model.schedule.betas})
        if model.style_encoder is not None:
            save_weights(folder / STYLE_WEIGHTS, model.style_encoder.state_dict())


def _read_stats(
    numbers: dict[str, Tensor], config: DiffPoseTalkConfig, source: str
) -> tuple[MotionStats, NoiseSchedule]:
    check_weights(stats_shapes(config), numbers, source)
    schedule = NoiseSchedule(numbers.pop(BETAS))
    return MotionStats(**numbers).check(config, source), schedule
