"""What an idle face does, in numbers, and how it goes on from other motion."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.bench.tables import Column
from elocute.evaluation.of_motion.motion_statistics import Performance, face_statistics, head_statistics
from elocute.generator import GenerationSettings
from elocute.installation import standard_pipeline
from elocute.motion.clip import MotionClip
from elocute.motion.continuation import earlier_motion
from elocute.performance import PerformanceRequest
from elocute.progress import Progress

COLUMNS: Final = (
    Column("blinks", "blinks / min", 1.0, 1),
    Column("shifts", "gaze shifts / min", 1.0, 1),
    Column("nod", "head SD: nod deg", 1.0, 1),
    Column("turn", "turn", 1.0, 1),
    Column("tilt", "tilt", 1.0, 1),
    Column("speed", "speed deg / s", 1.0, 1),
    Column("slow", "0.2-1.8 Hz %", 100.0, 0),
    Column("ordinary", "-3.7 Hz %", 100.0, 1),
    Column("rapid", "-7 Hz %", 100.0, 1),
    Column("seconds", "s / s", 1.0, 4),
    Column("join_speed", "join: speed", 1.0),
    Column("cut_speed", "cut", 1.0),
    Column("join_bend", "join: acceleration", 1.0),
    Column("cut_bend", "cut", 1.0),
)
"""``s / s`` are processor seconds for a second of motion; bands, shares of the power of the head's speed."""

_SACCADE_DEGREES: Final = 0.7
"""Least movement of the gaze in a frame that counts as a shift."""
_HELD: Final = 0.9
"""Share of the head's rotation that the eyes take back, as in elocute.behaviour.gaze."""
FloatArray = NDArray[np.float64]


def score_idle(
    model: str, style: str | None, seconds: float, takes: int, before: bytes | None
) -> dict[str, float | None]:
    """All measures of a model.

    Args:
        model: id or folder.
        style: one of its styles, or None.
        seconds: of each take.
        takes: how many.
        before: content of a clip that they go on from, or None.

    Raises:
        InputError: the clip cannot be used.
        SettingsError: the model cannot do what is asked.
    """
    settings = GenerationSettings(style=style, seed=1, takes=takes)
    pipeline, request = standard_pipeline(), PerformanceRequest(model=model, settings=settings)
    pipeline.idle(1.0, request, Progress())  # loads it
    began = time.process_time()
    plain = pipeline.idle(seconds, request, Progress()).clips
    used = time.process_time() - began
    clips = [Performance(clip, ()) for clip in plain]
    head, face = head_statistics(clips), face_statistics(clips)
    found: dict[str, float | None] = {
        "blinks": face.blinks_per_minute,
        "shifts": float(np.mean([gaze_shifts(clip) for clip in plain])),
        **dict(zip(("nod", "turn", "tilt"), head.deviation_degrees, strict=True)),
        "speed": head.mean_speed_degrees,
        **dict(zip(("slow", "ordinary", "rapid"), head.speed_bands, strict=True)),
        "seconds": used / (seconds * takes),
    }
    if before is None:
        return found
    told = replace(request, settings=replace(settings, before=before))
    joined = pipeline.idle(seconds, told, Progress()).clips
    earlier = earlier_motion(before, plain[0].basis, plain[0].fps)
    for name, clips_after in (("join", joined), ("cut", plain)):
        ratios = [join_ratios(earlier.head, clip.head) for clip in clips_after]
        found[f"{name}_speed"], found[f"{name}_bend"] = np.mean(ratios, axis=0).tolist()
    return found


def gaze_shifts(clip: MotionClip) -> float:
    """Shifts of the gaze a minute, the head's turns taken out; 0 for a clip without eyes."""
    if clip.eyes is None:
        return 0.0
    aim = np.degrees(clip.eyes[:, :2].astype(np.float64) + _HELD * clip.head[:, :2])
    moves = np.linalg.norm(np.diff(aim, axis=0), axis=1) > _SACCADE_DEGREES
    begun = np.count_nonzero(np.diff(moves.astype(np.int64), prepend=0) == 1)
    return 60.0 * begun / clip.seconds


def join_ratios(before: NDArray[np.float32], after: NDArray[np.float32]) -> tuple[float, float]:
    """Speed into the first new frame, and the change of speed there, over their largest in the old motion."""
    whole: FloatArray = np.concatenate([before, after[:3]]).astype(np.float64)
    speed = np.linalg.norm(np.diff(whole, axis=0), axis=1)
    bend = np.linalg.norm(np.diff(whole, n=2, axis=0), axis=1)
    old = len(before)
    return (
        float(speed[old - 1] / max(speed[: old - 1].max(), 1e-9)),
        float(bend[old - 2 : old].max() / max(bend[: old - 2].max(), 1e-9)),
    )
