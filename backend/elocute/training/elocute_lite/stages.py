"""Everything that makes the bundled model once its speech is there: lessons, both trainings, the folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from elocute.checkpoint.weights import save_weights
from elocute.corpus.lessons import make_lessons
from elocute.face.model import FaceModel
from elocute.models.rules.style import PRESETS
from elocute.progress import Progress
from elocute.training.core.loop import training_device
from elocute.training.core.run_folder import SETTINGS_FILE
from elocute.training.elocute_lite.data import lesson_stats, load_lines
from elocute.training.elocute_lite.pace import paced
from elocute.training.elocute_lite.package import package_model
from elocute.training.elocute_lite.resident import ResidentLines
from elocute.training.elocute_lite.settings import PhoneticSettings
from elocute.training.elocute_lite.training import lesson_styles, preset_styles, train_model, train_styles

MODEL: Final = "elocute-lite"
PRESETS_FILE: Final = "preset_styles.safetensors"
Stage = Literal["lessons", "style", "model", "folder"]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class StagePlan:
    """Where the stages work and how far they go.

    Attributes:
        out: folder for everything; the finished model is ``out/elocute-lite``.
        corpus: folder of the speech.
        face: FaceModel file of the head.
        resume: go on with what is in the folder.
        last: the last stage to do.
        processes: for the lessons.
        device: ``auto``, or ``cpu`` to leave other devices alone.
        seconds: for everything together, or None for as many updates as the settings say. The model's
            training gets what the stages before it leave; how many updates that is, it measures.
    """

    out: Path
    corpus: Path
    face: Path
    resume: bool = False
    last: Stage = "folder"
    processes: int = 2
    device: Literal["auto", "cpu"] = "auto"
    seconds: float | None = None


def run_stages(settings: PhoneticSettings, plan: StagePlan, progress: Progress, tell: Tell) -> Path | None:
    """Do every stage up to ``plan.last``; returns the finished model's folder, None if told to stop before.

    Under ``torchrun`` every process trains, but only the first one makes files that all share.

    Raises:
        InputError: corpus, lessons, head or a run's folder cannot be used, or a loss diverged.
        Cancelled: ``progress`` was cancelled.
    """
    main = os.environ.get("RANK", "0") == "0"
    out, clock = plan.out, _Clock(tell)
    out.mkdir(parents=True, exist_ok=True)
    lessons = make_lessons(plan.corpus, out / "lessons", settings.lessons, "train", plan.processes, progress)
    clock.tell("lessons")
    if plan.last == "lessons":
        return None
    lines = load_lines(plan.corpus, lessons, settings.style_encoder.motions, plan.processes, progress)
    stats = lesson_stats(lines)
    resident = ResidentLines(lines, stats, training_device(plan.device))
    tell(f"{len(lines)} lines, {sum(line.frames for line in lines) / 25 / 3600:.2f} h of speech")
    clock.tell("loading")
    encoder = train_styles(
        settings,
        resident,
        stats,
        out / "style",
        resume=_resumes(out / "style", plan),
        progress=progress,
        device=plan.device,
    )
    styles = lesson_styles(encoder, resident)
    if main:
        np.save(out / "lesson_styles.npy", styles)
    clock.tell("style encoder")
    if plan.last == "style":
        return None
    face = FaceModel.load(plan.face)
    presets = preset_styles(styles, lines, tuple(PRESETS))
    if main:
        save_weights(out / PRESETS_FILE, presets)
    if plan.seconds is not None:
        settings = paced(settings, resident, stats, styles, face, plan.seconds - clock.total)
        tell(f"{settings.run.iterations} updates")
    checkpoint = train_model(
        settings,
        resident,
        stats,
        encoder,
        styles,
        face,
        out / "model",
        resume=_resumes(out / "model", plan),
        progress=progress,
        device=plan.device,
    )
    clock.tell("model")
    if plan.last == "model":
        return None
    if main:
        package_model(checkpoint, out / MODEL, presets, face, settings)
        tell(f"finished: {out / MODEL}")
    return out / MODEL


def _resumes(folder: Path, plan: StagePlan) -> bool:
    return plan.resume and (folder / SETTINGS_FILE).is_file()


class _Clock:
    """Says how long each stage took."""

    def __init__(self, tell: Tell) -> None:
        self._began = self._since = time.monotonic()
        self._tell = tell

    @property
    def total(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def tell(self, stage: str) -> None:
        now = time.monotonic()
        self._tell(f"{stage}: {now - self._since:.0f} s")
        self._since = now
