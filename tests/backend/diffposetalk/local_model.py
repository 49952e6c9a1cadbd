"""A small model with a local denoiser, on our own head."""

from __future__ import annotations

from dataclasses import asdict, replace

import torch

from elocute.diffusion.schedule import NoiseSchedule
from elocute.models.diffposetalk.config import DiffPoseTalkConfig, LocalConfig
from elocute.models.diffposetalk.folder import LoadedModel, finish
from elocute.models.diffposetalk.model import DiffPoseTalk
from tests.backend.diffposetalk.phonetic_model import SMALL_ENCODER, phonetic_model

LOCAL = LocalConfig(width=24, kernel=3, dilations=(1, 2, 1), condition=8)
TOLD = replace(SMALL_ENCODER, mouth=True)


def local_model(*, audio_scale: float = 1.0, style_scale: float = 1.0) -> LoadedModel:
    """Random weights from a fixed seed."""
    windows = phonetic_model(audio_scale=audio_scale, style_scale=style_scale)
    config: DiffPoseTalkConfig = replace(
        windows.config, local=LOCAL, audio=replace(windows.config.audio, options=asdict(TOLD))
    )
    torch.manual_seed(12)
    network = DiffPoseTalk(config)
    return finish(
        config, network, NoiseSchedule.make("cosine", 20), windows.stats, windows.style_encoder, "local"
    )
