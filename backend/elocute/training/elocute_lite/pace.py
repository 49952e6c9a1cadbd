"""How many updates fit into a time: measured with the network, batches and losses of the training itself."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from elocute.diffusion.schedule import NoiseSchedule
from elocute.face.model import FaceModel
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.stats import MotionStats
from elocute.training.core.arithmetic import training_precision
from elocute.training.core.batches import torch_stream
from elocute.training.elocute_lite.objective import LipVertices, PhoneticObjective, draw_phonetic
from elocute.training.elocute_lite.resident import LessonBatches, ResidentLines
from elocute.training.elocute_lite.settings import PhoneticSettings
from elocute.training.elocute_lite.training import model_config

_WARM: Final = 6
_TIMED: Final = 16
_SHARE: Final = 0.9
"""Of the time that is left: saving checkpoints and packing the folder need some, and other programs run."""
_SAVED: Final = 7
"""Checkpoints in all."""


def paced(
    settings: PhoneticSettings,
    lines: ResidentLines,
    stats: MotionStats,
    styles: NDArray[np.float32],
    face: FaceModel,
    seconds: float,
) -> PhoneticSettings:
    """The settings with as many updates of the model as ``seconds`` are enough for, at least one.

    The measurement itself takes some twenty updates, and its time counts.
    """
    began = time.monotonic()
    each = _seconds_an_update(settings, lines, stats, styles, face)
    left = seconds - (time.monotonic() - began)
    count = max(int(_SHARE * left / each), 1)
    run = replace(
        settings.run,
        iterations=count,
        warmup=min(settings.run.warmup, count // 10),
        save_every=max(count // _SAVED, 1),
    )
    return replace(settings, run=run)


def _seconds_an_update(
    settings: PhoneticSettings,
    lines: ResidentLines,
    stats: MotionStats,
    styles: NDArray[np.float32],
    face: FaceModel,
) -> float:
    run, config, device = settings.run, model_config(settings), lines.device
    low = training_precision(run.precision, device) == "bfloat16"
    network = DiffPoseTalk(config)
    schedule = NoiseSchedule.make(config.schedule, config.steps)
    objective = PhoneticObjective(network, schedule, stats, LipVertices(face), settings.objective).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-5, fused=device.type == "cuda")
    batches = LessonBatches(lines, styles, frames=config.denoiser.motions, batch=run.batch, seed=run.seed)
    began = 0.0
    for number in range(_WARM + _TIMED):
        if number == _WARM:
            began = time.monotonic()
        draws = draw_phonetic(
            torch_stream(number, device=device),
            batch=run.batch,
            frames=config.denoiser.motions,
            width=config.layout.width,
            steps=config.steps,
        )
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=low):
            loss = objective(batches.batch(number), draws)["total"]
        loss.backward()
        optimizer.step()
        loss.item()  # waits for the device
    return (time.monotonic() - began) / _TIMED
