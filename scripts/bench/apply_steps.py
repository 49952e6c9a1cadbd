"""Measure the steps in which a received clip comes into a scene. Run with a Python that has bpy.

    python -m scripts.bench.apply_steps [--seconds 60] [--character head|arkit|rigify] [--keys THIN]

Blender's main thread is held up for a step at most; what counts is the time that a step computes on that
thread, which other programs on the machine do not change. Prints the longest steps of a line that is keyed,
keyed once more over that, of a range of it made anew, and of the line keyed again, with the work that
took them.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
import traceback
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

import bpy  # noqa: E402
import numpy as np  # noqa: E402

from addon.blender import registry  # noqa: E402
from addon.blender.apply_motion import apply_motion_in_steps, current_target  # noqa: E402
from addon.blender.apply_range import RangeOfTake, apply_range_in_steps  # noqa: E402
from addon.blender.chosen_range import playing_take, target_ref  # noqa: E402
from addon.blender.heads.head_builder import build_head  # noqa: E402
from addon.blender.rekey import rekey_in_steps  # noqa: E402
from addon.core.clip.face_model import read_face_model  # noqa: E402
from addon.core.options import SceneOptions  # noqa: E402
from elocute.face.model import FaceModel  # noqa: E402
from elocute.motion.clip import MotionClip  # noqa: E402
from scripts.bench.data import HEAD  # noqa: E402
from scripts.bench.made_up_characters import ARKIT_POSES, bone_face, head_mesh  # noqa: E402

LIMIT: Final = 50.0
"""Milliseconds."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the line (default 60)")
    characters = ("head", "arkit", "rigify")
    parser.add_argument("--character", choices=characters, default="head", help="who speaks it")
    parser.add_argument("--keys", choices=("EVERY", "NTH", "THIN"), default="EVERY", help="in which frames")
    options = parser.parse_args()
    registry.register()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    context = bpy.context
    scene = context.scene
    if scene is None or context.view_layer is None:
        raise RuntimeError("Blender has no scene")
    scene.render.fps = 25
    if options.character == "head":
        build_head(scene, read_face_model(HEAD))
    elif options.character == "arkit":
        context.view_layer.objects.active = head_mesh(scene, FaceModel.load(HEAD), ARKIT_POSES)
    else:
        context.view_layer.objects.active = bone_face(scene, FaceModel.load(HEAD))[0]
        context.view_layer.update()
    one, other = (lively(round(25 * options.seconds), seed) for seed in (1.0, 2.0))
    asked = SceneOptions(start_frame=1, keys=options.keys)
    for what in ("keying", "over the line that is there"):
        longest(what, apply_motion_in_steps(one, Path("line.wav"), asked, current_target(context), None))
    scene.frame_set(20)
    playing = playing_take(context)
    frames = (25, round(25 * options.seconds) - 25)
    part = RangeOfTake(playing.take.line, playing.take.key, (frames,), asked, {})
    longest("a range", apply_range_in_steps(other, None, part, target_ref(context, playing.target)))
    longest("again", rekey_in_steps(current_target(context), lambda _: asked, None))


def lively(frames: int, phase: float) -> bytes:
    """The content of a clip that moves everything smoothly."""
    t = np.arange(frames)[:, None] / 25.0
    expression = 0.4 + 0.3 * np.sin(2.2 * t + phase + np.arange(43) * 0.4)
    jaw, head, eyes = (
        (0.15 * np.sin(1.7 * t + phase + np.arange(width))).astype(np.float32) for width in (3, 3, 6)
    )
    content = io.BytesIO()
    MotionClip(25.0, "elocute-head-1", expression.astype(np.float32), jaw, head, eyes=eyes).write(content)
    return content.getvalue()


def longest(what: str, steps: Generator[float, None, Any]) -> None:
    """Take all steps of something, and print the longest of them."""
    taken: list[tuple[float, str]] = []
    while True:
        began, at = time.thread_time(), _place(steps)
        try:
            next(steps)
        except StopIteration:
            break
        finally:
            taken.append((1000.0 * (time.thread_time() - began), f"{at} to {_place(steps)}"))
        if taken[-1][0] < 0.05:
            time.sleep(0.002)  # what is done aside has its turn
    times = np.array([milliseconds for milliseconds, _ in taken])
    print(f"{what}: {len(times)} steps, {times.sum():.0f} ms, longest {times.max():.1f} ms,", end=" ")
    print(f"{int((times > LIMIT).sum())} above {LIMIT:.0f} ms")
    for milliseconds, place in sorted(taken, reverse=True)[:5]:
        print(f"  {milliseconds:6.1f} ms  {place}", flush=True)


def _place(steps: Any) -> str:
    """Where the innermost of generators that wait for each other stands."""
    inner = steps
    while getattr(inner, "gi_yieldfrom", None) is not None and hasattr(inner.gi_yieldfrom, "gi_frame"):
        inner = inner.gi_yieldfrom
    frame = getattr(inner, "gi_frame", None)
    if frame is None:
        return "end"
    summary = traceback.extract_stack(frame, limit=1)[0]
    return f"{Path(summary.filename).stem}.{summary.name}:{summary.lineno}"


if __name__ == "__main__":
    main()
