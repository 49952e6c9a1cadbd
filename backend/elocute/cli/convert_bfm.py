"""``elocute convert bfm``: convert a user's licensed Basel Face Model to a face model."""

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
        "bfm",
        help="head of 3DMM coefficients (BFM_model_front.mat)",
        description="Convert your licensed BFM_model_front.mat into a face model in the basis deep3d, from "
        "which clips of 3DMM coefficients are carried onto other heads (elocute transfer).",
    )
    kind.add_argument("model", type=file_name, metavar="MODEL.mat", help="BFM_model_front.mat")
    kind.add_argument("--out", type=file_name, required=True, metavar="FACE.npz", help="face model to write")
    kind.add_argument(
        "--landmarks",
        choices=("exact", "published"),
        default="exact",
        help="exact (default), or published: one vertex further on, where the data of AToM's published "
        "weights have theirs",
    )
    add_json_argument(kind)
    kind.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        InputError: the file is missing, damaged, hostile, or something else; the output cannot be written.
        SettingsError: the output has a bad name.
    """
    with contextlib.suppress(OSError):  # check_output says what is wrong
        options.out.parent.mkdir(exist_ok=True)
    check_output(options.out, (".npz",), options)
    refuse_missing_inputs(options)
    from elocute.face.bfm_import import convert_bfm

    progress = console.progress()
    progress.report("convert", 0.0, str(options.model))
    face = convert_bfm(options.model, published_landmarks=options.landmarks == "published")
    face.save(options.out)
    progress.report("convert", 1.0)
    count = len(face.expression_names)
    console.say(f"{face.basis}: {face.vertices} vertices, {count} expression directions.")
    console.say(f"Wrote {options.out}")
    told = {"face": str(options.out), "basis": face.basis, "vertices": face.vertices, "expressions": count}
    console.result(told)
