"""Make the folder that ships: weights at half precision, graphs, style presets, mouth probe, model card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from elocute.behaviour.eye_manner import EyeManner
from elocute.checkpoint.folder import STYLES, WEIGHTS
from elocute.checkpoint.weights import read_weights, save_weights
from elocute.face.model import FaceModel
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.needs import EYES_KEY, PROBE
from elocute.models.diffposetalk.files import STYLE_WEIGHTS
from elocute.models.diffposetalk.folder import load_folder, save_folder
from elocute.models.diffposetalk.style_file import save_style
from elocute.models.rules.style import PRESETS
from elocute.training.core.run_folder import SETTINGS_FILE
from elocute.training.core.settings import save_settings
from elocute.training.elocute_lite.graphs import write_graphs
from elocute.training.elocute_lite.settings import PhoneticSettings

_STYLE_NOTE: Final = "mean style of the lessons in this preset"


def package_model(
    checkpoint: Path, folder: Path, presets: Mapping[str, Tensor], face: FaceModel, settings: PhoneticSettings
) -> None:
    """Write ``folder`` from a checkpoint of :func:`~elocute.training.elocute_lite.training.train_model`.

    A model card that is there already stays: it is written by hand from measurements.

    Raises:
        InputError: the checkpoint is damaged, or the folder cannot be written.
    """
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else f"Packed from {checkpoint.name}.\n"
    model = load_folder(checkpoint)
    # How to sample is chosen once the weights are there, so the settings' word counts.
    save_folder(folder, replace(model, config=replace(model.config, sampling=settings.sampling)), text)
    for name in (WEIGHTS, STYLE_WEIGHTS):
        halve_weights(folder / name)
    for name, style in presets.items():
        teacher = PRESETS[name]
        eyes = EyeManner(teacher.gaze_amount, teacher.blink_rate, teacher.asymmetry)
        meta = {"note": _STYLE_NOTE, EYES_KEY: asdict(eyes), "teacher": asdict(teacher)}
        save_style(folder / STYLES / f"{name}.npz", style, meta)
    MouthProbe.from_face(face).save(folder / PROBE)
    write_graphs(folder, load_folder(folder))
    save_settings(folder / SETTINGS_FILE, settings)


def halve_weights(path: Path) -> None:
    """Store a safetensors file at half precision; loading makes float32 of it again."""
    save_weights(path, {name: value.to(torch.float16) for name, value in read_weights(path).items()})
