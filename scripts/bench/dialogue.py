"""Listeners in a made-up dialogue, against plain idle motion: gaze at the speaker, nods, lips.

python -m scripts.bench.dialogue --seconds 120 --takes 6
"""

from __future__ import annotations

import argparse

import numpy as np

from elocute.behaviour.attention import Attention, Regard
from elocute.evaluation.of_dialogue import gaze_apart, lip_motion, nods_near
from elocute.generator import GenerationSettings
from elocute.installation import standard_pipeline
from elocute.motion.clip import MotionClip
from elocute.performance import PerformanceRequest
from elocute.progress import Progress

NEAR_DEGREES = 6.0
NOD_SECONDS = 0.8


def dialogue(seconds: float, rng: np.random.Generator) -> tuple[Attention, tuple[float, ...]]:
    """Turns of two others, left and right, with pauses between; and moments away from all ends of phrases."""
    regards: list[Regard] = []
    ends: list[float] = []
    time, side = 2.0, 1.0
    while time < seconds - 6.0:
        lasting = float(rng.uniform(2.5, 7.0))
        regards.append(
            Regard(time, time + lasting, side * float(rng.uniform(15, 50)), float(rng.uniform(-8, 8)))
        )
        ends += [float(end) for end in np.arange(time + float(rng.uniform(1.5, 2.5)), time + lasting, 2.6)]
        ends.append(time + lasting)
        time, side = time + lasting + float(rng.uniform(0.2, 1.2)), -side
    near = np.array(ends)
    moments = np.arange(3.0, time - 1.0, 0.25)
    away = [
        float(m)
        for m in moments
        if np.min(np.abs(near - m)) > NOD_SECONDS and not np.any((near > m - 1) & (near < m + 0.8))
    ]
    return Attention(tuple(regards), tuple(ends)), tuple(away)


def looked_at(clip: MotionClip, attention: Attention) -> tuple[float, float]:
    """Median degrees between gaze and speaker, and share of frames within :data:`NEAR_DEGREES`.

    Each from half a second after a turn's start.
    """
    apart = [
        gaze_apart(clip, regard.yaw, regard.pitch)[round((regard.start + 0.5) * 25) : round(regard.end * 25)]
        for regard in attention.regards
    ]
    joined = np.concatenate(apart)
    return float(np.median(joined)), float(np.mean(joined < NEAR_DEGREES))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--takes", type=int, default=6)
    options = parser.parse_args()
    pipeline, rows = standard_pipeline(), dict[str, list[list[float]]]()
    for seed in range(options.takes):
        attention, away = dialogue(options.seconds, np.random.default_rng(seed))
        for name, told in (("listening", attention), ("plain idle", None)):
            settings = GenerationSettings(attention=told, seed=seed)
            request = PerformanceRequest(model="rules", settings=settings)
            clip = pipeline.idle(options.seconds, request, Progress()).clips[0]
            median, share = looked_at(clip, attention)
            near, chance = (nods_near(clip, moments, NOD_SECONDS) for moments in (attention.nods, away))
            rows.setdefault(name, []).append(
                [median, 100 * share, 100 * near, 100 * chance, lip_motion(clip)]
            )
    print("              gaze off (median)  within 6°  nods near ends  elsewhere  jaw moves")
    for name, found in rows.items():
        median, share, near, chance, jaw = np.mean(found, axis=0)
        print(
            f"{name:12}  {median:8.1f}°        {share:6.0f} %   {near:6.0f} %      {chance:6.0f} %"
            f"     {jaw:6.2f}°"
        )


if __name__ == "__main__":
    main()
