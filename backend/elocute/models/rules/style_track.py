"""A style that may change within a performance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.speech_features import FPS
from elocute.behaviour.style_shares import shares_of, style_shares
from elocute.models.rules.style import ResolvedStyle, RulesStyle, styled_rows
from elocute.option_curve import OptionCurve, sampled
from elocute.style_curve import INTENSITY

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
        shares = style_shares([time for time, _ in keys], frames, FPS)
        return cls(shares @ np.array([astuple(style) for _, style in keys], np.float64))

    @classmethod
    def of(cls, style: ResolvedStyle, curves: Mapping[str, OptionCurve], frames: int) -> StyleTrack:
        """A request's style with the numbers that change on their own.

        Args:
            style: what the request says of style and constant numbers.
            curves: parameters over time, and the ``intensity`` of the parts that name none; checked.
            frames: T.
        """
        track = cls.through(style.keys, frames)
        if INTENSITY in curves:
            asked = sampled(curves[INTENSITY], frames, FPS)
            shares = shares_of(style.parts, frames, FPS)
            rows = np.zeros_like(track.rows)
            for share, part in zip(shares.T, style.parts, strict=True):
                amount = asked if part.intensity is None else np.full(frames, part.intensity)
                rows += share[:, None] * styled_rows(part.name, amount)
            for name, value in style.overrides.items():
                rows[:, _COLUMN[name]] = value
            track = cls(rows)
        changed = track.rows.copy()
        for name, curve in curves.items():
            if name != INTENSITY:
                changed[:, _COLUMN[name]] = sampled(curve, frames, FPS)
        return cls(changed)

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
