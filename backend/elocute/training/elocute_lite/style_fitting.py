"""Styles that make a trained model move as the teacher does: the model stays, the style is learnt.

What the style encoder hears of a manner is where training left such manners. A preset whose definition has
changed since, or whose parts were never taught together, lies between: the encoder puts it beside the
nearest one, and the denoiser moves like that. The losses of the training say which style would move as asked
(textual inversion: Gal et al. 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch

from elocute.corpus.corpus import CorpusUtterance
from elocute.corpus.lessons import EXACT, LineLessons
from elocute.corpus.teacher import teach
from elocute.face.model import FaceModel
from elocute.models.diffposetalk.folder import LoadedModel
from elocute.models.diffposetalk.style_file import Vector
from elocute.models.rules.style import RulesStyle
from elocute.progress import Progress
from elocute.training.core.batches import torch_stream
from elocute.training.elocute_lite.data import spoken_line
from elocute.training.elocute_lite.objective import (
    LipVertices,
    PhoneticObjective,
    PhoneticOptions,
    draw_phonetic,
)
from elocute.training.elocute_lite.resident import LessonBatches, ResidentLines

_DRAWS: Final = 6
_TAKES: Final = 2
_FALLING: Final = 0.4
"""Share of the updates over which the rate falls to 0."""


@dataclass(frozen=True)
class FitPlan:
    """How a style is fitted.

    Attributes:
        updates: of its numbers, by Adam.
        batch: crops of each.
        frames: of a crop.
        rate: of learning.
        seed: of crops, noise and the teacher's takes.
    """

    updates: int = 40
    batch: int = 4
    frames: int = 200
    rate: float = 0.08
    seed: int = 50


def fitted_style(
    model: LoadedModel,
    lines: Sequence[CorpusUtterance],
    style: RulesStyle,
    start: Vector,
    face: FaceModel,
    plan: FitPlan,
    progress: Progress,
) -> Vector:
    """The numbers with which the model's predictions are nearest to the teacher's motion in ``style``.

    Args:
        model: with a local denoiser that hears phones; its weights stay as they are.
        lines: what is spoken.
        style: of the teacher.
        start: (S,) where to begin.
        face: whose lips count.
        plan: how long, and how.
        progress: only asked whether it was cancelled.

    Raises:
        Cancelled: ``progress`` was cancelled.
    """
    taught = [
        spoken_line(line, _lessons(line, style, plan.seed + _TAKES * number))
        for number, line in enumerate(lines)
    ]
    resident = ResidentLines(taught, model.stats, torch.device("cpu"))
    batches = LessonBatches(
        resident,
        np.tile(start, (_TAKES * len(taught), 1)),
        frames=plan.frames,
        batch=plan.batch,
        seed=plan.seed,
    )
    options = PhoneticOptions(phones=0.0, drop_style=0.0, drop_all=0.0)
    model.network.requires_grad_(False)
    objective = PhoneticObjective(model.network, model.schedule, model.stats, LipVertices(face), options)
    vector = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.Adam([vector], lr=plan.rate)
    for number in range(plan.updates):
        progress.check()
        left = (plan.updates - number) / (_FALLING * plan.updates)
        optimizer.param_groups[0]["lr"] = plan.rate * min(left, 1.0)
        draws = draw_phonetic(
            torch_stream(plan.seed, number, _DRAWS),
            batch=plan.batch,
            frames=plan.frames,
            width=model.config.layout.width,
            steps=model.config.steps,
        )
        batch = replace(batches.batch(number), style=vector.expand(plan.batch, -1))
        optimizer.zero_grad()
        objective(batch, draws)["total"].backward()
        optimizer.step()
    found: Vector = vector.detach().numpy()
    return found


def _lessons(line: CorpusUtterance, style: RulesStyle, seed: int) -> LineLessons:
    speech = line.speech(EXACT, clean=True)
    takes = [teach(speech, style, seed + take) for take in range(_TAKES)]
    return LineLessons(
        np.stack([take.expression for take in takes]).astype(np.float16),
        np.stack([take.jaw for take in takes]).astype(np.float16),
        np.stack([take.head for take in takes]).astype(np.float16),
        np.zeros(_TAKES, np.int64),
    )
