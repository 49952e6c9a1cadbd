"""The Blender part of make_films: renders clips on the stand-in head, small and from the front.

Runs in a Python that has bpy. For each clip NAME.npz of a folder it writes NAME.mp4, and ``camera.json`` with
the 4 x 4 matrix from Blender's world to the clip space of all films.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import bpy  # noqa: E402

from addon.blender.context import scene_of  # noqa: E402
from addon.blender.export.render import RenderOptions, render_animation  # noqa: E402
from addon.blender.heads.head_builder import build_head  # noqa: E402
from addon.blender.heads.portrait import add_portrait  # noqa: E402
from addon.blender.heads.sitter import sitter_of_head  # noqa: E402
from addon.blender.keys.keyframes import key_clip  # noqa: E402
from addon.blender.keys.line_time import action_name, scene_time  # noqa: E402
from addon.core.atomic_write import write_atomically  # noqa: E402
from addon.core.clip.clip import read_clip  # noqa: E402
from addon.core.clip.face_model import read_face_model  # noqa: E402

CLOSER: Final = 1.5
"""How much longer the lens is than that of a portrait: a face instead of a head."""
LOWER: Final = 0.08
"""How far the picture reaches below the middle of the head, as a share of its side: the chin stays inside."""


def film(face: Path, clip_file: Path, out: Path, size: int) -> list[list[float]]:
    """Render one clip; return the camera's matrix."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = scene_of(bpy.context)
    clip = read_clip(clip_file)
    scene.render.fps, scene.render.fps_base = round(clip.fps), 1.0
    head = build_head(scene, read_face_model(face))
    camera = add_portrait(scene, sitter_of_head(head), angle=0.0).camera
    assert camera is not None  # noqa: S101 - asked for
    assert isinstance(camera.data, bpy.types.Camera)  # noqa: S101
    camera.data.lens *= CLOSER
    camera.data.shift_y = -LOWER
    keyed = key_clip(head, clip, scene_time(scene, 1), action_name(clip_file.stem, ""))
    scene.frame_start, scene.frame_end = keyed.first_frame, keyed.first_frame + clip.frames - 1
    render_animation(scene, out, RenderOptions(width=size, height=size))
    depsgraph = bpy.context.evaluated_depsgraph_get()
    seen = camera.calc_matrix_camera(depsgraph, x=size, y=size) @ camera.matrix_world.inverted()
    return [[float(seen[row][column]) for column in range(4)] for row in range(4)]


def main() -> int:
    """Render all clips of the folder that have no film yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--face", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--size", type=int, required=True)
    arguments = parser.parse_args()
    for clip in sorted(arguments.folder.glob("*.npz")):
        matrix = film(arguments.face, clip, clip.with_suffix(".mp4"), arguments.size)
        with write_atomically(arguments.folder / "camera.json") as temporary:
            temporary.write_text(json.dumps(matrix), encoding="utf-8")
        print(clip.stem, flush=True)
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Some bpy versions hang or crash while the interpreter ends; everything is written by now.
    os._exit(code)
