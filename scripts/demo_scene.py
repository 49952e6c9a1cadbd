"""The demo's Blender part: builds the stand-in head, keys the clip, saves the scene, renders the film.

Runs in a Python that has bpy. Tells ``scripts/demo.py`` where it stands by lines of JSON on standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import bpy  # noqa: E402

from addon.blender.context import scene_of  # noqa: E402
from addon.blender.export.render import Rendered, RenderOptions, render_animation  # noqa: E402
from addon.blender.heads.head_builder import build_head  # noqa: E402
from addon.blender.heads.portrait import add_portrait  # noqa: E402
from addon.blender.heads.sitter import sitter_of_head  # noqa: E402
from addon.blender.keys.keyframes import key_clip  # noqa: E402
from addon.blender.keys.line_time import action_name, scene_time  # noqa: E402
from addon.blender.keys.sound import follow_sound, place_sound  # noqa: E402
from addon.core.atomic_write import write_atomically  # noqa: E402
from addon.core.clip.clip import read_clip  # noqa: E402
from addon.core.clip.face_model import read_face_model  # noqa: E402
from addon.core.errors import UserError  # noqa: E402

EVENT_PREFIX = "elocute: "
START_FRAME = 1
CAMERA_ANGLE = 0.22
"""Radians off the face's axis: a slight three-quarter view shows lips and profile."""


def tell(**event: Any) -> None:
    """Send one event to the parent process."""
    print(EVENT_PREFIX + json.dumps(event), flush=True)


class FrameCounter:
    """Tells the share of frames that are rendered, at every tenth."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._done = 0

    def __call__(self, _: int) -> None:
        """Count one frame."""
        self._done += 1
        step = self._done * 10 // self._frames
        if step != (self._done - 1) * 10 // self._frames:
            tell(message=f"film {self._done / self._frames:4.0%}  frame {self._done} of {self._frames}")


def build_scene(face: Path, character: str, clip_file: Path, audio: Path) -> tuple[int, int]:
    """Fill an empty scene with the speaking head; return its first and last frame."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = scene_of(bpy.context)
    clip = read_clip(clip_file)
    scene.render.fps, scene.render.fps_base = round(clip.fps), 1.0
    model = read_face_model(face)
    head = build_head(scene, model.as_character(character) if character else model)
    add_portrait(scene, sitter_of_head(head), angle=CAMERA_ANGLE)
    style = str(clip.meta.get("style") or "")
    keyed = key_clip(
        head, clip, scene_time(scene, START_FRAME), action_name(audio.stem, style), recording=audio
    )
    for note in keyed.notes:
        tell(message=f"note: {note}")
    tell(message=f"{keyed.keys} keys on frames {keyed.first_frame} to {keyed.last_frame}")
    place_sound(scene, audio, START_FRAME)
    follow_sound(scene)
    scene.frame_start, scene.frame_end = keyed.first_frame, keyed.last_frame
    return keyed.first_frame, keyed.last_frame


def save_blend(path: Path) -> None:
    """Save the scene under a temporary name, then rename it.

    Raises:
        UserError: the file cannot be written.
    """
    with write_atomically(path) as temporary:
        temporary.unlink()  # else Blender would keep the empty file as a backup
        try:
            bpy.ops.wm.save_as_mainfile(filepath=str(temporary), check_existing=False, compress=True)
        except RuntimeError as error:
            raise UserError(
                f"The scene {path} cannot be saved: {error}.", "Choose another folder with --out."
            ) from error


def render_film(path: Path, engine: str, first: int, last: int) -> tuple[Rendered, float]:
    """Render the film; return what was rendered and the seconds per frame."""
    options = RenderOptions(engine="cycles" if engine == "cycles" else "workbench")
    started = time.perf_counter()
    rendered = render_animation(scene_of(bpy.context), path, options, on_frame=FrameCounter(last - first + 1))
    return rendered, (time.perf_counter() - started) / (last - first + 1)


def main() -> int:
    """Make the scene and the film; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("face", "clip", "audio", "video", "blend"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--engine", choices=("workbench", "cycles"), required=True)
    parser.add_argument("--character", default="")
    arguments = parser.parse_args()
    try:
        first, last = build_scene(arguments.face, arguments.character, arguments.clip, arguments.audio)
        save_blend(arguments.blend)
        rendered, seconds_per_frame = render_film(arguments.video, arguments.engine, first, last)
    except UserError as error:
        tell(error=str(error))
        return 3
    for note in rendered.notes:
        tell(message=note)
    tell(
        result={
            "engine": rendered.engine,
            "frames": last - first + 1,
            "seconds_per_frame": seconds_per_frame,
        }
    )
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Some bpy versions hang or crash while the interpreter ends; everything is written by now.
    os._exit(code)
