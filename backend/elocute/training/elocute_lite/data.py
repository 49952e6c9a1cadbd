"""Lines and lessons in memory, and what normalises them. T frames, D numbers a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elocute.audio.phone import Phone
from elocute.audio.speech_features import SUBFRAMES
from elocute.corpus.corpus import CorpusEntry, CorpusUtterance, read_corpus
from elocute.corpus.lessons import EXACT, Lessons, LineLessons
from elocute.errors import InputError
from elocute.models.diffposetalk.stats import MotionStats
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import (
    LABEL_INDEX,
    LABELS,
    rows_of_labels,
    sound_rows,
    source_of,
)
from elocute.training.elocute_lite.tellings import Tellings, tell
from elocute.worker_processes import worker_pool

_TOLD: Final = 6
_LEAST_SPREAD: Final = 0.02
"""Floor of the standard deviations: what hardly moves must not be blown up."""


@dataclass(frozen=True)
class SpokenLine:
    """One line as the model hears it.

    Attributes:
        sound: (T, SOUND_WIDTH) float16.
        spoken: (T,) uint8 the phone that is really spoken, an index into ``LABELS``.
        tellings: what the model may be told of its phones.
        lessons: the teacher's motion.
    """

    sound: NDArray[np.float16]
    spoken: NDArray[np.uint8]
    tellings: Tellings
    lessons: LineLessons

    @property
    def frames(self) -> int:
        """Motion frames T."""
        return len(self.sound)


def load_lines(
    corpus: Path, lessons: Lessons, least_frames: int, processes: int, progress: Progress
) -> list[SpokenLine]:
    """Read all lines that have lessons and at least ``least_frames`` frames.

    Raises:
        InputError: files are missing or damaged, or nothing remains.
        Cancelled: ``progress`` was cancelled.
    """
    taught = set(lessons.names)
    entries = [entry for entry in read_corpus(corpus).utterances("train") if entry.facts.name in taught]
    lines = []
    work = partial(_load_line, lessons=lessons, least_frames=least_frames)
    with worker_pool(processes) as pool:
        for done, line in enumerate(pool.map(work, entries, chunksize=8), start=1):
            progress.report("load", done / len(entries), f"line {done} of {len(entries)}")
            if line is not None:
                lines.append(line)
    if not lines:
        raise InputError("There are no lines to train on.", "Make a corpus and lessons first.")
    return lines


def _load_line(entry: CorpusEntry, lessons: Lessons, least_frames: int) -> SpokenLine | None:
    speech = entry.load()
    return None if speech.frames < least_frames else spoken_line(speech, lessons.load(entry.facts.name))


def spoken_line(speech: CorpusUtterance, lessons: LineLessons) -> SpokenLine:
    """A line as the model hears it, with what the teacher made of it."""
    heard = speech.heard
    rows = sound_rows(speech.log_mel, heard.energy_db, heard.pitch_hz, heard.voicing)
    phones = {EXACT: phone_arrays(speech.phones[EXACT])}
    for asked, found in speech.phones.items():
        if asked != EXACT:
            # A transcript that did not fit the sound was listened to instead, and counts as that.
            phones[source_of(speech.found_as[asked])] = phone_arrays(found)
    return SpokenLine(
        rows.astype(np.float16),
        spoken_of_frames(*phones[EXACT], speech.frames),
        tell(phones, speech.frames, [_TOLD, int(speech.facts.audio_sha256[:8], 16)]),
        lessons,
    )


def spoken_of_frames(labels: NDArray[np.int64], ends: NDArray[np.float64], frames: int) -> NDArray[np.uint8]:
    """(T,) the phone that most of each frame's sub-frames belong to."""
    rows = rows_of_labels(labels, ends, frames).reshape(frames, SUBFRAMES, len(LABELS))
    spoken: NDArray[np.uint8] = rows.sum(axis=1).argmax(axis=1).astype(np.uint8)
    return spoken


def phone_arrays(phones: Sequence[Phone]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels and end times of phones."""
    labels = np.array([LABEL_INDEX[phone.label] for phone in phones], np.int64)
    return labels, np.array([phone.end for phone in phones], np.float64)


def lesson_stats(lines: Sequence[SpokenLine]) -> MotionStats:
    """Mean and standard deviation of every number over all lessons; the shape has no columns."""
    expression, pose = _moments(lines, "expression"), _moments(lines, "head")
    jaw = _moments(lines, "jaw")
    still = np.zeros(2)
    return MotionStats(
        exp_mean=_tensor(expression[0]),
        exp_std=_tensor(np.maximum(expression[1], _LEAST_SPREAD)),
        pose_mean=_tensor(np.concatenate([pose[0], jaw[0], still])),
        pose_std=_tensor(np.concatenate([np.maximum(np.concatenate([pose[1], jaw[1]]), 1e-3), still + 1.0])),
        shape_mean=torch.zeros(0),
        shape_std=torch.zeros(0),
    )


def normalised(line: SpokenLine, lesson: int, part: slice, stats: MotionStats) -> NDArray[np.float32]:
    """(F, D) numbers as the model sees them: expression, head, jaw."""
    motion = line.lessons
    raw = np.concatenate(
        [
            motion.expression[lesson, part].astype(np.float32),
            motion.head[lesson, part].astype(np.float32),
            motion.jaw[lesson, part, None].astype(np.float32),
        ],
        axis=1,
    )
    mean = np.concatenate([stats.exp_mean.numpy(), stats.pose_mean.numpy()[:4]])
    std = np.concatenate([stats.exp_std.numpy(), stats.pose_std.numpy()[:4]])
    ready: NDArray[np.float32] = (raw - mean) / std
    return ready


class LessonIndex:
    """Which lessons share a style. Lessons are numbered through all lines."""

    def __init__(self, lines: Sequence[SpokenLine]) -> None:
        counts = [len(line.lessons.styles) for line in lines]
        self.first = np.concatenate([[0], np.cumsum(counts)])
        self.styles = np.concatenate([line.lessons.styles for line in lines])
        order = np.argsort(self.styles, kind="stable")
        edges = np.flatnonzero(np.diff(self.styles[order])) + 1
        self._groups = {int(self.styles[group[0]]): group for group in np.split(order, edges)}

    def of_style(self, style: int) -> NDArray[np.int64]:
        """Numbers of the lessons in a style, perhaps none."""
        return self._groups.get(style, np.zeros(0, np.int64))

    def same_style(self, line: int, lesson: int) -> NDArray[np.int64]:
        """Numbers of the other lessons in the style of one; itself where it is the only one."""
        number = int(self.first[line]) + lesson
        group = self._groups[int(self.styles[number])]
        return group[group != number] if len(group) > 1 else group

    def place(self, number: int) -> tuple[int, int]:
        """Line and lesson of a number."""
        line = int(np.searchsorted(self.first, number, side="right")) - 1
        return line, number - int(self.first[line])


def _moments(lines: Sequence[SpokenLine], what: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    total, sums, squares = 0, 0.0, 0.0
    for line in lines:
        values = np.asarray(getattr(line.lessons, what), np.float64)
        values = values.reshape(-1, 1 if what == "jaw" else values.shape[-1])
        total += len(values)
        sums = sums + values.sum(axis=0)
        squares = squares + np.square(values).sum(axis=0)
    mean = np.asarray(sums / total)
    return mean, np.sqrt(np.maximum(squares / total - mean**2, 0.0))


def _tensor(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
