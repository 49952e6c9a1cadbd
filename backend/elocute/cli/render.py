"""``elocute render``: from recordings to finished shots, in one command."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from elocute.batch.result import RowResult
from elocute.batch.shots import (
    SHOTS,
    ShotSettings,
    check_blender,
    default_blender,
    render_shots,
    with_silent_shots_told,
    write_sheets,
)
from elocute.cli import batch
from elocute.cli.arguments import MakePipeline, Subparsers
from elocute.cli.console import Console
from elocute.errors import SettingsError


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "render",
        help="generate from many recordings, and render them on a character",
        description="Do what elocute batch does, then put every clip on a character in Blender and render it "
        f"into OUT/{SHOTS}. What is done already is left alone. Exit code 4: some rows or shots failed.",
    )
    batch.add_arguments(parser)
    parser.add_argument(
        "--blender",
        type=Path,
        metavar="PROGRAM",
        help="Blender, or a Python that has the module bpy (default: blender, where it is found)",
    )
    parser.add_argument(
        "--blend", type=Path, metavar="FILE", help="file with the character (default: the stand-in head)"
    )
    parser.add_argument(
        "--formats", default="film", metavar="NAMES", help="what to write of each shot, e.g. film,images,gltf"
    )
    parser.add_argument(
        "--shot-arguments",
        default="",
        metavar="TEXT",
        help='further arguments of elocute_batch.py, e.g. "--preset preview --resolution 640x720"',
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        InputError: the manifest cannot be used, or the output folder not be written to.
        SettingsError: an argument cannot be used, or there is no Blender.
        UserError: some rows or shots failed.
    """
    from elocute.batch.report import write_report
    from elocute.batch.result import write_table

    settings = _settings(options)
    if not options.part.whole:
        raise SettingsError("A part of a batch cannot be rendered with this command.", "Leave out --part.")
    check_blender(options.out, settings)  # refuses what cannot be used before the long work
    made = batch.generate(options, console, make_pipeline, sheets=True)
    results = with_silent_shots_told(made, settings.formats)
    if results != made:
        write_table(options.out, results)
    good = [result for result in results if result.good]
    rendered = not good or render_shots(options.out, settings, console.progress(), console.say)
    write_sheets(options.out, good, console.progress())
    if not options.no_report:
        write_report(options.out, results)
    _finish(options, console, results, rendered)


def _finish(
    options: argparse.Namespace, console: Console, results: tuple[RowResult, ...], rendered: bool
) -> None:
    console.say(f"Wrote {options.out / SHOTS}")
    if rendered or options.keep_going:
        batch.finish(options, console, results)
        return
    batch.say_counts(options, console, results)
    rows = "" if all(result.good for result in results) else f" {batch.failed_rows(options, results).message}"
    raise batch.RowsFailed(
        f"Some shots failed.{rows}",
        "See above; correct them and run the same command again.",
        code="shots_failed",
    )


def _settings(options: argparse.Namespace) -> ShotSettings:
    blender = options.blender or default_blender()
    if blender is None:
        raise SettingsError(
            "There is no Blender on the search path.", "Give its path with --blender.", code="no_blender"
        )
    formats = tuple(name.strip() for name in options.formats.split(",") if name.strip())
    try:
        words = tuple(shlex.split(options.shot_arguments))
    except ValueError as error:
        raise SettingsError(
            f"--shot-arguments cannot be read: {error}.", "Put it into quotation marks."
        ) from error
    return ShotSettings(blender, options.blend, formats, words)
