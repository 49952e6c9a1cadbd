"""How evenly idle motion goes on from what a character does before it. Needs bpy.

    python scripts/bench/continuation.py LINE.npz IDLE.npz [--only RIG]

On the stand-in head and on made-up characters the line is cut off in the middle of a word, and idle motion
follows: as it is, and joined. What is measured is the mesh: the fastest vertex's step from the last old to
the first new frame (value), the change of steps there (speed) and the change of that (acceleration), in
millimetres a frame, beside the largest of each elsewhere in both motions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

import bpy  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from addon.blender.context import scene_of, view_layer_of  # noqa: E402
from addon.blender.heads.head_builder import build_head  # noqa: E402
from addon.blender.keys.keyframes import key_clip  # noqa: E402
from addon.blender.keys.line_curves import line_curves_in_steps  # noqa: E402
from addon.blender.keys.line_strips import Line  # noqa: E402
from addon.blender.keys.line_time import scene_time  # noqa: E402
from addon.blender.keys.placed_keys import key_curves  # noqa: E402
from addon.blender.keys.surroundings import Joining  # noqa: E402
from addon.blender.targets.find import target_of  # noqa: E402
from addon.blender.targets.target import Target  # noqa: E402
from addon.core.clip.clip import Clip, read_clip  # noqa: E402
from addon.core.clip.face_model import read_face_model  # noqa: E402
from addon.core.steps import run  # noqa: E402
from elocute.face.model import FaceModel  # noqa: E402
from scripts.bench.made_up_characters import posed_vertices  # noqa: E402
from scripts.bench.retarget import HEAD, RIGS, Builder, Made  # noqa: E402

STAND_IN: Final = "stand-in"
OF_EACH_KIND: Final = ("ARKit", "Oculus visemes", "bones", "Rigify")
"""Words in the names of the rigs that are measured unless one is named."""
CUT: Final = 60
IDLE: Final = 75
AROUND: Final = 30
_MM: Final = 1000.0


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("line", type=Path, help="a clip of speech")
    parser.add_argument("idle", type=Path, help="a clip of silence")
    parser.add_argument("--only", help="rigs whose name holds this")
    options = parser.parse_args()
    line, idle = read_clip(options.line), read_clip(options.idle)
    builders: dict[str, Builder] = {STAND_IN: _stand_in, **RIGS}
    wanted = (options.only,) if options.only else (STAND_IN, *OF_EACH_KIND)
    print("| rig | | value mm | speed | acceleration | value, usual | speed | acceleration |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for name, build in builders.items():
        if not any(word.lower() in name.lower() for word in wanted):
            continue
        for title, joined in (("as it is", False), ("joined", True)):
            at, usual = measured(build, _first(line, CUT), _first(idle, IDLE), joined=joined)
            cells = " | ".join(f"{value:.2f}" for value in (*at, *usual))
            print(f"| {name} | {title} | {cells} |", flush=True)
    return 0


def measured(
    build: Builder, line: Clip, idle: Clip, *, joined: bool
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Largest differences of the first to third order at the join, and elsewhere."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = scene_of(bpy.context)
    scene.render.fps, scene.render.fps_base = round(line.fps), 1.0
    made = build(scene, FaceModel.load(HEAD))
    view_layer_of(bpy.context).update()
    target = _target(made)
    keyed = key_clip(target, line, scene_time(scene, 1), "line")
    start = keyed.last_frame + 1
    time = scene_time(scene, start)
    place = Line("Idle", "", start, start + time.frame_count(idle.frames, idle.fps) - 1, idle=True)
    joining = Joining(lambda: scene) if joined else None
    ((curves,), _) = run(line_curves_in_steps(lambda: _target(made), idle, time, [place], joining))
    key_curves(_target(made), curves, "Idle", line=place)
    frames = range(start - AROUND, start + AROUND)
    return _differences(posed_vertices(made.face, frames))


def _differences(track: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    at, usual = [], []
    for order in (1, 2, 3):
        fastest = _MM * np.linalg.norm(np.diff(track, order, axis=0), axis=2).max(axis=1)
        # Difference k takes in frames k to k + order; the join lies between AROUND - 1 and AROUND.
        across = np.zeros(len(fastest), bool)
        across[AROUND - order : AROUND] = True
        at.append(float(fastest[across].max()))
        usual.append(float(fastest[~across].max()))
    return tuple(at), tuple(usual)


def _stand_in(scene: bpy.types.Scene, _head: FaceModel) -> Made:
    rig = build_head(scene, read_face_model(HEAD))
    return Made(rig.armature, rig.mesh)


def _target(made: Made) -> Target:
    found = target_of(made.thing)
    if found is None:
        raise RuntimeError(f"{made.thing.name} is no character")
    return found


def _first(clip: Clip, frames: int) -> Clip:
    parts: Mapping[str, object] = {
        name: array[:frames]
        for name in ("expression", "jaw", "head", "neck", "eyes")
        if (array := getattr(clip, name)) is not None
    }
    return replace(clip, **parts)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
