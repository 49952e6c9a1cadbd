"""Speed of the phone front end, as a fraction of real time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from elocute.audio.decode import Audio
from elocute.audio.phones.finder import PhoneSettings, find_phones


@dataclass(frozen=True)
class PhoneSpeed:
    """One way of finding phones.

    Attributes:
        way: as the front end names it.
        wall: elapsed time.
        processor: time of this process and its phone processes; both as shares of the sound's length.
    """

    way: str
    wall: float
    processor: float


def phone_speeds(audio: Audio, text: str) -> Iterator[PhoneSpeed]:
    """Find the phones of a sound with its transcript, by recognition and by sounds alone."""
    for settings in (PhoneSettings(transcript=text), PhoneSettings(), PhoneSettings(mode="allphone")):
        started, before = time.perf_counter(), os.times()
        found = find_phones(audio, settings)
        wall, after = time.perf_counter() - started, os.times()
        processor = sum(after[:4]) - sum(before[:4])
        yield PhoneSpeed(found.source, wall / audio.seconds, processor / audio.seconds)
