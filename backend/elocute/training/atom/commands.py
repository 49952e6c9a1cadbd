"""The training of AToM as ``elocute train atom`` runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.optim import Optimizer

from elocute.errors import InputError, SettingsError
from elocute.face.fit.points import check_has_landmarks
from elocute.face.model import FaceModel
from elocute.models.atom.config import AUDIO_RATE, FPS, AtomConfig
from elocute.models.atom.folder import LoadedModel, save_folder
from elocute.models.atom.network import Atom
from elocute.models.atom.sampling import schedule_of
from elocute.progress import Progress
from elocute.speech_encoders.by_name import named_speech_encoder
from elocute.speech_encoders.encoder import SpeechEncoder
from elocute.speech_encoders.names import PLAIN
from elocute.training.atom.alignment import align_hearing
from elocute.training.atom.data import FOLDER, AtomBatches, RecordingFeatures
from elocute.training.atom.objective import AtomObjective, Batch, Draws
from elocute.training.atom.settings import AtomSettings
from elocute.training.atom.sources import PackedRecordings, Recordings, TaughtRecordings
from elocute.training.core.adan import Adan
from elocute.training.core.batches import torch_stream
from elocute.training.core.loop import Training, start_run, train
from elocute.training.core.request import TrainRequest
from elocute.training.core.run_folder import SETTINGS_FILE
from elocute.training.core.settings import save_settings

_DRAWS: Final = 4


def run(request: TrainRequest) -> Path:
    """Train a network.

    Raises:
        SettingsError: settings that contradict each other or the data.
        InputError: settings, data, head, encoder or folders that cannot be used, or a loss that diverged.
        Cancelled: the request's progress was cancelled.
    """
    request.leave_out_nothing()
    settings = request.settings(AtomSettings)
    if request.iterations is not None:
        settings = replace(settings, run=replace(settings.run, iterations=request.iterations))
    face, recordings = _face(settings), _recordings(settings)
    if face.basis != recordings.basis:
        raise InputError(
            f"The face {settings.face} has the basis {face.basis}, the dataset {recordings.basis}.",
            "Choose the face model that the dataset was made with.",
            code="bad_face",
        )
    with start_run(request.out, settings.run, resume=request.resume, device=request.device) as accelerator:
        encoder = _encoder(settings, accelerator.device)
        settings = replace(settings, network=replace(settings.network, audio_width=encoder.width))
        set_seed(settings.run.seed)
        training = _training(settings, face, recordings, encoder, request.out, request.progress)
        return train(training, settings.run, request.out, accelerator, request.progress)


def _face(settings: AtomSettings) -> FaceModel:
    if not settings.face:
        raise SettingsError("The settings name no head.", "Set face to the FaceModel file of the dataset.")
    face = FaceModel.load(Path(settings.face))
    check_has_landmarks(face)
    return face


def _recordings(settings: AtomSettings) -> Recordings:
    if not settings.run.dataset:
        raise SettingsError("The settings name no dataset.", "Set run.dataset to its folder.")
    folder, encoder = Path(settings.run.dataset), settings.speech_encoder
    if settings.teacher:
        return TaughtRecordings(folder, settings.teacher, encoder)
    return PackedRecordings(folder, encoder)


def _encoder(settings: AtomSettings, device: torch.device) -> SpeechEncoder:
    encoder = named_speech_encoder(settings.speech_encoder, device)
    if encoder.rate != AUDIO_RATE * FPS:
        raise InputError(
            f"The speech encoder {encoder.name} does not give {AUDIO_RATE * FPS:g} features a second.",
            "Choose a HuBERT or Wav2Vec2, or " + " or ".join(PLAIN) + ".",
            code="bad_audio_encoder",
        )
    return encoder


def _training(
    settings: AtomSettings,
    face: FaceModel,
    recordings: Recordings,
    encoder: SpeechEncoder,
    out: Path,
    progress: Progress,
) -> Training:
    own = settings.run
    features = RecordingFeatures(recordings, face, out / FOLDER)
    lists = [recordings.names(own.split), recordings.names(own.validation) if own.validation else []]
    features.prepare([name for names in lists for name in names], encoder, progress)
    network = Atom(settings.network)
    if settings.aligned:
        align_hearing(network)
    config = AtomConfig(
        settings.network, settings.speech_encoder, settings.steps, min(50, settings.steps), basis=face.basis
    )

    def batches(names: list[str]) -> AtomBatches:
        return AtomBatches(
            features,
            names,
            batch=own.batch,
            window=settings.network.frames,
            audio_width=settings.network.audio_width,
            padding=settings.padding,
            seed=own.seed,
        )

    def arguments(batch: Batch, numbers: tuple[int, ...], device: torch.device) -> tuple[Any, ...]:
        draws = Draws.drawn(torch_stream(*numbers, _DRAWS), batch.movement, settings.steps, settings.drop)
        moved = Batch(*(getattr(batch, name).to(device) for name in ("movement", "first", "audio", "kept")))
        return moved, Draws(draws.steps.to(device), draws.noise.to(device), draws.keep.to(device))

    def save(place: Path, weights: Mapping[str, Tensor], iteration: int) -> None:
        copy = Atom(settings.network)
        copy.load_state_dict(dict(weights))
        card = _card(config, settings, len(lists[0]), iteration)
        save_folder(place, LoadedModel(config, copy, face), card)
        save_settings(place / SETTINGS_FILE, settings)

    def optimizer(parameters: list[nn.Parameter], rate: float) -> Optimizer:
        return Adan(parameters, rate, weight_decay=settings.weight_decay)

    return Training(
        objective=AtomObjective(
            network, schedule_of(settings.steps), settings.reconstruction, settings.velocity
        ),
        network=network,
        batches=batches(lists[0]),
        validation=batches(lists[1]) if lists[1] else None,
        arguments=arguments,
        save=save,
        describe=lambda place: save_settings(place / SETTINGS_FILE, settings),
        inputs=[Path(settings.face)],
        optimizer=optimizer,
    )


def _card(config: AtomConfig, settings: AtomSettings, recordings: int, iteration: int) -> str:
    sizes = config.network
    return (
        f"# AToM, iteration {iteration}\n\n"
        f"Landmarks from speech, fitted to a head of the basis {config.basis}; trained by `elocute train "
        f"atom`. Every setting is in `{SETTINGS_FILE}`.\n\n"
        f"- {recordings} recordings (list `{settings.run.split}`)\n"
        f"- width {sizes.width}, {sizes.layers} layers, windows of {sizes.frames} frames, "
        f"{config.steps} diffusion steps\n"
        f"- speech encoder: {config.speech_encoder}\n\n"
        "The licences of the data, of the speech encoder's weights and of the face model apply to what is "
        "made from them.\n"
    )
