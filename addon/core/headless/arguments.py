"""The arguments of ``elocute_batch.py``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NoReturn, cast

from ..errors import UserError

Preset = Literal["file", "preview", "cycles"]
FORMATS: Final = ("film", "images", "blend", "gltf", "fbx", "usd", "alembic")
RENDERED: Final = frozenset({"film", "images"})
"""Those that need a camera."""


@dataclass(frozen=True)
class HeadlessOptions:
    """What to do with the clips.

    Attributes:
        clips: folder of clips, or one clip.
        out: folder of the outputs.
        formats: what to write of each shot, some of :data:`FORMATS`.
        only: ids of the shots to do; empty for all.
        part: ``(k, n)``: only every n-th shot from the k-th on.
        character: name of the character's object; empty for what the clip's table says, or the only one.
        rig_map: kind of the character's rig, or file with its map; empty for what the file says or what is
            recognised.
        camera: name of the camera; empty for the scene's.
        preset: the look: the file's own settings, or a quick preview with Workbench or Cycles.
        width: pixels, 0 for the file's (the preset's) size.
        height: pixels, 0 as above.
        samples: samples a pixel, 0 for the file's (the preset's).
        first_frame: first frame to render, None for the line's first.
        last_frame: last frame to render, None for the line's last.
        start_frame: scene frame at which the line starts.
        interpolation: between keys.
        add: turn and move bones on from what animates them already.
        check: only look at the arguments and the open file.
        keep_going: shots that fail are no failure of the run.
        end_with_input: end when the standard input does, as the program that started this one ends.
    """

    clips: Path
    out: Path
    formats: tuple[str, ...] = ("film",)
    only: tuple[str, ...] = ()
    part: tuple[int, int] = (1, 1)
    character: str = ""
    rig_map: str = ""
    camera: str = ""
    preset: Preset = "file"
    width: int = 0
    height: int = 0
    samples: int = 0
    first_frame: int | None = None
    last_frame: int | None = None
    start_frame: int = 1
    interpolation: Literal["LINEAR", "BEZIER"] = "LINEAR"
    add: bool = False
    check: bool = False
    keep_going: bool = False
    end_with_input: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"The arguments cannot be used: {message}.", "See --help.")


def read_arguments(words: Sequence[str]) -> HeadlessOptions:
    """Read the words after ``--`` of Blender's command line.

    Raises:
        UserError: an argument cannot be used.
        SystemExit: only help was asked for.
    """
    given = _parser().parse_args(list(words))
    formats = tuple(dict.fromkeys(name.strip() for name in given.formats.split(",") if name.strip()))
    for name in formats:
        if name not in FORMATS:
            raise UserError(f"There is no format {name!r}.", f"Choose from {', '.join(FORMATS)}.")
    if not formats:
        raise UserError("No format was asked for.", f"Choose from {', '.join(FORMATS)}.")
    width, height = _size(given.resolution)
    first, last = _range(given.frames)
    if not 0 <= given.samples <= 65536:
        raise UserError(f"{given.samples} samples are out of range.", "Give a number from 1 to 65536.")
    return HeadlessOptions(
        clips=given.clips.absolute(),
        out=given.out.absolute(),
        formats=formats,
        only=tuple(name.strip() for name in given.only.split(",") if name.strip()),
        part=_part(given.part),
        character=given.character,
        rig_map=given.map,
        camera=given.camera,
        preset=cast("Preset", given.preset),
        width=width,
        height=height,
        samples=given.samples,
        first_frame=first,
        last_frame=last,
        start_frame=given.start_frame,
        interpolation=given.interpolation,
        add=given.add,
        check=given.check,
        keep_going=given.keep_going,
        end_with_input=given.end_with_input,
    )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="blender -b FILE.blend -P elocute_batch.py --",
        description="Put clips on a character, one shot each, and render or save them. What is done already "
        "is left alone; image sequences go on at the first missing frame. Exit code 4: some shots failed.",
    )
    add = parser.add_argument
    add("--clips", type=Path, required=True, metavar="DIR", help="folder that elocute batch wrote, or a clip")
    add("--out", type=Path, required=True, metavar="DIR", help="folder for the outputs")
    add("--formats", default="film", metavar="NAMES", help=f"any of {','.join(FORMATS)} (default film)")
    add("--only", default="", metavar="IDS", help="do these shots only, names separated by commas")
    add("--part", default="1/1", metavar="K/N", help="only every Nth shot from the Kth on, to share the work")
    add(
        "--character",
        default="",
        metavar="NAME",
        help="object of the character (default: the only one); in an empty file a head of Elocute's by name",
    )
    add("--map", default="", metavar="MAP", help="kind of its rig, or a map (.json); default: recognised")
    add("--camera", default="", metavar="NAME", help="camera to render through (default: the scene's)")
    add(
        "--preset",
        choices=("file", "preview", "cycles"),
        default="file",
        help="look: the file's own settings (default), a quick preview with Workbench, or plain Cycles",
    )
    add("--resolution", default="", metavar="WxH", help="pixels, for example 1920x1080 (default: the file's)")
    add("--samples", type=int, default=0, metavar="N", help="samples a pixel (default: the file's)")
    add("--frames", default="", metavar="A-B", help="scene frames to render (default: those of the line)")
    add("--start-frame", type=int, default=1, metavar="N", help="scene frame of the line's start (default 1)")
    add("--interpolation", choices=("LINEAR", "BEZIER"), default="LINEAR", help="between keys")
    add("--add", action="store_true", help="turn bones on from the body's motion instead of replacing it")
    add("--check", action="store_true", help="only look at these arguments, and whether the file fits them")
    add("--keep-going", action="store_true", help="exit with 0 although shots failed, for render farms")
    add("--end-with-input", action="store_true", help="end when the standard input ends")
    return parser


def _part(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,7})/(\d{1,7})", text.strip())
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UserError(f"The part {text!r} cannot be read.", "Write K/N, for example 2/8.")
    return int(match[1]), int(match[2])


def _size(text: str) -> tuple[int, int]:
    if not text:
        return 0, 0
    match = re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", text.strip())
    if match is None or not all(4 <= int(part) <= 16384 for part in match.groups()):
        raise UserError(f"The resolution {text!r} is no size.", "Write it like 1920x1080.")
    return int(match[1]), int(match[2])


def _range(text: str) -> tuple[int | None, int | None]:
    if not text:
        return None, None
    match = re.fullmatch(r"(\d{1,7})-(\d{1,7})", text.strip())
    if match is None or int(match[1]) > int(match[2]):
        raise UserError(f"The frames {text!r} are no range.", "Write it like 1-120.")
    return int(match[1]), int(match[2])
