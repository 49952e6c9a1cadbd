"""``elocute export``: a clip as landmarks, as vertices, or as an official motion file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np

from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument, check_output
from elocute.cli.console import Console
from elocute.storage.atomic_write import write_atomically

_ENDINGS: Final = {"official": (".npz",), "vertices": (".npy",), "landmarks": (".npy", ".npz")}


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "export",
        help="write a clip for other programs",
        description="Write a clip as landmarks (.npy, frames x 68 x 3, or .npz, a landmark track), as "
        "vertices (.npy, frames x vertices x 3) or as an official DiffPoseTalk motion file (.npz with exp, "
        "pose, shape). Metres, y up.",
    )
    kinds = parser.add_subparsers(title="kinds", required=True, metavar="KIND")
    for name, help_text in (
        ("landmarks", "68 landmarks of every frame"),
        ("vertices", "all vertices of every frame"),
        ("official", "DiffPoseTalk's exp, pose and shape"),
    ):
        kind = kinds.add_parser(name, help=help_text, description=f"Write {help_text}.")
        kind.add_argument("clip", type=Path, metavar="CLIP", help="clip, ours or an official one")
        if name != "official":
            kind.add_argument(
                "--face", type=Path, required=True, metavar="FACE.npz", help="head of the clip's basis"
            )
        if name == "landmarks":
            kind.add_argument(
                "--follow-view",
                action="store_true",
                help="let the jaw's contour slide with the head's turn, as detectors see it (FLAME)",
            )
        kind.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
        add_json_argument(kind)
        kind.set_defaults(run=run, kind=name)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        InputError: a file cannot be used or written, or clip and head do not fit.
    """
    from elocute.face.geometry_file import clip_landmarks, write_vertices
    from elocute.face.model import FaceModel
    from elocute.motion.landmark_track import LandmarkTrack
    from elocute.motion.official import load_motion, save_official

    check_output(options.out, _ENDINGS[options.kind])
    clip = load_motion(options.clip)
    if options.kind == "official":
        save_official(clip, options.out)
    elif options.kind == "vertices":
        write_vertices(clip, FaceModel.load(options.face), options.out, console.progress())
    else:
        points = clip_landmarks(clip, FaceModel.load(options.face), follow_view=options.follow_view)
        if options.out.suffix.lower() == ".npz":
            LandmarkTrack(points, clip.fps, "metre", meta=clip.meta).save(options.out)
        else:
            with write_atomically(options.out) as temporary:
                np.save(temporary, points)
    console.say(f"{clip.frames} frames at {clip.fps:g} fps.")
    console.say(f"Wrote {options.out}")
    console.result({"out": str(options.out), "frames": clip.frames, "fps": clip.fps, "basis": clip.basis})
