"""Train the denoiser."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch
from accelerate.utils import set_seed
from torch import Tensor, nn

from elocute.diffusion.schedule import NoiseSchedule
from elocute.errors import InputError, SettingsError
from elocute.face.model import FaceModel
from elocute.face.torch_model import TorchFaceModel
from elocute.models.diffposetalk.config import DiffPoseTalkConfig
from elocute.models.diffposetalk.files import STYLE_WEIGHTS
from elocute.models.diffposetalk.folder import finish, save_folder
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.stats import pose_columns
from elocute.progress import Progress
from elocute.speech_encoders.kinds import build_network
from elocute.speech_encoders.transformers_encoder import (
    load_pretrained_encoder,
    read_encoder_config,
)
from elocute.training.core.batches import torch_stream
from elocute.training.core.loop import Training, start_run, train
from elocute.training.core.run_folder import SETTINGS_FILE, last_checkpoint
from elocute.training.core.settings import save_settings
from elocute.training.diffposetalk.batches import WindowBatches
from elocute.training.diffposetalk.data import RunData, open_data
from elocute.training.diffposetalk.draws import draw_step
from elocute.training.diffposetalk.losses import SEAM_FRAMES
from elocute.training.diffposetalk.model_card import model_card
from elocute.training.diffposetalk.objective import Batch, DenoiserObjective, ObjectiveOptions
from elocute.training.diffposetalk.settings import DenoiserSettings
from elocute.training.diffposetalk.speech_encoder import freeze_speech_encoder, mask_speech_in_training
from elocute.training.diffposetalk.style_folder import StyleModel, load_style_folder

_DRAWS: Final = 4


class FaceAhead(nn.Module):
    """Vertices of a head that looks ahead, for the geometric losses."""

    def __init__(self, model: FaceModel, every: int) -> None:
        super().__init__()
        self.face = TorchFaceModel(model, every)

    def forward(self, shape: Tensor, expression: Tensor, jaw: Tensor) -> Tensor:
        """(N, S), (N, F, E), (N, F, 3) -> (N, F, V, 3)."""
        vertices: Tensor = self.face(expression, jaw, shape=shape[:, None])
        return vertices


def train_denoiser(
    settings: DenoiserSettings,
    folder: Path,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    device: str = "auto",
) -> Path:
    """Train a denoiser in the run folder ``folder``.

    Returns:
        The last checkpoint's folder, a model folder.

    Raises:
        SettingsError: settings that contradict each other or the data.
        InputError: data or files that cannot be used, or a loss that diverged.
        Cancelled: ``progress`` was cancelled.
    """
    with start_run(folder, settings.run, resume=resume, device=device) as accelerator:
        fresh = last_checkpoint(folder) is None
        training = _training(settings, pretrained=settings.pretrained and fresh)
        return train(training, settings.run, folder, accelerator, progress or Progress())


def _training(settings: DenoiserSettings, *, pretrained: bool) -> Training:
    data = open_data(settings.run)
    style = load_style_folder(Path(settings.style_encoder)) if settings.style_encoder else None
    config = model_config(settings, data, style)
    stats = data.motion_stats.check(config, "of the dataset")
    face = _face(settings, config)
    set_seed(settings.run.seed)
    if pretrained:
        encoder = load_pretrained_encoder(settings.audio_encoder)
    else:
        encoder = build_network(config.audio.kind, config.audio.options)
    if settings.freeze_speech_encoder:
        freeze_speech_encoder(encoder, config.audio.kind)
    mask_speech_in_training(encoder)
    network = DiffPoseTalk(config, encoder)
    schedule = NoiseSchedule.make(config.schedule, config.steps)
    options = ObjectiveOptions(
        settings.weights, settings.criterion, settings.constrain_previous, settings.audio_context
    )
    style_encoder = style.encoder if style else None

    def save(target: Path, weights: Mapping[str, Tensor], iteration: int) -> None:
        saved = copy.deepcopy(network)
        saved.load_state_dict(weights)
        model = finish(config, saved, schedule, stats, copy.deepcopy(style_encoder))
        save_folder(target, model, model_card(config, settings, data, iteration))
        save_settings(target / SETTINGS_FILE, settings)

    def arguments(batch: Batch, numbers: tuple[int, ...], device: torch.device) -> tuple[Any, ...]:
        draws = draw_step(
            torch_stream(*numbers, _DRAWS),
            batch=len(batch.motion),
            frames=config.denoiser.motions,
            width=config.layout.width,
            diffusion_steps=config.steps,
            truncation=settings.truncation,
        )
        return batch.to(device), draws.to(device)

    def batches(names: list[str]) -> WindowBatches:
        return WindowBatches(
            data.store,
            names,
            data.stats,
            batch=settings.run.batch,
            window=config.denoiser.motions,
            pose_columns=pose_columns(config.layout),
            seed=settings.run.seed,
        )

    return Training(
        objective=DenoiserObjective(network, schedule, stats, style_encoder, face, options),
        network=network,
        batches=batches(data.train),
        validation=batches(data.validation) if data.validation else None,
        arguments=arguments,
        save=save,
        describe=lambda folder: save_settings(folder / SETTINGS_FILE, settings),
        inputs=[
            data.stats_file,
            *([Path(settings.face)] if face else []),
            *([Path(settings.style_encoder) / STYLE_WEIGHTS] if style else []),
        ],
    )


def model_config(settings: DenoiserSettings, data: RunData, style: StyleModel | None) -> DiffPoseTalkConfig:
    """The configuration of the model to train; sizes of face and style follow the data and encoder.

    Raises:
        SettingsError: styles without a style encoder, one for another kind of motion, or windows too
            short for their losses.
        InputError: the speech encoder's configuration cannot be read.
    """
    layout = data.layout(head=settings.head, jaw=settings.jaw)
    shortest = min(settings.denoiser.motions, settings.denoiser.previous_motions)
    if layout.head and settings.weights.head_transition and shortest < SEAM_FRAMES:
        raise SettingsError(
            f"The loss across the seam of two windows needs {SEAM_FRAMES} frames on each side.",
            "Set motions and previous_motions to that or more, or the weight head_transition to 0.",
        )
    if style is None and (settings.denoiser.style_dim or "style" in settings.guiding):
        raise SettingsError(
            "The settings ask for styles but name no style encoder.",
            "Set style_encoder to a folder that `elocute train style` wrote, or train without style.",
        )
    if style is not None and (style.layout != layout or style.basis != data.basis):
        raise SettingsError(
            f"The style encoder reads {style.layout} in basis {style.basis}; "
            f"this model has {layout} in basis {data.basis}.",
            "Train both on the same dataset with the same head and jaw settings.",
        )
    return DiffPoseTalkConfig(
        layout=layout,
        denoiser=replace(
            settings.denoiser,
            shape_dim=data.stats.columns("shape"),
            style_dim=style.encoder.config.feature_dim if style else 0,
        ),
        audio=read_encoder_config(settings.audio_encoder),
        basis=data.basis,
        steps=settings.steps,
        schedule=settings.schedule,
        target=settings.target,
        guiding=settings.guiding,
        guidance=settings.guidance,
        padding=settings.padding,
        style_encoder=style.encoder.config if style else None,
    )


def _face(settings: DenoiserSettings, config: DiffPoseTalkConfig) -> FaceAhead | None:
    if not settings.weights.needs_vertices or config.target == "noise":
        return None
    if not settings.face:
        raise SettingsError(
            "The losses on vertices need a face model.",
            "Set face to a FaceModel file, or leave geometry out.",
        )
    face = FaceModel.load(Path(settings.face))
    available = face.expression_dirs.shape[2], face.shape_dirs.shape[2]
    needed = config.layout.expression, config.denoiser.shape_dim
    if face.basis != config.basis or available[0] < needed[0] or available[1] < needed[1]:
        raise InputError(
            f"The face {settings.face} ({face.basis}, {available[0]} expressions, {available[1]} shapes) "
            f"does not fit the dataset ({config.basis}, {needed[0]}, {needed[1]}).",
            "Choose the face model that the dataset was made with.",
            code="bad_face",
        )
    return FaceAhead(face, settings.every_vertex)
