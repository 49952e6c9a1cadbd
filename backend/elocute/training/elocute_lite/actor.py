"""Fine-tune the bundled model on recordings of one actor, and pack the result as a model of its own.

The speech encoder stays as it is: it has heard many voices and an actor's minutes are one. The denoiser
learns how this actor moves to it. The actor's style, the mean over windows of the recordings, is the new
model's default; the presets stay, and mean what the fine-tuned denoiser makes of them.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import torch
from accelerate.utils import set_seed
from numpy.typing import NDArray
from pydantic import ConfigDict
from torch import Tensor

from elocute.behaviour.eye_manner import EyeManner
from elocute.checkpoint.folder import STYLES, WEIGHTS, is_checkpoint, preset_names, style_path
from elocute.corpus.lessons import EXACT, LineLessons
from elocute.dataset.actor.recordings import ActorIndex, ActorRecording, read_index, recording_path
from elocute.errors import SettingsError
from elocute.face.standin.build import standin_head
from elocute.finishing.needs import EYES_KEY, PROBE
from elocute.models import registry
from elocute.models.diffposetalk.description import NULL
from elocute.models.diffposetalk.files import STYLE_WEIGHTS
from elocute.models.diffposetalk.folder import LoadedModel, finish, load_folder, save_folder
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.style_file import save_style
from elocute.speech_encoders.phonetic_input import source_of
from elocute.storage.leftovers import temporary_folder
from elocute.training.core.batches import torch_stream
from elocute.training.core.loop import Training, start_run, train
from elocute.training.core.request import TrainRequest
from elocute.training.core.run_folder import SETTINGS_FILE
from elocute.training.core.settings import RunSettings, save_settings
from elocute.training.elocute_lite.data import SpokenLine, normalised, phone_arrays, spoken_of_frames
from elocute.training.elocute_lite.objective import (
    LipVertices,
    PhoneticObjective,
    PhoneticOptions,
    draw_phonetic,
)
from elocute.training.elocute_lite.package import halve_weights
from elocute.training.elocute_lite.resident import LessonBatches, PhoneticBatch, ResidentLines
from elocute.training.elocute_lite.tellings import tell

BASE: Final = "elocute-lite"
_DRAWS: Final = 4
_CARD: Final = """# {name}

`{base}` fine-tuned on {minutes:.1f} minutes of {name}'s recordings ({count} takes, {updates} updates), in
the face basis `elocute-head-1`. Its default style is `{name}`. Made by `elocute train actor`.
"""


@dataclass(frozen=True)
class ActorSettings:
    """What to train on and how.

    Attributes:
        data: folder that ``elocute dataset import`` wrote.
        model: what to begin with: a model's name or folder, of the same kind as the bundled one.
        run: how long and how to optimise.
        objective: losses.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    data: str
    model: str = BASE
    run: RunSettings = field(
        default_factory=lambda: RunSettings(
            iterations=200,
            batch=4,
            learning_rate=3e-4,
            warmup=20,
            final_rate=0.1,
            workers=0,
            save_every=1000,
            log_every=10,
        )
    )
    objective: PhoneticOptions = field(default_factory=PhoneticOptions)


def run_actor(request: TrainRequest) -> Path:
    """Fine-tune and pack; returns the folder of the finished model.

    Raises:
        SettingsError: the model to begin with is of another kind.
        InputError: recordings or folders cannot be used, or the loss diverged.
        Cancelled: the request's progress was cancelled.
    """
    request.leave_out_nothing()
    settings = request.settings(ActorSettings)
    if request.iterations is not None:
        settings = replace(settings, run=replace(settings.run, iterations=request.iterations))
    index = read_index(Path(settings.data))
    base = _base(settings.model)
    finished = request.out / index.name
    _check_name(index.name, base, finished)
    lines = _lines(Path(settings.data), index)
    resident = ResidentLines(lines, base.stats, torch.device("cpu"))
    styles = _styles(base, lines)
    checkpoint = _train(settings, base, resident, styles, request)
    return _pack(checkpoint, finished, index, base, styles.mean(axis=0), settings)


def _check_name(name: str, base: LoadedModel, finished: Path) -> None:
    presets = () if base.folder is None else preset_names(base.folder)
    taken = name in presets or name == NULL
    if taken or (finished.exists() and not is_checkpoint(finished)):
        what = "a style of the model already" if taken else "what the run's folder calls something else"
        raise SettingsError(
            f"The actor's name {name} is {what}.", "Import the recordings again with another --name."
        )


