"""``elocute convert mtov``: published MToV checkpoints to a renderer for ``elocute video``."""

from __future__ import annotations

import argparse
from typing import Final

from elocute.cli.argument_types import file_name
from elocute.cli.arguments import (
    MakePipeline,
    Subparsers,
    add_json_argument,
    check_output_folder,
    refuse_missing_inputs,
)
from elocute.cli.console import Console

_FILES: Final = (
    ("film", "AE.pth", "the autoencoder of films"),
    ("landmarks", "AE_KP.pth", "the autoencoder of drawn landmarks"),
    ("unet", "EMA_MODEL.pth", "the denoising network (ema_model_*.pth)"),
)


def add_kind(kinds: Subparsers) -> None:
    """Add this kind of conversion."""
    title = "official MToV checkpoints of MoDiTalker, for elocute video"
    parser = kinds.add_parser("mtov", help=title, description=f"Convert {title}.")
    for name, metavar, help_ in _FILES:
        parser.add_argument(f"--{name}", type=file_name, required=True, metavar=metavar, help=help_)
    parser.add_argument("--out", type=file_name, required=True, metavar="DIR", help="folder to write")
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        InputError: a file is missing, damaged, hostile, or does not fit the others.
    """
    check_output_folder(options.out, options)
    refuse_missing_inputs(options)
    from elocute.renderers.mtov.convert import convert_official

    progress = console.progress()
    progress.report("convert", 0.0, "MToV")
    config = convert_official(options.film, options.landmarks, options.unet, options.out)
    progress.report("convert", 1.0)
    sizes = config.autoencoder
    console.say(
        f"Films of {sizes.size} x {sizes.size} pixels at {config.fps:g} fps, {sizes.frames} frames at a time."
    )
    console.say(f"Wrote {options.out}")
    console.result({"model": str(options.out), "config": config.to_json()})
