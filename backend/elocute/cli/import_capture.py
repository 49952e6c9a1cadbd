"""``elocute import``: a recording of a face, made by another program, as a clip."""

from __future__ import annotations

import argparse
import contextlib

from elocute.cli.argument_types import file_name, number, whole_number
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument, check_output
from elocute.cli.console import Console
from elocute.cli.other_commands import advice_on
from elocute.errors import InputError, SettingsError, counted
from elocute.exchange.formats import import_formats


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    titles = "; ".join(one.title for one in import_formats())
    parser = commands.add_parser(
        "import",
        help="read a recording of a face made by another program",
        description="Read a recording of a face and write it as a clip of elocute-head-1. What it is is told "
        f"by its content: {titles}.",
    )
    parser.add_argument("capture", type=file_name, metavar="FILE", help="the recording")
    parser.add_argument(
        "--fps", type=number, metavar="FPS", help="frames a second of the clip (default: the recording's)"
    )
    add_timecode_argument(parser)
    parser.add_argument("--out", type=file_name, required=True, metavar="CLIP.npz", help="clip to write")
    add_json_argument(parser)
    parser.set_defaults(run=run)


def add_timecode_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--timecode-rate``."""
    parser.add_argument(
        "--timecode-rate",
        type=whole_number,
        metavar="RATE",
        help="frames a second that timecodes count, for takes shorter than a second",
    )


def timecode_rate(options: argparse.Namespace) -> int | None:
    """Return the rate of :func:`add_timecode_argument`.

    Raises:
        SettingsError: it is no rate.
    """
    rate: int | None = options.timecode_rate
    if rate is not None and not 1 <= rate <= 1000:
        raise SettingsError("--timecode-rate must be 1 to 1000.")
    return rate


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: an argument is out of range.
        InputError: the recording cannot be read, or the clip not be written.
    """
    check_output(options.out, (".npz",), options)
    from elocute.exchange.captures import read_capture
    from elocute.motion.clip import HIGHEST_FPS, LOWEST_FPS

    if options.fps is not None and not LOWEST_FPS <= options.fps <= HIGHEST_FPS:
        raise SettingsError(f"--fps must be {LOWEST_FPS:g} to {HIGHEST_FPS:g}.")
    try:
        clip, notes = read_capture(options.capture, options.fps, timecode_rate(options))
    except InputError as error:
        with contextlib.suppress(OSError):  # which the error tells of
            if advice := advice_on(options.capture):
                raise InputError(error.message, advice, code=error.code) from error
        raise
    clip.save(options.out)
    console.say(f"{counted(clip.frames, 'frame')} at {clip.fps:g} fps.")
    for note in notes:
        console.say(f"Note: {note}")
    console.say(f"Wrote {options.out}")
    console.result(
        {
            "clip": str(options.out),
            "frames": clip.frames,
            "fps": clip.fps,
            "basis": clip.basis,
            "notes": list(notes),
        }
    )
