"""Lines and lessons in memory, and the batches that are cut from them.

N batch, L frames a window, R frames of sound on each side that the encoder also hears, D numbers a frame.
What batch k holds depends on the seed and k alone, as everywhere in training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elocute.audio.phone import Phone
from elocute.audio.speech_features import SUBFRAMES
from elocute.corpus.corpus import read_corpus
from elocute.corpus.lessons import EXACT, Lessons, LineLessons
from elocute.errors import InputError
from elocute.models.diffposetalk.stats import MotionStats
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import (
    LABEL_INDEX,
    LABELS,
    PHONE_WIDTH,
    rows_of_labels,
    sound_rows,
    source_of,
    source_row,
)
from elocute.training.core.batches import random_stream
from elocute.training.elocute_lite.phone_noise import ALIGNED, HEARD, disturb_phones, disturb_sound

_CROP: Final = 2
_STYLE: Final = 5
_LEAST_SPREAD: Final = 0.02
"""Floor of the standard deviations: what hardly moves must not be blown up."""
_LISTENED: Final = ("recognition", "allphone")


@dataclass(frozen=True)
class SpokenLine:
    """One line as the model hears it.

    Attributes:
        sound: (T, SOUND_WIDTH) float16.
        phones: ``exact``, and how phones were found -> (N,) labels and (N,) times where they end.
        lessons: the teacher's motion.
    """

    sound: NDArray[np.float16]
    phones: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]
    lessons: LineLessons

    @property
    def frames(self) -> int:
        """Motion frames T."""
        return len(self.sound)


@dataclass(frozen=True)
class PhoneticBatch:
    """Samples of two consecutive windows.

    Attributes:
        sound: (N, R + 2L + R, SOUND_WIDTH), zeros outside the clip.
        phones: (N, R + 2L + R, PHONE_WIDTH) as told to the model.
        source: (N, SOURCES) how the phones were found, zeros without phones.
        heard: (N,) bool, False where the model does without the sound.
        spoken: (N, R + 2L + R) int64 the phone that is really spoken, -1 outside the clip.
        motion: (N, 2, L, D) normalised motion, arbitrary after a clip's end.
        ends: (N,) int64 frames of the two windows that belong to the clip, 1..2L.
        style: (N, S) style of the sample, taken from other lines.
    """

    sound: Tensor
    phones: Tensor
    source: Tensor
    heard: Tensor
    spoken: Tensor
    motion: Tensor
    ends: Tensor
    style: Tensor

    def to(self, device: torch.device) -> PhoneticBatch:
        """The same batch on a device."""
        return PhoneticBatch(**{name: value.to(device) for name, value in vars(self).items()})


def load_lines(corpus: Path, lessons: Lessons, least_frames: int, progress: Progress) -> list[SpokenLine]:
    """Read all lines that have lessons and at least ``least_frames`` frames.

    Raises:
        InputError: files are missing or damaged, or nothing remains.
    """
    taught = set(lessons.names)
    entries = [entry for entry in read_corpus(corpus).utterances("train") if entry.facts.name in taught]
    lines = []
    for index, entry in enumerate(entries):
        if index % 50 == 0:
            progress.report("load", index / len(entries), f"line {index} of {len(entries)}")
        speech = entry.load()
        if speech.frames < least_frames:
            continue
        heard = speech.heard
        rows = sound_rows(speech.log_mel, heard.energy_db, heard.pitch_hz, heard.voicing)
        phones = {EXACT: phone_arrays(speech.phones[EXACT])}
        for asked, found in speech.phones.items():
            if asked != EXACT:
                # A transcript that did not fit the sound was listened to instead, and counts as that.
                phones[source_of(speech.found_as[asked])] = phone_arrays(found)
        lines.append(SpokenLine(rows.astype(np.float16), phones, lessons.load(entry.facts.name)))
    if not lines:
        raise InputError("There are no lines to train on.", "Make a corpus and lessons first.")
    return lines


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


class LessonBatches:
    """Random crops of two windows from random lessons.

    Args:
        lines: what is spoken and taught.
        stats: normalisation.
        styles: (lessons in all, S) style of each lesson, in the order of lines and their lessons.
        window: frames L.
        reach: frames R.
        batch: samples N.
        seed: of everything drawn.
    """

    def __init__(
        self,
        lines: Sequence[SpokenLine],
        stats: MotionStats,
        styles: NDArray[np.float32],
        *,
        window: int,
        reach: int,
        batch: int,
        seed: int,
    ) -> None:
        self._lines, self._stats, self._styles = lines, stats, styles
        self._window, self._reach, self._size, self._seed = window, reach, batch, seed
        lengths = np.array([line.frames for line in lines], np.float64)
        self._chances = lengths / lengths.sum()
        self._index = LessonIndex(lines)

    def batch(self, number: int) -> PhoneticBatch:
        """Batch ``number``."""
        rng = random_stream(self._seed, _CROP, number)
        picks = rng.choice(len(self._lines), self._size, p=self._chances)
        samples = [self._sample(int(pick), rng) for pick in picks]
        columns = {name: [sample[name] for sample in samples] for name in samples[0]}
        return PhoneticBatch(**{name: torch.from_numpy(np.stack(rows)) for name, rows in columns.items()})

    def _sample(self, pick: int, rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
        line = self._lines[pick]
        length, reach = 2 * self._window, self._reach
        lesson = int(rng.integers(len(line.lessons.styles)))
        # Some crops begin where the clip does, some run over its end, as windows do when a clip is made.
        start = 0 if rng.uniform() < 0.12 else int(rng.integers(max(line.frames - self._window // 2, 1)))
        end = min(line.frames - start, length)
        if rng.uniform() < 0.08:
            end = int(rng.integers(1, end + 1))
        part = slice(start, start + length)
        motion = np.zeros((length, self._stats.exp_mean.numel() + 4), np.float32)
        piece = normalised(line, lesson, part, self._stats)
        motion[: len(piece)] = piece
        motion[len(piece) :] = piece[-1]
        sound = disturb_sound(line.sound.astype(np.float32), rng)
        labels, ends, source = _told(line, rng)
        exact = rows_of_labels(*line.phones[EXACT], line.frames)
        spoken = exact.reshape(line.frames, SUBFRAMES, len(LABELS)).sum(axis=1).argmax(axis=1)
        told = np.zeros((line.frames, PHONE_WIDTH), np.float32)
        if source is not None:
            told = rows_of_labels(labels, ends, line.frames)
        limit = start + end
        heard = source is None or rng.uniform() >= 0.08
        return {
            "sound": _cut(sound, start - reach, length + 2 * reach, limit, 0.0),
            "phones": _cut(told, start - reach, length + 2 * reach, limit, 0.0),
            "source": source_row(source),
            "heard": np.asarray(heard),
            "spoken": _cut(spoken[:, None], start - reach, length + 2 * reach, limit, -1)[:, 0],
            "motion": motion.reshape(2, self._window, -1),
            "ends": np.asarray(end, np.int64),
            "style": self._style(pick, lesson, rng),
        }

    def _style(self, pick: int, lesson: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Mean style of one to four other lessons in the same style."""
        others = self._index.same_style(pick, lesson)
        chosen = rng.choice(others, min(int(rng.integers(1, 5)), len(others)), replace=False)
        mean: NDArray[np.float32] = self._styles[chosen].mean(axis=0)
        return mean


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


