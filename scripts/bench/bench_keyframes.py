"""Measure how long ten minutes of motion take to become F-curves. Run with a Python that has bpy.

Prints the CPU and wall seconds of a 10 minute clip (15,000 frames, 43 expressions and 17 numbers of
five bones) keyed at 25 and at 24 fps, and ends with 1 if a run took more than ``--limit`` CPU seconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from addon.core.clip.clip import Clip
from addon.core.clip.face_model import FaceModel, read_face_model
from addon.core.clip.timebase import SceneTime
from scripts.bench.data import HEAD


def lively_clip(face: FaceModel, frames: int) -> Clip:
    """A clip in which every number moves in every frame."""
    rng = np.random.default_rng(0)

    def moving(columns: int, size: float) -> np.ndarray:
        phase = rng.uniform(0, 6.28, columns) + np.outer(np.arange(frames), rng.uniform(0.05, 0.8, columns))
        return (size * (1 + np.sin(phase))).astype(np.float32)

    return Clip(
        fps=25.0,
        basis=face.basis,
        expression=moving(len(face.expression_names), 0.4),
        jaw=moving(3, 0.1),
        head=moving(3, 0.1),
        neck=moving(3, 0.05),
        eyes=moving(6, 0.1),
    )


def main() -> int:
    """Run the measurement; the exit code says whether it was fast enough."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=15000, help="clip frames at 25 fps (default: 15000)")
    parser.add_argument("--limit", type=float, default=2.0, help="CPU seconds allowed (default: 2)")
    parser.add_argument("--head", type=Path, default=HEAD, help="face model to build")
    arguments = parser.parse_args()

    # Only here: what this program does can also be asked where there is no Blender.
    import bpy

    from addon.blender.context import scene_of
    from addon.blender.heads.head_builder import build_head
    from addon.blender.keys.fcurves import Interpolation
    from addon.blender.keys.keyframes import key_clip

    face = read_face_model(arguments.head)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    cpu, wall = time.process_time(), time.perf_counter()
    rig = build_head(scene_of(bpy.context), face)
    print(
        f"Blender {bpy.app.version_string}: head of {face.vertices} vertices and "
        f"{len(face.expression_names)} shape keys built in {time.process_time() - cpu:.2f} s CPU, "
        f"{time.perf_counter() - wall:.2f} s wall"
    )
    clip = lively_clip(face, arguments.frames)
    slowest = 0.0
    runs: tuple[tuple[float, Interpolation], ...] = ((25.0, "LINEAR"), (24.0, "LINEAR"), (25.0, "BEZIER"))
    for fps, interpolation in runs:
        cpu, wall = time.process_time(), time.perf_counter()
        keyed = key_clip(rig, clip, SceneTime(fps), "bench", interpolation)
        used = time.process_time() - cpu
        slowest = max(slowest, used)
        print(
            f"  {arguments.frames} clip frames at {fps:g} fps, {interpolation}: {keyed.keys} keys in "
            f"{used:.2f} s CPU, {time.perf_counter() - wall:.2f} s wall"
        )
    if slowest > arguments.limit:
        print(f"too slow: {slowest:.2f} s CPU, allowed {arguments.limit:g}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
