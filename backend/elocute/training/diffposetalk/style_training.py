"""Train the style encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import set_seed
from torch import Tensor

from elocute.models.diffposetalk.stats import pose_columns
from elocute.models.diffposetalk.style_encoder import StyleEncoder
from elocute.progress import Progress
from elocute.training.core.contrastive import ContrastiveObjective
from elocute.training.core.loop import Training, start_run, train
from elocute.training.core.run_folder import SETTINGS_FILE
from elocute.training.core.settings import save_settings
from elocute.training.diffposetalk.batches import StyleBatches
from elocute.training.diffposetalk.data import RunData, open_data
from elocute.training.diffposetalk.settings import StyleSettings
from elocute.training.diffposetalk.style_folder import StyleModel, save_style_folder


def train_style_encoder(
    settings: StyleSettings,
    folder: Path,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    device: str = "auto",
) -> Path:
    """Train a style encoder in the run folder ``folder``.

    Returns:
        The last checkpoint's folder.

    Raises:
        SettingsError: settings that do not fit the data.
        InputError: data or files that cannot be used, or a loss that diverged.
        Cancelled: ``progress`` was cancelled.
    """
    with start_run(folder, settings.run, resume=resume, device=device) as accelerator:
        return train(_training(settings), settings.run, folder, accelerator, progress or Progress())


def _training(settings: StyleSettings) -> Training:
    data = open_data(settings.run)
    layout = data.layout(head=settings.encoder.head > 0, jaw=settings.jaw)
    set_seed(settings.run.seed)
    encoder = StyleEncoder(settings.encoder, layout.width, settings.dropout)
    model = StyleModel(encoder, layout, data.basis)

    def save(target: Path, weights: Mapping[str, Tensor], _iteration: int) -> None:
        save_style_folder(target, model, weights, data.motion_stats)
        save_settings(target / SETTINGS_FILE, settings)

    def arguments(batch: Any, _numbers: tuple[int, ...], device: torch.device) -> tuple[Any, ...]:
        return tuple(view.to(device) for view in batch)

    columns = pose_columns(layout)
    return Training(
        objective=ContrastiveObjective(encoder, settings.temperature),
        network=encoder,
        batches=_batches(settings, data, data.train, columns),
        validation=_batches(settings, data, data.validation, columns) if data.validation else None,
        arguments=arguments,
        save=save,
        describe=lambda folder: save_settings(folder / SETTINGS_FILE, settings),
        inputs=[data.stats_file],
    )


def _batches(settings: StyleSettings, data: RunData, names: list[str], columns: list[int]) -> StyleBatches:
    people = len({name.split("/")[0] for name in names})
    run = settings.run
    if names is data.validation:
        run = replace(run, batch=min(run.batch, people))
    return StyleBatches(
        data.store,
        names,
        data.stats,
        batch=run.batch,
        window=settings.encoder.motions,
        pose_columns=columns,
        seed=run.seed,
    )
