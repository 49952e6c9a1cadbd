"""Input and output of a speech synthesizer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import SILENCE, Phone
from elocute.errors import UserError


@dataclass(frozen=True)
class Voice:
    """A voice of an engine.

    Attributes:
        engine: ``flite``, ``festival`` or ``espeak``.
        name: what the engine calls it.
        language: ISO 639 code of what it speaks.
    """

    engine: str
    name: str
    language: str = "en"

    @property
    def label(self) -> str:
        """Engine and name, unique among voices."""
        return f"{self.engine}:{self.name}"


@dataclass(frozen=True)
class Manner:
    """How to speak; voices obey as far as they can.

    Attributes:
        stretch: 1 is the voice's own pace, more is slower.
        pitch_hz: mean pitch in Hz, or None for the voice's own.
        pitch_spread_hz: standard deviation of the pitch in Hz, or None for the voice's own.
    """

    stretch: float = 1.0
    pitch_hz: float | None = None
    pitch_spread_hz: float | None = None


@dataclass(frozen=True)
class Spoken:
    """A sentence as an engine said it.

    Attributes:
        samples: (N,) float32 mono.
        rate: samples in a second.
        phones: contiguous from 0 to N / rate, each ARPAbet or SIL.
    """

    samples: NDArray[np.float32] = field(repr=False)
    rate: int
    phones: tuple[Phone, ...]

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


class Engine(Protocol):
    """A speech synthesizer."""

    def say(self, text: str, voice: Voice, manner: Manner) -> Spoken:
        """Speak ``text``.

        Raises:
            UserError: the engine failed (``engine_failed``).
        """
        ...

    def close(self) -> None:
        """End what the engine keeps running."""
        ...


def completed(phones: list[Phone], seconds: float, engine: str, text: str) -> tuple[Phone, ...]:
    """Phones made to end with the sound.

    Raises:
        UserError: the engine spoke nothing.
    """
    if not any(phone.label != SILENCE for phone in phones):
        raise UserError(f"{engine} produced no sound for {text!r}.", code="engine_failed")
    if phones[-1].end < seconds:
        last = phones[-1]
        if last.label == SILENCE:
            phones[-1] = Phone(SILENCE, last.start, seconds)
        else:
            phones.append(Phone(SILENCE, last.end, seconds))
    return tuple(phones)
