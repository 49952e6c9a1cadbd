"""Print how the teacher moves: the table of docs/rules.md, "Statistics".

    python scripts/bench/measure_teacher.py [--styles 60] [--seeds 8] [--most-lines 200] [CORPUS]

Without a folder the lines of tests/data/speech and the demo's are measured. A folder holds NAME.flac (or
.wav) and NAME.json with phone times, as scripts/make_demo_clip.py writes them. Lines are joined with pauses
to recordings of about a minute, because single lines are mostly beginning and end.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "backend"))

from elocute.audio.analysis import analyse_speech  # noqa: E402
from elocute.audio.decode import Audio, load_audio  # noqa: E402
from elocute.audio.phone import SILENCE, Phone  # noqa: E402
from elocute.audio.phone_json import read_phone_json  # noqa: E402
from elocute.audio.speech_features import FPS, SAMPLE_RATE, SpeechFeatures  # noqa: E402
from elocute.corpus.teacher import sample_styles, teach  # noqa: E402
from elocute.evaluation.motion_statistics import (  # noqa: E402
    FaceStatistics,
    HeadStatistics,
    Performance,
    face_statistics,
    head_statistics,
)
from elocute.face.model import FaceModel  # noqa: E402
from elocute.models.rules.style import PRESETS, RulesStyle  # noqa: E402
from elocute.motion.clip import MotionClip  # noqa: E402
from elocute.motion.head1_basis import BASIS  # noqa: E402

PAUSE_SECONDS = 0.7
RECORDING_SECONDS = 60.0
FACE = ROOT / "flame_assets" / "elocute-head-1.npz"


@dataclass(frozen=True)
class Row:
    """Statistics of one style."""

    head: HeadStatistics
    face: FaceStatistics


def triple(values: Sequence[float]) -> str:
    """Three numbers in one cell."""
    return " / ".join(f"{v:.1f}" for v in values)


def optional(value: float | None) -> float:
    """A number, or NaN where there was nothing to measure."""
    return float("nan") if value is None else value


CELLS: dict[str, Callable[[Row], str]] = {
    "head SD nod/turn/tilt (°)": lambda r: triple(r.head.deviation_degrees),
    "head 5-95 % (°)": lambda r: triple(r.head.range_degrees),
    "extreme (°)": lambda r: triple(r.head.extreme_degrees),
    "speed mean/99 % (°/s)": lambda r: f"{r.head.mean_speed_degrees:.1f} / {r.head.peak_speed_degrees:.0f}",
    "speed speech/silence (°/s)": lambda r: (
        f"{r.head.speaking_speed_degrees:.1f} / {optional(r.head.silent_speed_degrees):.1f}"
    ),
    "under 2 Hz": lambda r: f"{r.head.slow_share:.0%}",
    "centroid, 90 % edge (Hz)": lambda r: f"{r.head.centroid_hertz:.2f}, {r.head.edge_hertz:.1f}",
    "velocity 0.2-1.8/-3.7/-7 Hz (%)": lambda r: triple([100 * v for v in r.head.speed_bands]),
    "velocity centroid (Hz)": lambda r: f"{r.head.speed_centroid_hertz:.2f}",
    "blinks/min": lambda r: f"{r.face.blinks_per_minute:.1f}",
    "blink all/closing (ms)": lambda r: (
        f"{1000 * optional(r.face.blink_seconds):.0f} / {1000 * optional(r.face.blink_closing_seconds):.0f}"
    ),
    "opening mean/95 %/max (mm)": lambda r: triple(
        [1000 * v for v in (r.face.opening_mean, r.face.opening_95, r.face.opening_max)]
    ),
    "jaw 95 % (°)": lambda r: f"{r.face.jaw_95_degrees:.1f}",
    "brow mean/SD": lambda r: f"{r.face.brow_mean:.2f} / {r.face.brow_deviation:.2f}",
    "brow raises/min": lambda r: f"{r.face.brow_raises_per_minute:.0f}",
}


def load_corpus(folder: Path | None, most_lines: int) -> list[SpeechFeatures]:
    """All lines with their exact phones, joined to recordings of about a minute."""
    if folder is None:
        sounds = [*sorted((ROOT / "tests/data/speech").glob("*.flac")), ROOT / "flame_assets/demo/line.flac"]
    else:
        sounds = sorted([*folder.rglob("*.flac"), *folder.rglob("*.wav")])
    sounds = sounds[:most_lines]
    if folder is None:
        sounds *= 3  # four lines alone would not fill a minute
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


def perform(speech: SpeechFeatures, style: RulesStyle, seed: int) -> Performance:
    """One lesson as a clip."""
    lesson = teach(speech, style, seed)
    jaw = np.zeros((speech.frames, 3), np.float32)
    jaw[:, 0] = lesson.jaw
    clip = MotionClip(fps=FPS, basis=BASIS, expression=lesson.expression, jaw=jaw, head=lesson.head)
    return Performance(clip, speech.phones or ())


def measure(corpus: Sequence[SpeechFeatures], style: RulesStyle, seeds: int, face: FaceModel) -> Row:
    """All lines in several takes; lips, alike in all takes, are measured on the mesh in the first."""
    first = [perform(speech, style, 0) for speech in corpus]
    more = [perform(speech, style, seed) for speech in corpus for seed in range(1, seeds)]
    lips, rest = face_statistics(first, face), face_statistics([*first, *more])
    both = replace(
        rest, opening_mean=lips.opening_mean, opening_95=lips.opening_95, opening_max=lips.opening_max
    )
    return Row(head_statistics([*first, *more]), both)


def show(rows: dict[str, Row]) -> None:
    """A Markdown table with a measure in each line."""
    print(f"| | {' | '.join(rows)} |")
    print("|---" * (len(rows) + 1) + "|")
    for name, cell in CELLS.items():
        print(f"| {name} | {' | '.join(cell(row) for row in rows.values())} |")


def show_spread(rows: Sequence[Row]) -> None:
    """10th percentile, median and 90th percentile over many styles."""
    columns: dict[str, list[float]] = {
        "head SD nod (°)": [r.head.deviation_degrees[0] for r in rows],
        "head SD turn (°)": [r.head.deviation_degrees[1] for r in rows],
        "head SD tilt (°)": [r.head.deviation_degrees[2] for r in rows],
        "head speed (°/s)": [r.head.mean_speed_degrees for r in rows],
        "head under 2 Hz": [r.head.slow_share for r in rows],
        "head centroid (Hz)": [r.head.centroid_hertz for r in rows],
        "blinks/min": [r.face.blinks_per_minute for r in rows],
        "blink (ms)": [1000 * optional(r.face.blink_seconds) for r in rows],
        "opening mean (mm)": [1000 * r.face.opening_mean for r in rows],
        "opening 95 % (mm)": [1000 * r.face.opening_95 for r in rows],
        "opening max (mm)": [1000 * r.face.opening_max for r in rows],
        "brow SD": [r.face.brow_deviation for r in rows],
        "brow raises/min": [r.face.brow_raises_per_minute for r in rows],
    }
    print("| | least | 10 % | median | 90 % | most |\n|---|---|---|---|---|---|")
    for name, values in columns.items():
        cells = np.nanpercentile(values, [0, 10, 50, 90, 100])
        print(f"| {name} | {' | '.join(f'{v:.3g}' for v in cells)} |")


def main() -> None:
    """Measure presets and sampled styles."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("--styles", type=int, default=60, help="how many sampled styles")
    parser.add_argument("--seeds", type=int, default=8, help="takes of each line")
    parser.add_argument("--most-lines", type=int, default=200, help="lines of the corpus to use")
    options = parser.parse_args()
    corpus = load_corpus(options.corpus, options.most_lines)
    face = FaceModel.load(FACE)
    seconds = sum(speech.seconds for speech in corpus)
    print(f"{len(corpus)} recordings, {seconds:.0f} s, {options.seeds} takes each\n")
    show({name: measure(corpus, style, options.seeds, face) for name, style in PRESETS.items()})
    if options.styles:
        print(f"\n{options.styles} sampled styles:\n")
        styles = sample_styles(len(PRESETS) + options.styles, 0)[len(PRESETS) :]
        show_spread([measure(corpus, style, options.seeds, face) for style in styles])


if __name__ == "__main__":
    main()
