"""The trainings of this family as ``elocute train`` runs them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from elocute.training.core.request import TrainRequest
from elocute.training.core.settings import RunSettings
from elocute.training.diffposetalk.denoiser_training import train_denoiser
from elocute.training.diffposetalk.settings import DenoiserSettings, StyleSettings, ablate
from elocute.training.diffposetalk.style_training import train_style_encoder


def run_denoiser(request: TrainRequest) -> Path:
    """Train a denoiser; ``without`` names the ablations of the paper's Table 1.

    Raises:
        SettingsError: settings that contradict each other or the data.
        InputError: settings, data or folders that cannot be used, or a loss that diverged.
        Cancelled: the request's progress was cancelled.
    """
    settings = ablate(request.settings(DenoiserSettings), request.without)
    settings = replace(settings, run=_run(settings.run, request))
    return train_denoiser(
        settings, request.out, resume=request.resume, progress=request.progress, device=request.device
    )


def run_style(request: TrainRequest) -> Path:
    """Train a style encoder; errors as in :func:`run_denoiser`."""
    request.leave_out_nothing()
    settings = request.settings(StyleSettings)
    settings = replace(settings, run=_run(settings.run, request))
    return train_style_encoder(
        settings, request.out, resume=request.resume, progress=request.progress, device=request.device
    )


def _run(run: RunSettings, request: TrainRequest) -> RunSettings:
    return run if request.iterations is None else replace(run, iterations=request.iterations)
