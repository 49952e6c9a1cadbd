"""A style that may change within a performance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.speech_features import FPS
from elocute.behaviour.curve_shapes import smoothstep
from elocute.models.rules.style import RulesStyle

FloatArray = NDArray[np.float64]

_COLUMN: Final = {item.name: place for place, item in enumerate(fields(RulesStyle))}


@dataclass(frozen=True)
class StyleTrack:
    """The style of every frame.

    Attributes:
        rows: (T, P) parameters in the order of the fields of :class:`RulesStyle`.
    """

    rows: FloatArray = field(repr=False)

    @classmethod
    def constant(cls, style: RulesStyle, frames: int) -> StyleTrack:
        """One style throughout; ``frames`` is at least 1."""
        return cls(np.broadcast_to(np.array(astuple(style), np.float64), (frames, len(_COLUMN))))

    @classmethod
    def through(cls, keys: Sequence[tuple[float, RulesStyle]], frames: int) -> StyleTrack:
        """Styles reached at given seconds, which must rise; before and after them the nearest holds.

        Between two keys each parameter goes smoothly from one to the other (3x² - 2x³).

        Raises:
            ValueError: there are no keys, or their times do not rise.
        """
        if len(keys) == 1:
            return cls.constant(keys[0][1], frames)
        times = np.array([time for time, _ in keys])
        if not len(times) or (np.diff(times) <= 0).any():
            raise ValueError("the keys of a style need rising times")
        values = np.array([astuple(style) for _, style in keys], np.float64)
        moments = (np.arange(frames) + 0.5) / FPS
        before = np.clip(np.searchsorted(times, moments, side="right") - 1, 0, len(times) - 1)
        after = np.minimum(before + 1, len(times) - 1)
        length = np.where(after > before, times[after] - times[before], 1.0)
        share = smoothstep(np.clip((moments - times[before]) / length, 0.0, 1.0))[:, None]
        return cls(values[before] * (1.0 - share) + values[after] * share)

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return len(self.rows)

    def curve(self, name: str) -> FloatArray:
        """(T,) one parameter over time.

        Raises:
            KeyError: :class:`RulesStyle` has no such field.
        """
        column: FloatArray = self.rows[:, _COLUMN[name]]
        return column

    def at(self, seconds: float) -> RulesStyle:
        """The style at a moment; the nearest frame's outside the performance."""
        frame = min(max(int(seconds * FPS), 0), self.frames - 1)
        return RulesStyle(*self.rows[frame].tolist())
