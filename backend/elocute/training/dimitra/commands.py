"""The training of Dimitra as ``elocute train dimitra`` runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.optim import Optimizer

from elocute.checkpoint.row_stats import RowStats
from elocute.diffusion.windows import usual_tail
from elocute.errors import InputError
from elocute.face.model import FaceModel
from elocute.face.transfer.carrier import Carrier
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.models.dimitra.config import DimitraConfig
from elocute.models.dimitra.folder import LoadedModel, save_folder
from elocute.models.dimitra.network import Dimitra
from elocute.models.dimitra.sampling import schedule_of
from elocute.motion.channels import MotionChannels
from elocute.speech_encoders.at_frames import load_encoder
from elocute.speech_encoders.sources import SpeechConfig, TextConfig
from elocute.speech_encoders.text_encoder import load_clip, load_text_reader
from elocute.training.core.batches import torch_stream
from elocute.training.core.loop import Training, start_run, train
from elocute.training.core.request import TrainRequest
from elocute.training.core.run_folder import SETTINGS_FILE
from elocute.training.core.settings import save_settings
from elocute.training.dimitra.batches import DimitraBatches
from elocute.training.dimitra.objective import Batch, DimitraObjective, Draws
from elocute.training.dimitra.settings import DimitraSettings
from elocute.training.recordings.heard import speech_of
from elocute.training.recordings.lines import FOLDER, Lines
from elocute.training.recordings.sources import all_names, line_source, splits_of

_DRAWS: Final = 4
_LEAST_DEVIATION: Final = 1e-3
"""What hardly moves must not be blown up."""


def run(request: TrainRequest) -> Path:
    """Train the networks of all groups.

    Raises:
        SettingsError: settings that contradict each other or the data.
        InputError: settings, data, head, encoders or folders that cannot be used, or a loss that diverged.
        Cancelled: the request's progress was cancelled.
    """
    settings = request.settings(DimitraSettings)
    settings = settings.without(request.without)
    if request.iterations is not None:
        settings = replace(settings, run=replace(settings.run, iterations=request.iterations))
    source = line_source(settings.lines, settings.run.dataset, settings.run.seed)
    face, carrier = _faces(settings, source.channels)
    with start_run(request.out, settings.run, resume=request.resume, device=request.device) as accelerator:
        lists = splits_of(source, settings.run.split, settings.run.validation)
        speech, phonetic = speech_of(settings.speech)
        config = _config(settings, source.channels, speech, carrier)
        lines = Lines(request.out / FOLDER)
        if accelerator.is_main_process:
            encoder = load_encoder(speech, phonetic, accelerator.device)
            reader = load_text_reader(config.text, accelerator.device)
            lines.prepare(all_names(lists), source, encoder, reader, request.progress)
        accelerator.wait_for_everyone()
        stats = RowStats(*lines.moments(lists[0], _LEAST_DEVIATION))
        set_seed(settings.run.seed)
        probe = MouthProbe.from_face(face) if face is not None else None
        untrained = LoadedModel(config, Dimitra(config), stats, phonetic, probe, carrier=carrier)
        training = _training(settings, untrained, lines, lists)
        return train(training, settings.run, request.out, accelerator, request.progress)


def _faces(settings: DimitraSettings, channels: MotionChannels) -> tuple[FaceModel | None, Carrier | None]:
    """The head of the clips that users get, and what carries them onto it."""
    if not settings.face:
        return None, None
    face = FaceModel.load(Path(settings.face))
    if face.basis != channels.basis:
        raise InputError(
            f"The face {settings.face} has the basis {face.basis}, the data {channels.basis}.",
            "Choose the face model that the data was made with.",
            code="bad_face",
        )
    if not settings.head:
        return face, None
    head = FaceModel.load(Path(settings.head))
    return head, Carrier(face, head)


def _config(
    settings: DimitraSettings, channels: MotionChannels, speech: SpeechConfig, carrier: Carrier | None
) -> DimitraConfig:
    text = TextConfig(settings.text, 0, "")
    if settings.text == "clip":
        text = TextConfig("clip", load_clip(settings.clip).width, settings.clip)
    return DimitraConfig(
        network=settings.network,
        speech=speech,
        text=text,
        phones=settings.phones,
        division=settings.division,
        basis=channels.basis,
        expressions=channels.expressions,
        steps=settings.steps,
        sampling_steps=settings.sampling_steps,
        overlap=settings.overlap,
        tail=usual_tail(settings.network.frames) if settings.tail is None else settings.tail,
        schedule=settings.schedule,
        target=settings.target,
        lips=settings.lips,
        head_smoothing=settings.head_smoothing,
        carried="" if carrier is None else carrier.head.basis,
    )


def _training(
    settings: DimitraSettings, untrained: LoadedModel, lines: Lines, lists: tuple[list[str], list[str]]
) -> Training:
    own, config, network = settings.run, untrained.config, untrained.network
    network.requires_grad_(True)

    def batches(names: list[str]) -> DimitraBatches:
        return DimitraBatches(
            lines,
            names,
            untrained.stats,
            batch=own.batch,
            window=config.network.frames,
            texts=config.text.kind != "none",
            seed=own.seed,
        )

    def arguments(batch: Batch, numbers: tuple[int, ...], device: torch.device) -> tuple[Any, ...]:
        stream = torch_stream(*numbers, _DRAWS)
        draws = Draws.drawn(stream, batch.rows, len(network.groups), config.steps, settings.drop)
        moved = Batch(batch.rows.to(device), batch.told.to(device))
        return moved, Draws(draws.steps.to(device), draws.noise.to(device), draws.keep.to(device))

    def save(place: Path, weights: Mapping[str, Tensor], iteration: int) -> None:
        copy = Dimitra(config)
        copy.load_state_dict(dict(weights))
        trained = replace(untrained, network=copy)
        save_folder(place, trained, _card(config, settings, len(lists[0]), iteration))
        save_settings(place / SETTINGS_FILE, settings)

    def optimizer(parameters: list[nn.Parameter], rate: float) -> Optimizer:
        return torch.optim.AdamW(parameters, rate, weight_decay=settings.decay)

    return Training(
        objective=DimitraObjective(
            network,
            schedule_of(config),
            settings.weight,
            settings.first,
            settings.velocity,
            config.target,
        ),
        network=network,
        batches=batches(lists[0]),
        validation=batches(lists[1]) if lists[1] else None,
        arguments=arguments,
        save=save,
        describe=lambda place: save_settings(place / SETTINGS_FILE, settings),
        inputs=[Path(file) for file in (settings.face, settings.head) if file],
        optimizer=optimizer,
    )


def _card(config: DimitraConfig, settings: DimitraSettings, recordings: int, iteration: int) -> str:
    sizes = config.network
    groups = ", ".join(f"{name} {len(columns)}" for name, columns in config.groups.items())
    return (
        f"# Dimitra, iteration {iteration}\n\n"
        f"Motion in the basis {config.basis} from speech; trained by `elocute train dimitra`. Every setting "
        f"is in `{SETTINGS_FILE}`.\n\n"
        f"- {recordings} recordings (split `{settings.run.split}`)\n"
        f"- networks and their channels: {groups}\n"
        f"- width {sizes.width}, {sizes.layers} layers, {sizes.attention} attention, windows of "
        f"{sizes.frames} frames, {config.steps} diffusion steps\n"
        f"- sound: {settings.speech}; phones: {config.phones}; text: {config.text.kind}\n\n"
        "The licences of the data and of the encoders' weights apply to what is made from them.\n"
    )
