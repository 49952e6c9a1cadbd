"""What the channels of a recording hold: a centre made for speech, or a voice each."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

CENTRE: Final = 2
"""Place of the centre in the usual order of 5.1 and 7.1: left, right, centre, bass, surround."""

_WITH_CENTRE = (6, 8)
_CENTRE_SHARE = 0.1
_APART_SHARE = 0.1  # of the centre's power; a bass channel without the voice's highs makes 0.03
_STEP_SECONDS = 0.1
_ACTIVE_DB = 25.0
_ALONE_DB = 12.0
_SHARE_OF_TURNS = 0.15


class ChannelSurvey:
    """Looks at a sound block by block.

    Args:
        channels: how many there are.
        rate: Hz.
    """

    def __init__(self, channels: int, rate: int) -> None:
        self._power = np.zeros(channels)
        self._beside_centre = 0.0
        self._step = max(round(_STEP_SECONDS * rate), 1)
        self._rest: NDArray[np.float32] = np.zeros((0, channels), np.float32)
        self._levels: list[NDArray[np.float64]] = []

    def add(self, block: NDArray[np.float32]) -> None:
        """Take the next (frames, channels)."""
        channels = block.shape[1]
        self._power += np.square(block, dtype=np.float64).sum(axis=0)
        if channels in _WITH_CENTRE:
            beside = block.mean(axis=1) - block[:, CENTRE]
            self._beside_centre += float(np.square(beside, dtype=np.float64).sum())
        if channels == 2:
            self._rest = np.concatenate([self._rest, block])
            steps = len(self._rest) // self._step
            whole = self._rest[: steps * self._step].reshape(steps, self._step, 2)
            self._levels.append(np.square(whole, dtype=np.float64).mean(axis=1))
            self._rest = self._rest[steps * self._step :]

    @property
    def loudest(self) -> int:
        """The channel with the most power."""
        return int(self._power.argmax())

    @property
    def loudest_power(self) -> float:
        """Sum of the squares of its samples."""
        return float(self._power.max())

    @property
    def speech_is_in_the_centre(self) -> bool:
        """True for 5.1 and 7.1 whose centre is not silent and holds something else than the others."""
        if len(self._power) not in _WITH_CENTRE:
            return False
        centre = float(self._power[CENTRE])
        return centre > _CENTRE_SHARE * self.loudest_power and self._beside_centre > _APART_SHARE * centre

    @property
    def a_voice_each(self) -> bool:
        """True for two channels that take turns: now one is alone, now the other."""
        if not self._levels:
            return False
        level = 10.0 * np.log10(np.concatenate(self._levels) + 1e-15)
        if not len(level):
            return False
        louder = level.max(axis=1)
        active = louder > np.percentile(louder, 95) - _ACTIVE_DB
        ahead = (level[:, 0] - level[:, 1])[active]
        left, right = float((ahead > _ALONE_DB).mean()), float((ahead < -_ALONE_DB).mean())
        return min(left, right) >= _SHARE_OF_TURNS
