"""Synthesized speech with exact phone times (scripts/make_demo_clip.py) and ways to compare phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from elocute.audio.decode import Audio, load_audio
from elocute.audio.phone import Phone
from elocute.audio.phone_json import read_phone_json

ROOT = Path(__file__).resolve().parents[3]
SPEECH = ROOT / "tests" / "data" / "speech"
LINES = (
    SPEECH / "waffles.flac",
    SPEECH / "map.flac",
    SPEECH / "movie.flac",
    ROOT / "flame_assets" / "demo" / "line.flac",
)
BILABIAL = frozenset("PBM")


@dataclass(frozen=True)
class SpokenLine:
    """A line, what it says and where its phones are."""

    audio: Audio
    transcript: str
    phones: tuple[Phone, ...]


def read_line(path: Path) -> SpokenLine:
    """A committed line by the path of its sound."""
    exact = read_phone_json(path.with_suffix(".json"))
    return SpokenLine(load_audio(path), exact.transcript or "", exact.phones)


def as_audio(samples: NDArray[np.floating]) -> Audio:
    """Samples at 16 kHz as if they had been read from a file."""
    return Audio(samples.astype(np.float32), len(samples) / 16000, 16000, 1, "0" * 64)


def label_at(phones: Sequence[Phone], time: float) -> str:
    """The phone that sounds at ``time``."""
    return next(phone.label for phone in phones if phone.start <= time < phone.end)


def share_of_frames_right(exact: Sequence[Phone], found: Sequence[Phone], seconds: float) -> float:
    """Share of 25 fps frames, taken at their middles, whose phone is the exact one."""
    times = (np.arange(int(seconds * 25)) + 0.5) / 25
    return float(np.mean([label_at(exact, time) == label_at(found, time) for time in times]))


def closures_missed(exact: Sequence[Phone], found: Sequence[Phone], slack: float = 0.04) -> list[Phone]:
    """Exact P, B and M that no P, B or M of ``found`` overlaps, give or take ``slack`` seconds."""
    closures = [phone for phone in found if phone.label in BILABIAL]
    return [
        phone
        for phone in exact
        if phone.label in BILABIAL
        and not any(other.start < phone.end + slack and other.end > phone.start - slack for other in closures)
    ]


def assert_contiguous(phones: Sequence[Phone] | None, seconds: float, tolerance: float = 1e-9) -> None:
    """Phones fill 0..seconds without gap, overlap or empty phone."""
    assert phones
    assert phones[0].start == 0.0
    assert phones[-1].end == pytest.approx(seconds, abs=tolerance)
    assert all(phone.end > phone.start for phone in phones)
    assert all(first.end == second.start for first, second in pairwise(phones))
