"""``elocute info``: show what a clip contains."""

from __future__ import annotations

import argparse
import json
import math

import numpy as np

from elocute.cli.argument_types import file_name
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument
from elocute.cli.console import Console
from elocute.errors import counted
from elocute.motion.clip import MotionClip


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "info",
        help="show what a clip contains",
        description="Show what a clip (.npz) contains and how it was generated.",
    )
    parser.add_argument("clip", type=file_name, metavar="CLIP", help="clip that Elocute wrote")
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        InputError: the file is no clip.
    """
    clip = MotionClip.load(options.clip)
    parts = [name for name in ("neck", "eyes", "shape") if getattr(clip, name) is not None]
    jaw, head = _largest_degrees(clip.jaw), _largest_degrees(clip.head)
    console.say(f"{options.clip}: {counted(clip.frames, 'frame')} at {clip.fps:g} fps ({clip.seconds:.2f} s)")
    console.say(f"  basis {clip.basis}, {clip.expression.shape[1]} expressions")
    console.say(f"  jaw opens up to {jaw:.1f} degrees, head turns up to {head:.1f} degrees")
    console.say(f"  also contains: {', '.join(parts) or 'nothing else'}")
    for name, value in clip.meta.items():
        console.say(f"  {name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    console.result(
        {
            "clip": str(options.clip),
            "frames": clip.frames,
            "fps": clip.fps,
            "seconds": clip.seconds,
            "basis": clip.basis,
            "expressions": int(clip.expression.shape[1]),
            "parts": ["expression", "jaw", "head", *parts],
            "jaw_degrees": round(jaw, 3),
            "head_degrees": round(head, 3),
            "meta": dict(clip.meta),
        }
    )


def _largest_degrees(rotations: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    """Return the largest angle of (T, 3) axis-angle rotations, in degrees."""
    if not len(rotations):
        return 0.0
    return math.degrees(float(np.linalg.norm(rotations, axis=1).max()))
