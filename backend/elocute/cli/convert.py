"""``elocute convert``: convert other programs' checkpoints and face models to Elocute's formats."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from elocute.checkpoint.folder import read_config
from elocute.cli import convert_bfm, convert_flame, convert_mtov
from elocute.cli.argument_types import file_name
from elocute.cli.arguments import (
    MakePipeline,
    Subparsers,
    add_json_argument,
    check_output_folder,
    refuse_missing_inputs,
)
from elocute.cli.console import Console
from elocute.models.family import Converter
from elocute.models.registry import families


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "convert",
        help="convert an official checkpoint or face model",
        description="Convert an official checkpoint into a folder that --model takes, or a FLAME head "
        "into a face model. Nothing in the files is executed.",
    )
    kinds = parser.add_subparsers(title="kinds", required=True, metavar="KIND")
    for family in families():
        for converter in family.converters:
            _add_converter(kinds, converter)
    convert_flame.add_kind(kinds)
    convert_bfm.add_kind(kinds)
    convert_mtov.add_kind(kinds)


def _add_converter(kinds: Subparsers, converter: Converter) -> None:
    kind = kinds.add_parser(converter.name, help=converter.title, description=f"Convert {converter.title}.")
    first = next((one for one in converter.arguments if one.required), None)
    for argument in converter.arguments:
        words: dict[str, Any] = {"type": str if argument.text else file_name}
        if argument is first:
            kind.add_argument(argument.name, metavar=argument.metavar, help=argument.help, **words)
        else:
            kind.add_argument(
                f"--{argument.name}",
                required=argument.required,
                metavar=argument.metavar,
                help=argument.help,
                **words,
            )
    kind.add_argument("--out", type=file_name, required=True, metavar="DIR", help="folder to write")
    add_json_argument(kind)
    kind.set_defaults(run=partial(run, converter))


def run(
    converter: Converter, options: argparse.Namespace, console: Console, make_pipeline: MakePipeline
) -> None:
    """Do it.

    Raises:
        InputError: a file is missing, damaged, hostile, or does not fit the others.
    """
    check_output_folder(options.out, options)
    refuse_missing_inputs(options)
    values = {one.name: getattr(options, one.name.replace("-", "_")) for one in converter.arguments}
    progress = console.progress()
    progress.report("convert", 0.0, converter.title)
    told = converter.convert(values, options.out)
    progress.report("convert", 1.0)
    for sentence in told:
        console.say(sentence)
    console.say(f"Wrote {options.out}")
    console.result({"model": str(options.out), "config": read_config(options.out)})