def _base(name: str) -> LoadedModel:
    bundled = {model.id: model for model in registry.bundled_models()}
    folder = bundled[name].folder if name in bundled else registry.models_at(name)[0].folder
    if folder is None:
        raise SettingsError(f"The model {name} has nothing to train.", f"Begin with {BASE}.")
    model = load_folder(folder)
    if not model.config.audio.hears_phones or model.config.local is None or model.style_encoder is None:
        raise SettingsError(f"The model {model.name} is not of the kind of {BASE}.", f"Begin with {BASE}.")
    return model


def _lines(folder: Path, index: ActorIndex) -> list[SpokenLine]:
    lines = []
    for number, facts in enumerate(index.recordings):
        recording = ActorRecording.load(recording_path(folder, facts))
        arrays = phone_arrays(recording.phones)
        phones = {EXACT: arrays, source_of(facts.phone_source): arrays}
        lines.append(
            SpokenLine(
                recording.sound,
                spoken_of_frames(*arrays, recording.frames),
                tell(phones, recording.frames, [number]),
                _lesson(recording),
            )
        )
    return lines


def _lesson(recording: ActorRecording) -> LineLessons:
    return LineLessons(
        recording.expression[None], recording.jaw[None], recording.head[None], np.zeros(1, np.int64)
    )


@torch.inference_mode()
def _styles(base: LoadedModel, lines: Sequence[SpokenLine]) -> NDArray[np.float32]:
    """(lines, S) style of each recording: the mean over windows that follow each other."""
    encoder = base.style_encoder
    assert encoder is not None  # noqa: S101 - asked where it was loaded
    window = encoder.config.motions
    rows = []
    for line in lines:
        motion = torch.from_numpy(normalised(line, 0, slice(None), base.stats))
        starts = range(0, max(line.frames - window // 2, 1), window)
        parts = [encoder(motion[None, start : start + window])[0] for start in starts]
        rows.append(torch.stack(parts).mean(dim=0).numpy())
    return np.stack(rows).astype(np.float32)


def _train(
    settings: ActorSettings,
    base: LoadedModel,
    lines: ResidentLines,
    styles: NDArray[np.float32],
    request: TrainRequest,
) -> Path:
    run, config = settings.run, base.config
    with start_run(request.out, run, resume=request.resume, device="cpu") as accelerator:
        set_seed(run.seed)
        network = copy.deepcopy(base.network)
        network.denoising_net.requires_grad_(True)

        def save(target: Path, weights: Mapping[str, Tensor], iteration: int) -> None:
            saved = DiffPoseTalk(config)
            saved.load_state_dict(weights)
            model = finish(config, saved, base.schedule, base.stats, copy.deepcopy(base.style_encoder))
            save_folder(target, model, f"Checkpoint of iteration {iteration}; see training.json.\n")

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
            objective=PhoneticObjective(
                network, base.schedule, base.stats, LipVertices(standin_head()), settings.objective
            ),
            network=network,
            batches=LessonBatches(
                lines, styles, frames=config.denoiser.motions, batch=run.batch, seed=run.seed
            ),
            validation=None,
            arguments=arguments,
            save=save,
            describe=lambda folder: save_settings(folder / SETTINGS_FILE, settings),
            inputs=[],
        )
        return train(training, run, request.out, accelerator, request.progress)


def _pack(
    checkpoint: Path,
    folder: Path,
    index: ActorIndex,
    base: LoadedModel,
    style: NDArray[np.float32],
    settings: ActorSettings,
) -> Path:
    """The finished model's folder: it appears whole, in the place of one that was there."""
    model = load_folder(checkpoint)
    sampling = replace(base.config.sampling, style=index.name)
    card = _CARD.format(
        name=index.name,
        base=base.name,
        minutes=index.seconds / 60,
        count=len(index.recordings),
        updates=settings.run.iterations,
    )
    with temporary_folder(folder.parent, "model") as work:
        made = work / folder.name
        save_folder(made, replace(model, config=replace(model.config, sampling=sampling)), card)
        for name in (WEIGHTS, STYLE_WEIGHTS):
            halve_weights(made / name)
        if base.folder is not None:
            for name in preset_names(base.folder):
                shutil.copyfile(style_path(base.folder, name), style_path(made, name))
            if (base.folder / PROBE).is_file():
                shutil.copyfile(base.folder / PROBE, made / PROBE)
        eyes = EyeManner(blink_rate=min(index.blinks_per_minute, 60.0)) if index.blinks_seen else EyeManner()
        meta = {"note": f"mean style of {len(index.recordings)} recordings", EYES_KEY: asdict(eyes)}
        save_style(made / STYLES / f"{index.name}.npz", style, meta)
        save_settings(made / SETTINGS_FILE, settings)
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)
    return folder
