"""The presets of a trained model, encoded from the teacher's motion or fitted to it: at full and at other
intensities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np

from elocute.audio.speech_features import SpeechFeatures
from elocute.behaviour.eye_manner import EyeManner
from elocute.checkpoint.folder import preset_names, style_path
from elocute.corpus.corpus import CorpusUtterance
from elocute.corpus.teacher import teach
from elocute.errors import SettingsError
from elocute.face.model import FaceModel
from elocute.finishing.needs import EYES_KEY
from elocute.models.diffposetalk.folder import LoadedModel
from elocute.models.diffposetalk.style_file import Vector, read_style_file, save_style
from elocute.models.diffposetalk.styles import extract_style
from elocute.models.rules.style import PRESETS, RulesStyle, styled
from elocute.progress import Progress
from elocute.training.elocute_lite.style_fitting import FitPlan, fitted_style

STEPS: Final = (0.25, 0.5, 0.75, 1.25, 1.5)
"""Intensities, besides 1, at which a preset is encoded: from one to the next there is little way."""
_NOTE: Final = "mean style of the teacher's motion in this preset"
FITTED: Final = (0.5, 1.0, 1.5)
"""Intensities at which a preset is fitted: those that are taught."""
_FITTED_NOTE: Final = "fitted to the teacher's motion in this preset"
_SEED: Final = 5


def taught_style(model: LoadedModel, lines: Sequence[SpeechFeatures], style: RulesStyle) -> Vector:
    """(S,) mean style of the middles of some lines as the teacher performs them.

    Raises:
        SettingsError: the model has no style encoder.
    """
    if model.style_encoder is None:
        raise SettingsError(f"The model {model.name} has no style encoder.")
    window, found = model.style_encoder.config.motions, []
    for number, line in enumerate(lines):
        clip = teach(line, style, _SEED + number).clip()
        found.append(extract_style(model, clip, max((clip.frames - window) // 2, 0)))
    mean: Vector = np.mean(found, axis=0, dtype=np.float32)
    return mean


def encode_presets(
    model: LoadedModel, lines: Sequence[SpeechFeatures], anew: Sequence[str], progress: Progress
) -> None:
    """Write style files of a model's folder: what presets are at :data:`STEPS`.

    Args:
        model: with a folder whose presets are the teacher's.
        lines: what is spoken, with exact phones.
        anew: presets that have changed: these alone are encoded, at full intensity too. What was fitted to
            the others would be lost. With none, all presets are encoded at the steps.
        progress: is told how far it is.

    Raises:
        SettingsError: the model has no folder, no style encoder, or no preset of the teacher.
        InputError: a style file is damaged or cannot be written.
        Cancelled: ``progress`` was cancelled.
    """
    folder, known = _taught(model, anew)
    names = list(anew) or known
    for number, name in enumerate(names):
        progress.report("styles", number / len(names), name)
        path = style_path(folder, name)
        vector = read_style_file(path, str(path), model.config.denoiser.style_dim).vector
        if name in anew:
            vector = taught_style(model, lines, PRESETS[name])
        # At any intensity the default style is itself.
        resting = name == model.config.sampling.style
        steps = {} if resting else {at: taught_style(model, lines, styled(name, at)) for at in STEPS}
        _save(path, name, vector, steps, _NOTE)
    progress.report("styles", 1.0)


def fit_presets(
    model: LoadedModel,
    lines: Sequence[CorpusUtterance],
    names: Sequence[str],
    face: FaceModel,
    plan: FitPlan,
    progress: Progress,
) -> None:
    """Move presets of a model's folder to where it moves as the teacher does in them.

    They are fitted at the intensities of :data:`FITTED`; what lies between goes along. The default style is
    the same at every intensity, and the others' intensities go out from it: where it is fitted, fit it first.

    Args:
        model: with a folder whose presets are the teacher's.
        lines: what is spoken.
        names: which presets.
        face: whose lips count.
        plan: of each.
        progress: is told how far it is.

    Raises:
        SettingsError: the model has no folder, or no preset of the teacher of one of the names.
        InputError: a style file is damaged or cannot be written.
        Cancelled: ``progress`` was cancelled.
    """
    folder, _ = _taught(model, names)
    for number, name in enumerate(names):
        progress.report("styles", number / len(names), name)
        path = style_path(folder, name)
        told = read_style_file(path, str(path), model.config.denoiser.style_dim)
        before = {**told.steps, 1.0: told.vector}
        moved = {
            at: fitted_style(model, lines, styled(name, at), before[at], face, plan, progress) - before[at]
            for at in FITTED
            if at in before
        }
        after = {at: vector + _between(moved, at) for at, vector in before.items()}
        _save(path, name, after.pop(1.0), after, _FITTED_NOTE)
    progress.report("styles", 1.0)


def _between(moved: Mapping[float, Vector], amount: float) -> Vector:
    """How far a style moves at an intensity: between those that were fitted, and the nearest's beyond."""
    amounts = np.array(sorted(moved))
    rows = np.stack([moved[at] for at in amounts])
    found: Vector = np.array([np.interp(amount, amounts, row) for row in rows.T], np.float32)
    return found


def _taught(model: LoadedModel, wanted: Iterable[str]) -> tuple[Path, list[str]]:
    """The model's folder and its presets that the teacher has; refuses where one that is wanted is not among
    them."""
    if model.folder is None:
        raise SettingsError(f"The model {model.name} has no folder with presets.")
    names = [name for name in preset_names(model.folder) if name in PRESETS]
    if missing := [name for name in wanted if name not in names]:
        raise SettingsError(f"The model {model.name} has no preset {missing[0]} of the teacher.")
    return model.folder, names


def _save(path: Path, name: str, vector: Vector, steps: Mapping[float, Vector], note: str) -> None:
    teacher = PRESETS[name]
    eyes = EyeManner(teacher.gaze_amount, teacher.blink_rate, teacher.asymmetry)
    save_style(path, vector, {"note": note, EYES_KEY: asdict(eyes), "teacher": asdict(teacher)}, steps)
