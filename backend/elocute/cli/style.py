"""``elocute style``: extract speaking styles from motion."""

from __future__ import annotations

import argparse

from elocute.cli.argument_types import file_name, whole_number
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument, check_output
from elocute.cli.console import Console
from elocute.cli.import_capture import add_timecode_argument, timecode_rate
from elocute.models.catalogue import DEFAULT_MODEL


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "style", help="extract styles from motion", description="Work with the speaking styles of a model."
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    extract = actions.add_parser(
        "extract",
        help="extract the style of a clip",
        description="Extract the speaking style of a clip, an official motion file or a recording that "
        "elocute import reads, and write it as .npz. A style written into the styles "
        "folder of a model is one of its presets.",
    )
    extract.add_argument(
        "motion",
        type=file_name,
        metavar="MOTION",
        help="clip, official motion file, or a recording of a face such as a take of Live Link Face",
    )
    extract.add_argument(
        "--model",
        default=DEFAULT_MODEL,
        metavar="ID",
        help=f"name of a model, checkpoint folder, or hub id (default {DEFAULT_MODEL})",
    )
    extract.add_argument(
        "--start", type=whole_number, default=0, metavar="FRAME", help="first frame of the window (default 0)"
    )
    extract.add_argument("--out", type=file_name, required=True, metavar="STYLE.npz", help="style to write")
    add_timecode_argument(extract)
    add_json_argument(extract)
    extract.set_defaults(run=run_extract)


def run_extract(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        InputError: the motion or the model cannot be used, or the style not be written.
        SettingsError: the model has no style encoder, or the motion no such frame.
    """
    check_output(options.out, (".npz",), options)
    rate = timecode_rate(options)
    from elocute.exchange.captures import load_motion_or_capture
    from elocute.storage.atomic_write import write_atomically

    pipeline = make_pipeline()
    info = pipeline.describe(options.model)
    clip, notes = load_motion_or_capture(options.motion, info.fps, rate)
    style = pipeline.extract_style(options.model, clip, options.start, options.motion.name)
    with write_atomically(options.out) as temporary:
        temporary.write_bytes(style.content)
    for note in notes:
        console.say(f"Note: {note}")
    last = options.start + style.frames - 1
    console.say(f"Style of frames {options.start} to {last}, {style.numbers} numbers.")
    console.say(f"Wrote {options.out}")
    console.result(
        {
            "style": str(options.out),
            "source": options.motion.name,
            "start": options.start,
            "frames": style.frames,
            "model": info.id,
            "numbers": style.numbers,
            "notes": list(notes),
        }
    )
