"""Everything that makes the bundled model once its speech is there: lessons, both trainings, the folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from elocute.corpus.lessons import make_lessons
from elocute.face.model import FaceModel
from elocute.models.rules.style import PRESETS
from elocute.progress import Progress
from elocute.training.core.run_folder import SETTINGS_FILE
from elocute.training.elocute_lite.data import lesson_stats, load_lines
from elocute.training.elocute_lite.package import package_model
from elocute.training.elocute_lite.settings import PhoneticSettings
from elocute.training.elocute_lite.training import lesson_styles, preset_styles, train_model, train_styles

MODEL: Final = "elocute-lite"
Stage = Literal["lessons", "style", "model"]
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
    """

    out: Path
    corpus: Path
    face: Path
    resume: bool = False
    last: Stage = "model"
    processes: int = 2
    device: Literal["auto", "cpu"] = "auto"


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
    lines = load_lines(plan.corpus, lessons, settings.style_encoder.motions, progress)
    stats = lesson_stats(lines)
    tell(f"{len(lines)} lines, {sum(line.frames for line in lines) / 25 / 3600:.2f} h of speech")
    clock.tell("loading")
    encoder = train_styles(
        settings,
        lines,
        stats,
        out / "style",
        resume=_resumes(out / "style", plan),
        progress=progress,
        device=plan.device,
    )
    styles = lesson_styles(encoder, lines, stats)
    if main:
        np.save(out / "lesson_styles.npy", styles)
    clock.tell("style encoder")
    if plan.last == "style":
        return None
    face = FaceModel.load(plan.face)
    checkpoint = train_model(
        settings,
        lines,
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
    if main:
        presets = preset_styles(styles, lines, tuple(PRESETS))
        package_model(checkpoint, out / MODEL, presets, face, settings)
        tell(f"finished: {out / MODEL}")
    return out / MODEL


def _resumes(folder: Path, plan: StagePlan) -> bool:
    return plan.resume and (folder / SETTINGS_FILE).is_file()


class _Clock:
    """Says how long each stage took."""

    def __init__(self, tell: Tell) -> None:
        self._since, self._tell = time.monotonic(), tell

    def tell(self, stage: str) -> None:
        now = time.monotonic()
        self._tell(f"{stage}: {now - self._since:.0f} s")
        self._since = now