class StylePairs:
    """Batches of pairs: two windows (N, F, D) of the same style from two lines, N styles.

    Args:
        lines: what is taught.
        stats: normalisation.
        window: frames F.
        batch: styles N.
        seed: of everything drawn.
    """

    def __init__(
        self, lines: Sequence[SpokenLine], stats: MotionStats, *, window: int, batch: int, seed: int
    ) -> None:
        self._lines, self._stats = lines, stats
        self._window, self._size, self._seed = window, batch, seed
        self._index = LessonIndex(lines)
        styles, counts = np.unique(self._index.styles, return_counts=True)
        self._styles = styles[counts > 1]
        if len(self._styles) < batch:
            raise InputError(
                f"Only {len(self._styles)} styles have two lessons; a batch needs {batch}.",
                "Make more lessons or set a smaller batch.",
                code="bad_dataset",
            )

    def batch(self, number: int) -> tuple[Tensor, Tensor]:
        """Batch ``number``."""
        rng = random_stream(self._seed, _STYLE, number)
        views: tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]] = ([], [])
        for style in rng.choice(self._styles, self._size, replace=False):
            pair = rng.choice(self._index.of_style(int(style)), 2, replace=False)
            for view, lesson in zip(views, pair, strict=True):
                view.append(self._crop(int(lesson), rng))
        first, second = (torch.from_numpy(np.stack(view)) for view in views)
        return first, second

    def _crop(self, number: int, rng: np.random.Generator) -> NDArray[np.float32]:
        pick, lesson = self._index.place(number)
        line = self._lines[pick]
        start = int(rng.integers(max(line.frames - self._window, 0) + 1))
        return normalised(line, lesson, slice(start, start + self._window), self._stats)


def _told(
    line: SpokenLine, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64], str | None]:
    """Phones as the model is told them, and how they were found; None for no phones."""
    exact = line.phones[EXACT]
    kind = rng.uniform()
    if kind < 0.22:
        return *exact, None
    if kind < 0.55 and "transcript" in line.phones:
        return *line.phones["transcript"], "transcript"
    listened = [source for source in _LISTENED if source in line.phones]
    if kind < 0.80 and listened:
        source = listened[int(rng.integers(len(listened)))]
        return *line.phones[source], source
    if kind < 0.86:
        source = _LISTENED[int(rng.integers(2))]
        return *disturb_phones(*exact, HEARD, rng), source
    return *disturb_phones(*exact, ALIGNED, rng), "transcript"


def _cut(rows: NDArray[np.generic], start: int, length: int, limit: int, fill: float) -> NDArray[np.generic]:
    """``length`` rows from ``start``, which may be negative; ``fill`` before 0 and from ``limit`` on."""
    result = np.full((length, rows.shape[1]), fill, rows.dtype)
    first, last = max(start, 0), min(start + length, limit, len(rows))
    if last > first:
        result[first - start : last - start] = rows[first:last]
    return result


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
