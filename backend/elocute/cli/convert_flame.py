"""``elocute convert flame``: convert a user's licensed FLAME files to a face model."""

from __future__ import annotations

import argparse
import contextlib

from elocute.cli.argument_types import file_name
from elocute.cli.arguments import (
    MakePipeline,
    Subparsers,
    add_json_argument,
    check_output,
    refuse_missing_inputs,
)
from elocute.cli.console import Console


def add_kind(kinds: Subparsers) -> None:
    """Add this kind of conversion."""
    kind = kinds.add_parser(
        "flame",
        help="FLAME head (generic_model.pkl, flame2023.pkl)",
        description="Convert your licensed FLAME files into a face model. Nothing in them is executed. "
        "Where to get them: flame_assets/README.md.",
    )
    kind.add_argument("model", type=file_name, metavar="MODEL.pkl", help="the model, 2017 to 2023")
    kind.add_argument("--out", type=file_name, required=True, metavar="FACE.npz", help="face model to write")
    kind.add_argument("--masks", type=file_name, metavar="FILE", help="FLAME_masks.pkl")
    kind.add_argument(
        "--landmarks",
        type=file_name,
        nargs="+",
        default=[],
        metavar="FILE",
        help="landmark_embedding.npy, or the static and the dynamic embedding",
    )
    kind.add_argument(
        "--basis", default="", metavar="NAME", help="flame2020, flame2023 ... (default: the year in the path)"
    )
    add_json_argument(kind)
    kind.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        InputError: a file is missing, damaged, hostile, or something else; the output cannot be written.
        SettingsError: the basis or the output has a bad name.
    """
    with contextlib.suppress(OSError):  # check_output says what is wrong
        options.out.parent.mkdir(exist_ok=True)
    check_output(options.out, (".npz",), options)
    refuse_missing_inputs(options)
    from elocute.face.flame_import import FlameSources, convert_flame

    progress = console.progress()
    progress.report("convert", 0.0, str(options.model))
    face = convert_flame(FlameSources(options.model, options.masks, tuple(options.landmarks), options.basis))
    face.save(options.out)
    progress.report("convert", 1.0)
    console.say(
        f"{face.basis}: {face.vertices} vertices, {face.shape_dirs.shape[2]} identity and "
        f"{len(face.expression_names)} expression directions, {len(face.pose_dirs)} pose correctives."
    )
    if not face.has_landmarks:
        console.say("Note: without --landmarks, lip measures and basis transfer cannot use this head.")
    console.say(f"Wrote {options.out}")
    console.result(
        {
            "face": str(options.out),
            "basis": face.basis,
            "vertices": face.vertices,
            "identity": int(face.shape_dirs.shape[2]),
            "expressions": len(face.expression_names),
            "landmarks": face.has_landmarks,
            "regions": sorted(face.masks),
        }
    )
