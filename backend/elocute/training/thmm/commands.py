"""The training of THMM-DiT as ``elocute train thmm`` runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.optim import Optimizer

from elocute.audio.speech_features import SpeechFeatures
from elocute.checkpoint.row_stats import RowStats
from elocute.diffusion.windows import usual_tail
from elocute.face.model import FaceModel
from elocute.models.thmm.config import FPS, ThmmConfig
from elocute.models.thmm.folder import LoadedModel, save_folder
from elocute.models.thmm.hearing import heard_rows
from elocute.models.thmm.network import Thmm
from elocute.models.thmm.rows import motion_rows
from elocute.models.thmm.sampling import schedule_of
from elocute.motion.channels import FloatArray, MotionChannels
from elocute.progress import Progress
from elocute.speech_encoders.at_frames import load_encoder
from elocute.speech_encoders.encoder import SpeechEncoder
from elocute.speech_encoders.sources import SpeechConfig
from elocute.training.core.batches import torch_stream
from elocute.training.core.loop import Training, start_run, train
from elocute.training.core.request import TrainRequest
from elocute.training.core.run_folder import SETTINGS_FILE
from elocute.training.core.settings import save_settings
from elocute.training.recordings.heard import speech_of
from elocute.training.recordings.lines import FOLDER, Lines
from elocute.training.recordings.sources import LineSource, all_names, line_source, splits_of
from elocute.training.thmm.batches import ThmmBatches
from elocute.training.thmm.objective import Batch, Draws, ThmmObjective
from elocute.training.thmm.settings import ThmmSettings
from elocute.training.thmm.silences import SilentLines

_DRAWS: Final = 4
_LEAST_DEVIATION: Final = {"coefficients": 1e-3, "landmarks": 1e-4}
"""What hardly moves must not be blown up."""


def run(request: TrainRequest) -> Path:
    """Train the network.

    Raises:
        SettingsError: settings that contradict each other or the data.
        InputError: settings, data, head, encoder or folders that cannot be used, or a loss that diverged.
        Cancelled: the request's progress was cancelled.
    """
    settings = request.settings(ThmmSettings)
    settings = settings.without(request.without)
    if request.iterations is not None:
        settings = replace(settings, run=replace(settings.run, iterations=request.iterations))
    own, source = settings.run, _source(settings)
    face = FaceModel.load(Path(settings.face)) if settings.face else None
    with start_run(request.out, own, resume=request.resume, device=request.device) as accelerator:
        lists = splits_of(source, own.split, own.validation)
        hears = settings.sound in ("encoder", "both")
        speech, phonetic = speech_of(settings.speech) if hears else (SpeechConfig(), None)
        config = _config(settings, source.channels, speech)
        rows = motion_rows(config, face)
        lines = Lines(request.out / FOLDER)

        def change(motion: FloatArray) -> FloatArray:
            return rows.rows_of(config.channels.clip(motion, FPS, {}))

        if accelerator.is_main_process:
            encoder = load_encoder(speech, phonetic, accelerator.device) if config.encodes else None
            lines.prepare(all_names(lists), source, _hearing(config, encoder), None, request.progress, change)
        accelerator.wait_for_everyone()
        stats = RowStats(*lines.moments(lists[0], _LEAST_DEVIATION[config.motion]))
        set_seed(own.seed)
        untrained = LoadedModel(config, Thmm(config), stats, phonetic, face)
        return train(
            _training(settings, untrained, lines, lists), own, request.out, accelerator, request.progress
        )


def _hearing(config: ThmmConfig, encoder: SpeechEncoder | None) -> Any:
    def hear(speech: SpeechFeatures) -> Tensor:
        return heard_rows(config, encoder, speech, Progress())

    return hear


def _source(settings: ThmmSettings) -> LineSource:
    if settings.silence.count:
        return SilentLines(settings.silence, settings.run.seed)
    return line_source(settings.lines, settings.run.dataset, settings.run.seed)


def _config(settings: ThmmSettings, channels: MotionChannels, speech: SpeechConfig) -> ThmmConfig:
    return ThmmConfig(
        network=settings.network,
        motion=settings.motion,
        dimensions=settings.dimensions,
        sound=settings.sound,
        speech=speech,
        basis=channels.basis,
        expressions=channels.expressions,
        schedule=settings.schedule,
        steps=settings.steps,
        target=settings.target,
        variance=settings.variance,
        sampler=settings.sampler,
        sampling_steps=settings.sampling_steps,
        overlap=settings.overlap,
        tail=usual_tail(settings.network.frames) if settings.tail is None else settings.tail,
        head_smoothing=settings.head_smoothing,
        settling=settings.settling,
    )


def _training(
    settings: ThmmSettings, untrained: LoadedModel, lines: Lines, lists: tuple[list[str], list[str]]
) -> Training:
    own, config, network = settings.run, untrained.config, untrained.network
    network.requires_grad_(True)

    def batches(names: list[str]) -> ThmmBatches:
        return ThmmBatches(
            lines,
            names,
            config,
            untrained.stats,
            batch=own.batch,
            beginnings=settings.beginnings,
            seed=own.seed,
        )

    def arguments(batch: Batch, numbers: tuple[int, ...], device: torch.device) -> tuple[Any, ...]:
        stream = torch_stream(*numbers, _DRAWS)
        draws = Draws.drawn(stream, batch.rows, config.steps, settings.drop_speech, settings.drop_clue)
        return Batch(batch.rows.to(device), batch.told.to(device)), draws.to(device)

    def save(place: Path, weights: Mapping[str, Tensor], iteration: int) -> None:
        copy = Thmm(config)
        copy.load_state_dict(dict(weights))
        trained = replace(untrained, network=copy)
        save_folder(place, trained, _card(config, settings, len(lists[0]), iteration))
        save_settings(place / SETTINGS_FILE, settings)

    def optimizer(parameters: list[nn.Parameter], rate: float) -> Optimizer:
        made = torch.optim.Adam(parameters, rate)

        def clip(*_: Any) -> None:
            torch.nn.utils.clip_grad_norm_(parameters, settings.clip)

        if settings.clip:
            made.register_step_pre_hook(clip)
        return made

    return Training(
        objective=ThmmObjective(
            network, schedule_of(config), config.target, settings.velocity, settings.variance_weight
        ),
        network=network,
        batches=batches(lists[0]),
        validation=batches(lists[1]) if lists[1] else None,
        arguments=arguments,
        save=save,
        describe=lambda place: save_settings(place / SETTINGS_FILE, settings),
        inputs=[Path(settings.face)] if settings.face else [],
        optimizer=optimizer,
    )


def _card(config: ThmmConfig, settings: ThmmSettings, recordings: int, iteration: int) -> str:
    sizes = config.network
    what = f"{config.dimensions}-D landmarks" if config.motion == "landmarks" else "coefficients"
    hears = "nothing" if not config.listens else f"{config.sound} ({settings.speech})"
    return (
        f"# THMM-DiT, iteration {iteration}\n\n"
        f"Motion in the basis {config.basis}; trained by `elocute train thmm`. Every setting is in "
        f"`{SETTINGS_FILE}`.\n\n"
        f"- {recordings} recordings (split `{settings.run.split}`)\n"
        f"- {what}; hears {hears}\n"
        f"- blocks of a layer: {', '.join(sizes.pattern)}\n"
        f"- width {sizes.width}, {sizes.layers} layers, {sizes.temporal} attention over frames, windows of "
        f"{sizes.frames} frames behind {sizes.clue if sizes.sees_clue else 0}\n"
        f"- {config.schedule} schedule of {config.steps} steps, target {config.target}, "
        f"{config.variance} variance\n\n"
        "The licences of the data and of the encoder's weights apply to what is made from them.\n"
    )
