"""Train the two networks of a model with a phonetic speech encoder, and make its folder.

First the style encoder learns to tell speaking styles apart, then every lesson gets its style, then the
speech encoder and the denoiser train together.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from accelerate.utils import set_seed
from numpy.typing import NDArray
from torch import Tensor, nn

from elocute.diffusion.schedule import NoiseSchedule
from elocute.face.model import FaceModel
from elocute.models.diffposetalk.config import DiffPoseTalkConfig, MotionLayout
from elocute.models.diffposetalk.folder import LoadedModel, finish, save_folder
from elocute.models.diffposetalk.local_denoiser import LocalDenoiser
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.stats import MotionStats
from elocute.models.diffposetalk.style_encoder import StyleEncoder
from elocute.motion.head1_basis import BASIS, EXPRESSION_NAMES
from elocute.progress import Progress
from elocute.speech_encoders.config import AudioEncoderConfig
from elocute.training.core.batches import torch_stream
from elocute.training.core.contrastive import ContrastiveObjective
from elocute.training.core.loop import Training, start_run, train
from elocute.training.core.run_folder import SETTINGS_FILE, last_checkpoint
from elocute.training.core.settings import save_settings
from elocute.training.diffposetalk.style_folder import StyleModel, load_style_folder, save_style_folder
from elocute.training.elocute_lite.data import LessonIndex, SpokenLine
from elocute.training.elocute_lite.objective import LipVertices, PhoneticObjective, draw_phonetic
from elocute.training.elocute_lite.resident import LessonBatches, PhoneticBatch, ResidentLines, StylePairs
from elocute.training.elocute_lite.settings import PhoneticSettings

LAYOUT: Final = MotionLayout(expression=len(EXPRESSION_NAMES), head=3, jaw=1)
_DRAWS: Final = 4
_VIEWS: Final = 64


def train_styles(
    settings: PhoneticSettings,
    lines: ResidentLines,
    stats: MotionStats,
    folder: Path,
    *,
    resume: bool,
    progress: Progress,
    device: str = "auto",
) -> StyleEncoder:
    """Train the style encoder in the run folder ``folder``.

    Raises:
        InputError: the folder holds another run, or too few styles have two lessons.
        Cancelled: ``progress`` was cancelled.
    """
    run = settings.style_run
    finished = last_checkpoint(folder) if resume else None
    if finished is not None and finished[0] >= run.iterations:
        # Without a second run's set-up: a group of processes cannot be joined twice.
        return load_style_folder(finished[1]).encoder
    with start_run(folder, run, resume=resume, device=device) as accelerator:
        set_seed(run.seed)
        encoder = StyleEncoder(settings.style_encoder, LAYOUT.width)
        model = StyleModel(encoder, LAYOUT, BASIS)

        def save(target: Path, weights: Mapping[str, Tensor], _iteration: int) -> None:
            save_style_folder(target, model, weights, stats)

        def arguments(batch: Any, _numbers: tuple[int, ...], where: torch.device) -> tuple[Any, ...]:
            return tuple(view.to(where) for view in batch)

        pairs = StylePairs(lines, window=settings.style_encoder.motions, batch=run.batch, seed=run.seed)
        training = Training(
            objective=ContrastiveObjective(encoder, settings.temperature),
            network=encoder,
            batches=pairs,
            validation=None,
            arguments=arguments,
            save=save,
            describe=lambda folder: save_settings(folder / SETTINGS_FILE, settings),
            inputs=[],
        )
        last = train(training, run, folder, accelerator, progress)
    return load_style_folder(last).encoder


@torch.inference_mode()
def lesson_styles(encoder: StyleEncoder, lines: ResidentLines) -> NDArray[np.float32]:
    """Style of each lesson from the middle of its line: (lessons in all, S), numbered as LessonIndex does."""
    encoder.eval().to(lines.device)
    window = encoder.config.motions
    starts = lines.first + (lines.frames - window) // 2
    rows = starts[:, None] + torch.arange(window, device=lines.device)
    found = [
        torch.stack([encoder(lines.motion[k, part].float()) for k in range(lines.lessons)], dim=1)
        for part in torch.split(rows, _VIEWS)
    ]
    styles: NDArray[np.float32] = torch.cat(found).flatten(0, 1).cpu().numpy()
    encoder.cpu()
    return styles


def preset_styles(
    styles: NDArray[np.float32], lines: Sequence[SpokenLine], names: Sequence[str]
) -> dict[str, Tensor]:
    """Mean style of the lessons in each preset; presets are the first styles of the plan."""
    index = LessonIndex(lines)
    return {
        name: torch.from_numpy(styles[index.of_style(number)].mean(axis=0))
        for number, name in enumerate(names)
        if len(index.of_style(number))
    }


def train_model(
    settings: PhoneticSettings,
    lines: ResidentLines,
    stats: MotionStats,
    encoder: StyleEncoder,
    styles: NDArray[np.float32],
    face: FaceModel,
    folder: Path,
    *,
    resume: bool,
    progress: Progress,
    device: str = "auto",
) -> Path:
    """Train speech encoder and denoiser; returns the last checkpoint, a model folder without styles.

    Raises:
        InputError: the folder holds another run, or the loss diverged.
        Cancelled: ``progress`` was cancelled.
    """
    run = settings.run
    config = model_config(settings)
    with start_run(folder, run, resume=resume, device=device) as accelerator:
        set_seed(run.seed)
        network = DiffPoseTalk(config)
        if not settings.direct:
            _hold_at_zero(network)
        schedule = NoiseSchedule.make(config.schedule, config.steps)
        frozen = copy.deepcopy(encoder).eval()

        def save(target: Path, weights: Mapping[str, Tensor], iteration: int) -> None:
            saved = copy.deepcopy(network)
            saved.load_state_dict(weights)
            model = finish(config, saved, schedule, stats, copy.deepcopy(frozen))
            save_folder(target, model, f"Checkpoint of iteration {iteration}; see training.json.\n")
            save_settings(target / SETTINGS_FILE, settings)

        def arguments(batch: PhoneticBatch, numbers: tuple[int, ...], where: torch.device) -> tuple[Any, ...]:
            draws = draw_phonetic(
                torch_stream(*numbers, _DRAWS, device=where),
                batch=len(batch.motion),
                frames=batch.motion.shape[1],
                width=config.layout.width,
                steps=config.steps,
            )
            return batch, draws

        training = Training(
            objective=PhoneticObjective(network, schedule, stats, LipVertices(face), settings.objective),
            network=network,
            batches=LessonBatches(
                lines,
                styles,
                frames=config.denoiser.motions,
                batch=run.batch,
                seed=run.seed,
                withheld=settings.withheld,
            ),
            validation=None,
            arguments=arguments,
            save=save,
            describe=lambda folder: save_settings(folder / SETTINGS_FILE, settings),
            inputs=[],
        )
        return train(training, run, folder, accelerator, progress)


def _hold_at_zero(network: DiffPoseTalk) -> None:
    """Take away what the phones ask for from the result: a path of zeros that nothing is learned for."""
    denoiser = network.denoising_net
    assert isinstance(denoiser, LocalDenoiser)  # noqa: S101 - the settings say so
    if denoiser.asked_out is not None:
        for parameter in denoiser.asked_out.parameters():
            nn.init.zeros_(parameter)
            parameter.requires_grad_(False)


def model_config(settings: PhoneticSettings) -> DiffPoseTalkConfig:
    """The configuration of the model that ``settings`` train."""
    return DiffPoseTalkConfig(
        layout=LAYOUT,
        denoiser=settings.denoiser,
        audio=AudioEncoderConfig("phonetic", asdict(settings.encoder)),
        basis=BASIS,
        steps=settings.steps,
        schedule=settings.schedule,
        guiding=settings.guiding,
        guidance=settings.guidance,
        style_encoder=settings.style_encoder,
        sampling=settings.sampling,
        local=settings.local,
    )


def untrained_model(settings: PhoneticSettings, stats: MotionStats) -> LoadedModel:
    """The model with random weights, for tests and for measuring speed."""
    config = model_config(settings)
    return finish(
        config,
        DiffPoseTalk(config),
        NoiseSchedule.make(config.schedule, config.steps),
        stats,
        StyleEncoder(settings.style_encoder, LAYOUT.width),
        "untrained",
    )
