"""Motion statistics of the teacher, for the presets and for many styles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import Audio, load_audio
from elocute.audio.phone import SILENCE, Phone
from elocute.audio.phone_json import read_phone_json
from elocute.audio.speech_features import SAMPLE_RATE, SpeechFeatures
from elocute.corpus.teacher import teach
from elocute.evaluation.of_motion.motion_statistics import (
    FaceStatistics,
    HeadStatistics,
    Performance,
    face_statistics,
    head_statistics,
)
from elocute.face.model import FaceModel
from elocute.models.rules.style import RulesStyle

PAUSE_SECONDS: Final = 0.7
RECORDING_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Row:
    """Statistics of one style."""

    head: HeadStatistics
    face: FaceStatistics


def _triple(values: Sequence[float]) -> str:
    """Three numbers in one cell."""
    return " / ".join(f"{v:.1f}" for v in values)


def _optional(value: float | None) -> float:
    """A number, or NaN where there was nothing to measure."""
    return float("nan") if value is None else value


CELLS: Final[dict[str, Callable[[Row], str]]] = {
    "head SD nod/turn/tilt (°)": lambda r: _triple(r.head.deviation_degrees),
    "head 5-95 % (°)": lambda r: _triple(r.head.range_degrees),
    "extreme (°)": lambda r: _triple(r.head.extreme_degrees),
    "speed mean/99 % (°/s)": lambda r: f"{r.head.mean_speed_degrees:.1f} / {r.head.peak_speed_degrees:.0f}",
    "speed speech/silence (°/s)": lambda r: (
        f"{r.head.speaking_speed_degrees:.1f} / {_optional(r.head.silent_speed_degrees):.1f}"
    ),
    "under 2 Hz": lambda r: f"{r.head.slow_share:.0%}",
    "centroid, 90 % edge (Hz)": lambda r: f"{r.head.centroid_hertz:.2f}, {r.head.edge_hertz:.1f}",
    "velocity 0.2-1.8/-3.7/-7 Hz (%)": lambda r: _triple([100 * v for v in r.head.speed_bands]),
    "velocity centroid (Hz)": lambda r: f"{r.head.speed_centroid_hertz:.2f}",
    "blinks/min": lambda r: f"{r.face.blinks_per_minute:.1f}",
    "blink all/closing (ms)": lambda r: (
        f"{1000 * _optional(r.face.blink_seconds):.0f} / {1000 * _optional(r.face.blink_closing_seconds):.0f}"
    ),
    "opening mean/95 %/max (mm)": lambda r: _triple(
        [1000 * v for v in (r.face.opening_mean, r.face.opening_95, r.face.opening_max)]
    ),
    "jaw 95 % (°)": lambda r: f"{r.face.jaw_95_degrees:.1f}",
    "brow mean/SD": lambda r: f"{r.face.brow_mean:.2f} / {r.face.brow_deviation:.2f}",
    "brow raises/min": lambda r: f"{r.face.brow_raises_per_minute:.0f}",
}


def long_recordings(sounds: Sequence[Path]) -> list[SpeechFeatures]:
    """All lines with their exact phones (``.json`` beside them), joined to recordings of about a minute.

    Raises:
        InputError: a sound or its phones cannot be used.
    """
    recordings: list[SpeechFeatures] = []
    samples: list[NDArray[np.float32]] = []
    phones: list[Phone] = []
    seconds = 0.0
    for n, sound in enumerate(sounds, 1):
        audio = load_audio(sound)
        for phone in read_phone_json(sound.with_suffix(".json")).phones:
            phones.append(replace(phone, start=phone.start + seconds, end=phone.end + seconds))
        samples += [audio.samples, np.zeros(round(PAUSE_SECONDS * SAMPLE_RATE), np.float32)]
        seconds += audio.seconds + PAUSE_SECONDS
        phones.append(Phone(SILENCE, phones[-1].end, seconds))
        if seconds > RECORDING_SECONDS or n == len(sounds):
            whole = Audio(np.concatenate(samples), seconds, SAMPLE_RATE, 1, sha256=f"{n:064x}", notes=())
            recordings.append(replace(analyse_speech(whole, phones="off"), phones=tuple(phones)))
            samples, phones, seconds = [], [], 0.0
    return recordings


def measure(corpus: Sequence[SpeechFeatures], style: RulesStyle, seeds: int, face: FaceModel) -> Row:
    """All lines in several takes; lips, alike in all takes, are measured on the mesh in the first."""
    first, *others = (
        [Performance(teach(speech, style, seed).clip(), speech.phones or ()) for speech in corpus]
        for seed in range(seeds)
    )
    more = [performance for performances in others for performance in performances]
    lips, rest = face_statistics(first, face), face_statistics([*first, *more])
    both = replace(
        rest, opening_mean=lips.opening_mean, opening_95=lips.opening_95, opening_max=lips.opening_max
    )
    return Row(head_statistics([*first, *more]), both)


def style_table(rows: Mapping[str, Row]) -> str:
    """A Markdown table with a measure in each line and a style in each column."""
    lines = [f"| | {' | '.join(rows)} |", "|---" * (len(rows) + 1) + "|"]
    for name, cell in CELLS.items():
        lines.append(f"| {name} | {' | '.join(cell(row) for row in rows.values())} |")
    return "\n".join(lines)


def spread_table(rows: Sequence[Row]) -> str:
    """A Markdown table of each measure's range over many styles."""
    columns: dict[str, list[float]] = {
        "head SD nod (°)": [r.head.deviation_degrees[0] for r in rows],
        "head SD turn (°)": [r.head.deviation_degrees[1] for r in rows],
        "head SD tilt (°)": [r.head.deviation_degrees[2] for r in rows],
        "head speed (°/s)": [r.head.mean_speed_degrees for r in rows],
        "head under 2 Hz": [r.head.slow_share for r in rows],
        "head centroid (Hz)": [r.head.centroid_hertz for r in rows],
        "blinks/min": [r.face.blinks_per_minute for r in rows],
        "blink (ms)": [1000 * _optional(r.face.blink_seconds) for r in rows],
        "opening mean (mm)": [1000 * r.face.opening_mean for r in rows],
        "opening 95 % (mm)": [1000 * r.face.opening_95 for r in rows],
        "opening max (mm)": [1000 * r.face.opening_max for r in rows],
        "brow SD": [r.face.brow_deviation for r in rows],
        "brow raises/min": [r.face.brow_raises_per_minute for r in rows],
    }
    lines = ["| | least | 10 % | median | 90 % | most |\n|---|---|---|---|---|---|"]
    for name, values in columns.items():
        cells = np.nanpercentile(values, [0, 10, 50, 90, 100])
        lines.append(f"| {name} | {' | '.join(f'{v:.3g}' for v in cells)} |")
    return "\n".join(lines)
