"""Speed of a model: time per stage, time to the first window, peak memory.

*model* is the time to load it where that is not done yet, *finishing* is lip contacts and eyes, *first
window* the time from the call until the first window of motion exists, the phones of the whole line included.
Memory is the largest resident size of the process, plus that of each phone process.
"""

from __future__ import annotations

import re
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import soundfile

from elocute.audio.phones.processes import shared_processes
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.bench.long_line import long_line
from elocute.bench.process_use import highest_megabytes
from elocute.bench.tables import Column
from elocute.generator import GenerationSettings
from elocute.installation import standard_pipeline
from elocute.performance import PerformanceRequest
from elocute.progress import Progress

WARM_UP_SECONDS: Final = 3.0
WINDOW: Final = re.compile(r"window (\d+) of")
STAGES: Final = ("model", "decode", "features", "phones", "encoder", "sampling", "finishing")
COLUMNS: Final = (
    *(Column(stage, f"{stage} (s)") for stage in STAGES),
    Column("total", "total (s)"),
    Column("speed", "audio / total", 1, 1),
    Column("sampling_speed", "audio / sampling", 1, 1),
    Column("first_window", "first window (s)"),
    Column("megabytes", "peak (MB)", 1, 0),
)


@dataclass
class Watch:
    """Takes the reports of one performance and says how long each stage took."""

    started: float = field(default_factory=time.perf_counter)
    marks: dict[str, float] = field(default_factory=dict)

    def __call__(self, stage: str, fraction: float, message: str) -> None:
        """Take one report."""
        now = time.perf_counter()
        window = WINDOW.match(message)
        self.marks.setdefault(stage, now)
        if stage == "motion" and (fraction >= 1 or (window is not None and int(window[1]) > 1)):
            self.marks.setdefault("first", now)
        if stage == "motion" and fraction >= 1:
            self.marks["sampled"] = now

    def seconds(self) -> dict[str, float]:
        """Stage -> seconds, and when the first window was there."""
        end = time.perf_counter()
        marks = self.marks
        encoder = marks.get("audio", marks["motion"])  # the rules have none
        motion = marks["motion"]
        sampled = marks.get("sampled", end)
        return {
            "model": marks["mel"] - marks["model"],
            "decode": marks["model"] - self.started,
            "features": marks["phones"] - marks["mel"],
            "phones": encoder - marks["phones"],
            "encoder": motion - encoder,
            "sampling": sampled - motion,
            "finishing": end - sampled,
            "total": end - self.started,
            "first_window": marks.get("first", end) - self.started,
        }


def perform(sounds: Sequence[Path], seconds: float, way: str, model: str, *, cold: bool) -> dict[str, float]:
    """Perform once in this process.

    Args:
        sounds: what the recording is made of, see :func:`~elocute.bench.long_line.long_line`.
        seconds: its length.
        way: ``transcript`` or ``recognition``.
        model: id.
        cold: without a short line before.

    Returns:
        Column of :data:`COLUMNS` -> value, and ``first_window_at``, a time of the clock.
    """
    pipeline = standard_pipeline()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        if not cold:
            samples, text = long_line(sounds, WARM_UP_SECONDS)
            soundfile.write(path, samples, SAMPLE_RATE)
            pipeline.perform(path, PerformanceRequest(model, text), Progress())
        samples, text = long_line(sounds, seconds)
        soundfile.write(path, samples, SAMPLE_RATE)
        told = text if way == "transcript" else None
        request = PerformanceRequest(model, told, settings=GenerationSettings())
        watch = Watch()
        pipeline.perform(path, request, Progress(watch))
        result = watch.seconds()
    result["first_window_at"] = time.time() - result["total"] + result["first_window"]
    result["speed"] = seconds / result["total"]
    result["sampling_speed"] = seconds / max(result["sampling"], 1e-9)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result["megabytes"] = own + highest_megabytes(shared_processes().process_ids)
    return result
