"""Speed and memory of the phone front end, cold and warm, in a process of its own for each figure."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from elocute.audio.decode import Audio
from elocute.audio.phones.finder import find_phones, load_engines
from elocute.audio.phones.processes import shared_processes
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.bench.long_line import long_line
from elocute.bench.phone_accuracy import MODES
from elocute.bench.process_use import highest_megabytes, processor_seconds
from elocute.worker_processes import worker_pool


@dataclass(frozen=True)
class PhoneSpeed:
    """Processor seconds of one recording, once.

    Attributes:
        own: of the calling process.
        phones: of the phone processes.
    """

    own: float
    phones: float

    @property
    def together(self) -> float:
        """Of all of them."""
        return self.own + self.phones


@dataclass(frozen=True)
class ModeSpeed:
    """One way of hearing a recording of one length.

    Attributes:
        cold: as the first thing that a program does.
        warm: once its processes run and its engines are loaded.
        own_megabytes: highest memory of the calling process.
        phone_megabytes: of the phone processes.
    """

    cold: PhoneSpeed
    warm: PhoneSpeed
    own_megabytes: float
    phone_megabytes: float


def phone_speeds(
    sounds: Sequence[Path], seconds: float, modes: Sequence[str] = tuple(MODES)
) -> Iterator[tuple[str, ModeSpeed]]:
    """Each mode with its speed; Linux only.

    Args:
        sounds: lines with their texts, see :func:`~elocute.bench.long_line.long_line`.
        seconds: length of the recording made of them.
        modes: names of those to try.
    """
    for mode in modes:
        with worker_pool(1) as fresh:
            cold = fresh.submit(_measure, sounds, seconds, mode, warm=False).result()
        with worker_pool(1) as fresh:
            warm = fresh.submit(_measure, sounds, seconds, mode, warm=True).result()
        yield mode, ModeSpeed(cold[0], *warm)


def _measure(
    sounds: Sequence[Path], seconds: float, mode: str, *, warm: bool
) -> tuple[PhoneSpeed, float, float]:
    samples, text = long_line(sounds, seconds)
    audio = Audio(samples, seconds, SAMPLE_RATE, 1, "")
    settings = MODES[mode](text)
    processes = shared_processes()
    if warm:
        load_engines()
        short, words = long_line(sounds, 3.0)
        find_phones(Audio(short, 3.0, SAMPLE_RATE, 1, ""), MODES[mode](words))
    used = processor_seconds(processes.process_ids)
    own = time.process_time()
    find_phones(audio, settings)
    speed = PhoneSpeed(
        time.process_time() - own,
        processor_seconds(processes.process_ids) - used,
    )
    return speed, highest_megabytes([os.getpid()]), highest_megabytes(processes.process_ids)
