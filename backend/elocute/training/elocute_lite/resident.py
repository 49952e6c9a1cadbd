"""All lines on one device, and batches that are cut from them there: nothing waits for data.

N batch, L frames a crop, F frames of all lines, K lessons a line, V tellings, D numbers a frame.
What batch k holds depends on the seed, k and the kind of device alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from elocute.errors import InputError, SettingsError
from elocute.models.diffposetalk.stats import MotionStats
from elocute.speech_encoders.phonetic_input import LABELS, SOURCES
from elocute.training.core.batches import torch_stream
from elocute.training.elocute_lite.data import LessonIndex, SpokenLine, normalised
from elocute.training.elocute_lite.sound_noise import disturb_sound
from elocute.training.elocute_lite.tellings import SHARES

_CROP: Final = 2
_STYLE: Final = 5
_FROM_START: Final = 0.15
"""Share of the crops that begin where the clip does, as clips do."""
_CUT_SHORT: Final = 0.06
_MOST_OTHERS: Final = 4


@dataclass(frozen=True)
class Withheld:
    """What samples are not given, so that a model learns to do without.

    Attributes:
        phones: share of the samples without phones.
        sound: share of those with phones that do without the sound.
    """

    phones: float = 0.22
    sound: float = 0.08

    def __post_init__(self) -> None:
        if not (0.0 <= self.phones <= 1.0 and 0.0 <= self.sound <= 1.0):
            raise SettingsError("The shares of what is withheld are not between 0 and 1.")


@dataclass(frozen=True)
class PhoneticBatch:
    """Samples of L frames.

    Attributes:
        sound: (N, L, SOUND_WIDTH), zeros after the clip's end.
        phones: (N, L, PHONE_WIDTH) as told to the model.
        mouth: (N, L, MOUTH_WIDTH) what they ask of the mouth.
        source: (N, SOURCES) how the phones were found, zeros without phones.
        heard: (N,) bool, False where the model does without the sound.
        spoken: (N, L) int64 the phone that is really spoken, -1 after the clip's end.
        motion: (N, L, D) normalised motion, arbitrary after the clip's end.
        inside: (N, L) bool frames that belong to the clip.
        style: (N, S) style of the sample, taken from other lines.
    """

    sound: Tensor
    phones: Tensor
    mouth: Tensor
    source: Tensor
    heard: Tensor
    spoken: Tensor
    motion: Tensor
    inside: Tensor
    style: Tensor


class ResidentLines:
    """Lines and lessons as tensors on a device.

    Args:
        lines: what is spoken and taught; every line has as many lessons.
        stats: normalisation.
        device: where they lie.
    """

    def __init__(self, lines: Sequence[SpokenLine], stats: MotionStats, device: torch.device) -> None:
        lessons = {len(line.lessons.styles) for line in lines}
        if len(lessons) != 1:
            raise InputError("Lines have different numbers of lessons.", "Make them again.")
        self.device: Final = device
        self.lessons: Final = lessons.pop()
        frames = np.array([line.frames for line in lines])
        self.frames: Final = _on(frames, device)
        self.first: Final = _on(np.concatenate([[0], np.cumsum(frames)[:-1]]), device)
        self.sound: Final = _on(np.concatenate([line.sound for line in lines]), device)
        self.spoken: Final = _on(np.concatenate([line.spoken for line in lines]), device)
        self.labels: Final = _on(np.concatenate([line.tellings.labels for line in lines], axis=1), device)
        self.mouth: Final = _on(np.concatenate([line.tellings.mouth for line in lines], axis=1), device)
        self.sources: Final = _on(np.stack([line.tellings.sources for line in lines]), device)
        self.motion: Final = _on(
            np.concatenate(
                [
                    np.stack([normalised(line, k, slice(None), stats) for k in range(self.lessons)]).astype(
                        np.float16
                    )
                    for line in lines
                ],
                axis=1,
            ),
            device,
        )
        self.index: Final = LessonIndex(lines)


class LessonBatches:
    """Random crops of random lessons.

    Args:
        lines: where they are cut from.
        styles: (lessons in all, S) style of each lesson, in the order of lines and their lessons.
        frames: of a crop L.
        batch: samples N.
        seed: of everything drawn.
        withheld: how often phones or sound are missing.
    """

    def __init__(
        self,
        lines: ResidentLines,
        styles: NDArray[np.float32],
        *,
        frames: int,
        batch: int,
        seed: int,
        withheld: Withheld = Withheld(),
    ) -> None:
        self._lines, self._frames, self._size, self._seed = lines, frames, batch, seed
        self._withheld = withheld
        device = lines.device
        self._styles = _on(styles, device)
        self._chances = lines.frames.float()
        self._shares = torch.tensor(SHARES, device=device)
        self._groups, self._counts = _groups(lines.index, device)
        self._style_of = _on(lines.index.styles, device)

    def batch(self, number: int) -> PhoneticBatch:
        """Batch ``number``."""
        lines, size, length, device = self._lines, self._size, self._frames, self._lines.device
        generator = torch_stream(self._seed, _CROP, number, device=device)

        def uniform(*shape: int) -> Tensor:
            return torch.rand(*shape, generator=generator, device=device)

        pick = torch.multinomial(self._chances, size, replacement=True, generator=generator)
        lesson = (uniform(size) * lines.lessons).long()
        frames = lines.frames[pick]
        latest = (frames - length // 2).clamp(min=1)
        start = (uniform(size) * latest).long()
        start = torch.where(uniform(size) < _FROM_START, torch.zeros_like(start), start)
        end = (frames - start).clamp(max=length)
        short = (uniform(size) * end).long() + 1
        end = torch.where(uniform(size) < _CUT_SHORT, short, end)
        steps = torch.arange(length, device=device)
        inside = steps < end[:, None]
        rows = lines.first[pick][:, None] + start[:, None] + torch.minimum(steps, end[:, None] - 1)
        telling = torch.multinomial(self._shares, size, replacement=True, generator=generator)
        told = uniform(size) >= self._withheld.phones
        heard = ~told | (uniform(size) >= self._withheld.sound)
        source = functional.one_hot(lines.sources[pick, telling], len(SOURCES)).float() * told[:, None]
        known = (inside & told[:, None])[..., None]
        labels = lines.labels[telling[:, None], rows].long()
        phones = functional.one_hot(labels, len(LABELS)).flatten(2).float() * known
        mouth = lines.mouth[telling[:, None], rows].float() * known
        sound = disturb_sound(lines.sound[rows].float(), generator) * inside[..., None]
        spoken = lines.spoken[rows].long().masked_fill(~inside, -1)
        motion = lines.motion[lesson[:, None], rows].float()
        style = self._style(pick * lines.lessons + lesson, uniform(size, _MOST_OTHERS + 1))
        return PhoneticBatch(sound, phones, mouth, source, heard, spoken, motion, inside, style)

    def _style(self, numbers: Tensor, chances: Tensor) -> Tensor:
        """Mean style of one to four lessons in the style of each, itself only where it is the only one."""
        style = self._style_of[numbers]
        group, count = self._groups[style], self._counts[style]
        own = (group == numbers[:, None]).float().argmax(dim=1)
        others = (count - 1).clamp(min=1)
        steps = 1 + (chances[:, :_MOST_OTHERS] * others[:, None]).long()
        place = torch.where(count[:, None] > 1, (own[:, None] + steps) % count[:, None], own[:, None])
        chosen = self._styles[group.gather(1, place)]
        taken = torch.arange(_MOST_OTHERS, device=chances.device) <= chances[:, -1:] * _MOST_OTHERS
        weights = taken.float()[..., None]
        return (chosen * weights).sum(dim=1) / weights.sum(dim=1)


class StylePairs:
    """Batches of pairs: two windows (N, F, D) of the same style from two lessons, N styles.

    Args:
        lines: what is taught.
        window: frames F, no more than the shortest line has.
        batch: styles N.
        seed: of everything drawn.
    """

    def __init__(self, lines: ResidentLines, *, window: int, batch: int, seed: int) -> None:
        self._lines, self._window, self._size, self._seed = lines, window, batch, seed
        self._groups, self._counts = _groups(lines.index, lines.device)
        self._usable = torch.nonzero(self._counts > 1)[:, 0]
        if len(self._usable) < batch:
            raise InputError(
                f"Only {len(self._usable)} styles have two lessons; a batch needs {batch}.",
                "Make more lessons or set a smaller batch.",
                code="bad_dataset",
            )

    def batch(self, number: int) -> tuple[Tensor, Tensor]:
        """Batch ``number``."""
        device = self._lines.device
        generator = torch_stream(self._seed, _STYLE, number, device=device)
        order = torch.randperm(len(self._usable), generator=generator, device=device)[: self._size]
        style = self._usable[order]
        count, draws = self._counts[style], torch.rand(4, self._size, generator=generator, device=device)
        first = (draws[0] * count).long()
        second = (first + 1 + (draws[1] * (count - 1)).long()) % count
        pair = [self._groups[style, place] for place in (first, second)]
        views = [self._crop(lesson, chance) for lesson, chance in zip(pair, draws[2:], strict=True)]
        return views[0], views[1]

    def _crop(self, numbers: Tensor, chance: Tensor) -> Tensor:
        lines = self._lines
        pick, lesson = numbers // lines.lessons, numbers % lines.lessons
        start = (chance * (lines.frames[pick] - self._window + 1)).long()
        rows = (lines.first[pick] + start)[:, None] + torch.arange(self._window, device=lines.device)
        return lines.motion[lesson[:, None], rows].float()


def _groups(index: LessonIndex, device: torch.device) -> tuple[Tensor, Tensor]:
    """(styles, most lessons) numbers of the lessons in each style, filled up with its first, and how many."""
    styles = int(index.styles.max()) + 1
    groups = [index.of_style(style) for style in range(styles)]
    most = max(len(group) for group in groups)
    table = np.zeros((styles, most), np.int64)
    for row, group in zip(table, groups, strict=True):
        row[: len(group)] = group
        row[len(group) :] = group[0] if len(group) else 0
    return _on(table, device), _on(np.array([len(group) for group in groups]), device)


def _on(array: NDArray[np.generic], device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(device)
