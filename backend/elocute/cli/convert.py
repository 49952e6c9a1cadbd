"""``elocute convert``: checkpoints and face models of others into our formats."""

from __future__ import annotations

import argparse
from pathlib import Path

from elocute.cli import convert_flame
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument
from elocute.cli.console import Console
from elocute.errors import InputError


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "convert",
        help="convert an official checkpoint or face model",
        description="Convert an official checkpoint into a folder that --model takes, or a FLAME head "
        "into a face model. Nothing in the files is executed.",
    )
    kinds = parser.add_subparsers(title="kinds", required=True, metavar="KIND")
    kind = kinds.add_parser(
        "diffposetalk",
        help="DiffPoseTalk (iter_*.pt)",
        description="Convert an official DiffPoseTalk checkpoint.",
    )
    kind.add_argument("checkpoint", type=Path, metavar="CKPT.pt", help="denoiser, iter_*.pt")
    kind.add_argument("--stats", type=Path, required=True, metavar="FILE", help="stats_train.npz")
    kind.add_argument(
        "--audio-encoder",
        required=True,
        metavar="FOLDER_OR_ID",
        help="speech encoder it was trained with: a folder that holds config.json, or a hub id such as "
        "facebook/hubert-base-ls960 (only its configuration is read)",
    )
    kind.add_argument("--style-encoder", type=Path, metavar="SE.pt", help="style encoder, iter_*.pt")
    kind.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    add_json_argument(kind)
    kind.set_defaults(run=run)
    convert_flame.add_kind(kinds)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        InputError: a file is missing, damaged, hostile, or does not fit the others.
    """
    if options.out.exists() and not options.out.is_dir():
        raise InputError(f"{options.out} is a file.", "Give a folder to write.", code="bad_output")
    if not options.out.parent.is_dir():
        raise InputError(
            f"Cannot write {options.out}: there is no folder {options.out.parent}.", code="bad_output"
        )
    from elocute.models.diffposetalk.convert import convert_official

    progress = console.progress()
    progress.report("convert", 0.0, str(options.checkpoint))
    config = convert_official(
        options.checkpoint, options.stats, options.audio_encoder, options.style_encoder, options.out
    )
    progress.report("convert", 1.0)
    guided = ", ".join(config.guiding) or "nothing"
    console.say(
        f"{config.steps} steps, {config.schedule} schedule, {config.audio.kind}, guided by {guided}; "
        f"head motion: {'yes' if config.layout.head else 'no'}."
    )
    console.say(f"Wrote {options.out}")
    console.result({"model": str(options.out), "config": config.to_json()})
