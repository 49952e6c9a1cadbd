"""The DiffPoseTalk sampler: the plain loop over all steps against the fast path.

The *plain* loop runs every diffusion step and recomputes everything in each (three guidance branches).
The *fast* path is DPM-Solver++ with few steps, which computes what the steps share only once.

Distances are root mean squares over all numbers of a window, in normalised units:

* ``fast``: fast path against the same kind of path with all steps, from the same noise x_T (both are
  deterministic, so the difference is the error of taking few steps);
* ``repeat``: two full random (ddpm) runs from different noise, the yardstick: how far two equally valid
  results lie apart.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor
from transformers import HubertConfig

from elocute.diffusion.noise import SeededNoise
from elocute.diffusion.schedule import NoiseSchedule
from elocute.errors import Cancelled
from elocute.models.diffposetalk.config import FAST_STEPS, DiffPoseTalkConfig
from elocute.models.diffposetalk.folder import LoadedModel, finish
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.sampling import DiffPoseTalkSampler
from elocute.models.diffposetalk.sampling_settings import Precision, SamplingSettings
from elocute.models.diffposetalk.stats import MotionStats
from elocute.models.diffposetalk.voice import Voice
from elocute.progress import Progress
from elocute.speech_encoders.config import AudioEncoderConfig

Say = Callable[[str], None]
RATE: Final = 16000


def published_model() -> LoadedModel:
    """The published architecture with random weights."""
    config = DiffPoseTalkConfig(audio=AudioEncoderConfig("hubert", HubertConfig().to_dict()))
    torch.manual_seed(0)
    stats = {}
    for name, size in (("exp", 50), ("pose", 6), ("shape", 100)):
        stats[f"{name}_mean"], stats[f"{name}_std"] = torch.zeros(size), torch.ones(size)
    schedule = NoiseSchedule.make(config.schedule, config.steps)
    return finish(config, DiffPoseTalk(config), schedule, MotionStats(**stats))


class Clock(Progress):
    """Times the stages of one run; stops after a number of steps if asked to."""

    def __init__(self, steps_to_time: int | None = None) -> None:
        super().__init__(self._hear)
        self.first_step: float | None = None
        self.audio_seconds = 0.0
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self.steps = 0
        self._first_cpu = 0.0
        self._started = time.perf_counter()
        self._limit = steps_to_time

    def _hear(self, stage: str, fraction: float, message: str) -> None:
        now = time.perf_counter()
        if stage != "motion":
            return
        if self.first_step is None:
            self.first_step = now
            self._first_cpu = time.process_time()
            self.audio_seconds = now - self._started
        self.seconds = now - self.first_step
        self.cpu_seconds = time.process_time() - self._first_cpu
        if fraction < 1:
            self.steps += 1
        if self._limit is not None and self.steps > self._limit:
            self.steps -= 1
            self.cancel()


def measure(
    model: LoadedModel,
    settings: SamplingSettings,
    *,
    seconds: float = 4.0,
    seed: int = 0,
    precision: Precision = "float32",
    only_steps: int | None = None,
) -> tuple[Tensor | None, Clock]:
    """Run once; the result is None when only some steps were timed."""
    samples = torch.randn(int(seconds * RATE), generator=torch.Generator().manual_seed(1)) * 0.1
    style_dim = model.config.denoiser.style_dim
    style = torch.randn(style_dim, generator=torch.Generator().manual_seed(2)) if style_dim else None
    pipeline = DiffPoseTalkSampler(model, precision)
    clock = Clock(only_steps)
    try:
        noise = SeededNoise.from_seed(seed, 1)
        return pipeline.sample(Voice(samples, None, style), settings, noise, clock), clock
    except Cancelled:
        return None, clock


def distance(a: Tensor, b: Tensor) -> float:
    """Root mean square difference."""
    return float((a - b).pow(2).mean().sqrt())


def compare(
    model: LoadedModel, plain_steps: int | None, counts: Sequence[int], say: Say
) -> dict[str, object]:
    """Time and distance of plain loop and fast path on one window."""
    total = model.config.steps
    _, plain = measure(model, SamplingSettings("ddpm", shortcut=False), only_steps=plain_steps)
    timed = plain.steps
    plain.seconds *= total / timed
    plain.cpu_seconds *= total / timed
    say(
        f"plain ddpm, {timed} of {total} steps timed: {plain.seconds:.1f} s a window "
        f"(CPU {plain.cpu_seconds:.1f} s)"
    )
    say(f"speech encoder, 4 s: {plain.audio_seconds:.2f} s")
    facts: dict[str, object] = {
        "threads": torch.get_num_threads(),
        "plain_seconds": plain.seconds,
        "plain_cpu_seconds": plain.cpu_seconds,
        "plain_steps_timed": timed,
        "encoder_seconds": plain.audio_seconds,
    }
    exact, _ = measure(model, SamplingSettings("dpmpp", total))
    first, _ = measure(model, SamplingSettings("ddpm"), seed=1)
    second, _ = measure(model, SamplingSettings("ddpm"), seed=2)
    assert exact is not None and first is not None and second is not None  # noqa: S101, PT018
    repeat = distance(first, second)
    spread = float(exact.std())
    say(f"distance of two {total}-step runs from different noise: {repeat:.5f} (spread {spread:.4f})")
    facts |= {"repeat_distance": repeat, "spread": spread, "fast": []}
    rows: list[dict[str, object]] = []
    for sampler in ("dpmpp", "ddim"):
        for count in counts:
            motion, clock = measure(model, SamplingSettings(sampler, count))
            assert motion is not None  # noqa: S101
            rows.append(report(say, sampler, count, "float32", motion, exact, clock, plain, repeat))
    motion, clock = measure(model, SamplingSettings("dpmpp", FAST_STEPS), precision="bfloat16")
    assert motion is not None  # noqa: S101
    rows.append(report(say, "dpmpp", FAST_STEPS, "bfloat16", motion, exact, clock, plain, repeat))
    facts["fast"] = rows
    return facts


def report(
    say: Say,
    sampler: str,
    steps: int,
    precision: str,
    motion: Tensor,
    exact: Tensor,
    clock: Clock,
    plain: Clock,
    repeat: float,
) -> dict[str, object]:
    """Say and return one line of the comparison."""
    off, faster = distance(motion, exact), plain.seconds / clock.seconds
    say(
        f"{sampler} {steps:3d} steps {precision}: {clock.seconds:.2f} s (CPU {clock.cpu_seconds:.2f} s), "
        f"{faster:.1f} times faster (CPU {plain.cpu_seconds / clock.cpu_seconds:.1f}), "
        f"distance {off:.5f} = {100 * off / repeat:.1f} % of repeat"
    )
    return {
        "sampler": sampler,
        "steps": steps,
        "precision": precision,
        "seconds": clock.seconds,
        "cpu_seconds": clock.cpu_seconds,
        "speedup": faster,
        "cpu_speedup": plain.cpu_seconds / clock.cpu_seconds,
        "distance": off,
        "share_of_repeat": off / repeat,
    }


def grow(model: LoadedModel, lengths: Sequence[float], say: Say) -> list[dict[str, float]]:
    """Time and peak memory for several lengths of audio, with two steps a window."""
    rows = []
    for seconds in lengths:
        _, clock = measure(model, SamplingSettings("dpmpp", 2), seconds=seconds)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux
        say(
            f"{seconds:g} s of audio: speech encoder {clock.audio_seconds:.1f} s, 2 steps a window "
            f"{clock.seconds:.1f} s, peak memory so far {peak:.0f} MB"
        )
        rows.append(
            {
                "audio": seconds,
                "encoder_seconds": clock.audio_seconds,
                "motion_seconds": clock.seconds,
                "peak_mb": peak,
            }
        )
    return rows
