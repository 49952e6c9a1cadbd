"""Take the pictures of the stand-in head and its characters that ``Add head`` shows.

Runs in a Python that has bpy, after ``scripts/build_head.py``. Workbench renders them, so a machine with
OpenGL is needed.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import bpy  # noqa: E402

from addon.blender.context import scene_of  # noqa: E402
from addon.blender.export.render import RenderOptions, render_stills  # noqa: E402
from addon.blender.heads.head_builder import HeadOptions, build_head  # noqa: E402
from addon.blender.heads.portrait import add_portrait  # noqa: E402
from addon.blender.heads.sitter import sitter_of_head  # noqa: E402
from addon.blender.package import HEAD_PICTURES, STAND_IN_HEAD  # noqa: E402
from addon.core.clip.face_model import read_face_model  # noqa: E402
from addon.core.errors import UserError  # noqa: E402

PIXELS = 192
ANGLE = math.radians(14.0)


def take(folder: Path) -> None:
    """Write ``plain.png`` and one picture for each character, named like it in small letters."""
    face = read_face_model(STAND_IN_HEAD)
    options = RenderOptions(width=PIXELS, height=PIXELS, antialiasing="8")
    for name, shown in {"plain": face, **{name: face.as_character(name) for name in face.characters}}.items():
        bpy.ops.wm.read_factory_settings(use_empty=True)
        scene = scene_of(bpy.context)
        rig = build_head(scene, shown, HeadOptions(name=name))
        add_portrait(scene, sitter_of_head(rig), angle=ANGLE)
        rendered = render_stills(scene, [1], [folder / f"{name.lower()}.png"], options)
        print(rendered.files[0], rendered.files[0].stat().st_size, "bytes", flush=True)


def main() -> int:
    """Parse the arguments and take the pictures; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HEAD_PICTURES)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    try:
        take(arguments.out)
    except UserError as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Some bpy versions hang or crash while the interpreter ends; everything is written by now.
    os._exit(code)
