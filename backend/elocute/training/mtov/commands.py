"""The trainings of MToV as ``elocute train mtov-film``, ``mtov-landmarks`` and ``mtov-unet`` run them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from elocute.errors import SettingsError
from elocute.evaluation.of_images.image_similarity import perceptual_loss
from elocute.renderers.mtov.autoencoder import TriplaneAutoencoder
from elocute.renderers.mtov.folder import LoadedRenderer, save_folder
from elocute.renderers.mtov.planes import latent_width
from elocute.renderers.mtov.sampling import schedule_of
from elocute.renderers.mtov.unet import LatentUnet
from elocute.training.core.averaged import AveragedWeights
from elocute.training.core.batches import torch_stream
from elocute.training.core.loop import Training, start_run, train
from elocute.training.core.request import TrainRequest
from elocute.training.core.run_folder import SETTINGS_FILE
from elocute.training.core.settings import save_settings
from elocute.training.mtov.autoencoder_folder import load_autoencoder, save_autoencoder
from elocute.training.mtov.data import Clips, FilmBatches, film_names, load_films
from elocute.training.mtov.objective import (
    AutoencoderObjective,
    Draws,
    KeptEncodings,
    UnetObjective,
    freeze_decoder,
)
from elocute.training.mtov.settings import MtovSettings

_DRAWS: Final = 4
_BETAS_AUTOENCODER: Final = (0.5, 0.9)
_BETAS_UNET: Final = (0.9, 0.999)


def run_film(request: TrainRequest) -> Path:
    """Train the autoencoder of films.

    Raises:
        SettingsError: settings that contradict each other or the data, or LPIPS is not installed.
        InputError: settings, data or folders that cannot be used, or a loss that diverged.
        Cancelled: the request's progress was cancelled.
    """
    return _run(request, lambda settings: _autoencoder(settings, None))


def run_landmarks(request: TrainRequest) -> Path:
    """Train the autoencoder of drawn landmarks, from that of films; errors of :func:`run_film`."""
    return _run(request, lambda settings: _autoencoder(settings, _named(settings.film, "film")))


def run_unet(request: TrainRequest) -> Path:
    """Train the denoising network; its checkpoints are renderer folders. Errors of :func:`run_film`."""
    return _run(request, _unet)


_Made = tuple[
    nn.Module,
    nn.Module,
    Callable[[Clips, tuple[int, ...], torch.device], tuple[Any, ...]],
    Callable[[Path, Mapping[str, Tensor], str], None],
]
"""Objective, the network of it that trains, arguments of a batch, and what writes a checkpoint."""


def _run(request: TrainRequest, make: Callable[[MtovSettings], _Made]) -> Path:
    request.leave_out_nothing()
    settings = request.settings(MtovSettings)
    if request.iterations is not None:
        settings = replace(settings, run=replace(settings.run, iterations=request.iterations))
    own = settings.run
    if not own.dataset:
        raise SettingsError("The settings name no dataset.", "Set run.dataset to a folder of films.")
    with start_run(request.out, own, resume=request.resume, device=request.device) as accelerator:
        set_seed(own.seed)
        objective, network, arguments, write = make(settings)
        folder = Path(own.dataset)

        def batches(split: str) -> FilmBatches:
            films = load_films(folder, film_names(folder, split), settings.renderer, request.progress)
            every = max(settings.kept_encodings, 1)
            return FilmBatches(films, settings.renderer, own.batch, own.seed, every)

        def save(place: Path, weights: Mapping[str, Tensor], iteration: int) -> None:
            write(place, weights, _card(settings, iteration))
            save_settings(place / SETTINGS_FILE, settings)

        unet = isinstance(network, LatentUnet)
        training = Training(
            objective=objective,
            network=network,
            batches=batches(own.split),
            validation=batches(own.validation) if own.validation else None,
            arguments=arguments,
            save=save,
            describe=lambda place: save_settings(place / SETTINGS_FILE, settings),
            inputs=(),
            optimizer=partial(_optimizer, settings, _BETAS_UNET if unet else _BETAS_AUTOENCODER),
            average=partial(_average, settings) if unet else AveragedWeights,
        )
        return train(training, own, request.out, accelerator, request.progress)


def _optimizer(
    settings: MtovSettings, betas: tuple[float, float], parameters: list[nn.Parameter], rate: float
) -> Optimizer:
    return AdamW(parameters, rate, betas, weight_decay=settings.weight_decay)


def _average(settings: MtovSettings, network: nn.Module, decay: float) -> AveragedWeights:
    return AveragedWeights(network, decay, every=settings.averaged_every, growing=True)


def _named(folder: str, name: str) -> Path:
    if not folder:
        raise SettingsError(
            f"The settings name no autoencoder {name}.", f"Set {name} to a checkpoint folder of its training."
        )
    return Path(folder)


def _autoencoder(settings: MtovSettings, begun: Path | None) -> _Made:
    sizes = settings.renderer.autoencoder
    network = TriplaneAutoencoder(sizes) if begun is None else load_autoencoder(begun, sizes)
    if begun is not None:
        network.requires_grad_(True)
        freeze_decoder(network)
    distance = (settings.perceptual, perceptual_loss("vgg")) if settings.perceptual else None
    objective = AutoencoderObjective(
        network, settings.reconstruction, distance, whole_clip=settings.whole_clip
    )

    def arguments(batch: Clips, numbers: tuple[int, ...], device: torch.device) -> tuple[Any, ...]:
        clips = batch.images if begun is None else batch.dots
        frames = torch.randint(0, sizes.frames, (len(clips),), generator=torch_stream(*numbers, _DRAWS))
        return clips.to(device), frames.to(device)

    def write(place: Path, weights: Mapping[str, Tensor], card: str) -> None:
        copy = TriplaneAutoencoder(sizes)
        copy.load_state_dict(dict(weights))
        save_autoencoder(place, copy, card)

    return objective, network, arguments, write


def _unet(settings: MtovSettings) -> _Made:
    config = settings.renderer
    film = load_autoencoder(_named(settings.film, "film"), config.autoencoder)
    landmarks = load_autoencoder(_named(settings.landmarks, "landmarks"), config.autoencoder)
    network = LatentUnet(config)
    objective = UnetObjective(network, film, landmarks, schedule_of(config))
    kept = KeptEncodings(objective.encode)
    shape = (config.autoencoder.latent, latent_width(config.autoencoder))

    def arguments(batch: Clips, numbers: tuple[int, ...], device: torch.device) -> tuple[Any, ...]:
        stream, count = torch_stream(*numbers, _DRAWS), len(batch.images)
        steps = torch.randint(0, config.steps, (count,), generator=stream)
        noise = torch.randn((count, *shape), generator=stream)
        moved = batch.map(lambda side: side.to(device))
        return kept.of(moved) if settings.kept_encodings else moved, Draws(steps.to(device), noise.to(device))

    def write(place: Path, weights: Mapping[str, Tensor], card: str) -> None:
        copy = LatentUnet(config)
        copy.load_state_dict(dict(weights))
        save_folder(place, LoadedRenderer(config, film, landmarks, copy), card)

    return objective, network, arguments, write


def _card(settings: MtovSettings, iteration: int) -> str:
    sizes = settings.renderer.autoencoder
    return (
        f"# MToV, iteration {iteration}\n\n"
        f"A part of a renderer of films of {sizes.size} x {sizes.size} pixels; trained by `elocute train`. "
        f"Every setting is in `{SETTINGS_FILE}`.\n\n"
        "The licences of the films that it was trained on apply to what is made with it.\n"
    )
