"""``elocute transfer``: retarget a clip to another head."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from elocute.cli.argument_types import file_name, number
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument, check_output
from elocute.cli.console import Console
from elocute.errors import SettingsError, counted


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "transfer",
        help="transfer a clip to another head",
        description="Transfer a clip from the face basis of one head to that of another, by fitting how "
        "landmarks and regions move. Reports the error of the fit and rejects bad ones.",
    )
    parser.add_argument(
        "clip",
        type=file_name,
        metavar="CLIP",
        help="clip of Elocute, or an official DiffPoseTalk motion file",
    )
    parser.add_argument(
        "--from", dest="source", type=file_name, required=True, metavar="FACE.npz", help="head of the clip"
    )
    parser.add_argument(
        "--to", dest="target", type=file_name, required=True, metavar="FACE.npz", help="target face model"
    )
    parser.add_argument("--out", type=file_name, required=True, metavar="CLIP", help="clip to write (.npz)")
    parser.add_argument(
        "--limit-mm",
        type=number,
        metavar="MM",
        help="mean error of the lips above which the transfer is rejected (default 3)",
    )
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: the limit is not positive.
        InputError: a file cannot be used, the clip is not the head's, or the fit is bad.
    """
    check_output(options.out, (".npz",), options)
    if options.limit_mm is not None and not options.limit_mm > 0:
        raise SettingsError("--limit-mm must be more than 0.")
    from elocute.face.fit.settings import FitSettings
    from elocute.face.model import FaceModel
    from elocute.face.transfer import transfer_clip
    from elocute.motion.official import load_motion

    clip = load_motion(options.clip)
    source, target = FaceModel.load(options.source), FaceModel.load(options.target)
    settings = FitSettings() if options.limit_mm is None else FitSettings(limit_mm=options.limit_mm)
    carried, report = transfer_clip(clip, source, target, settings=settings, progress=console.progress())
    carried.save(options.out)
    parts = ", ".join(f"{name} {mean:.2f} mm" for name, mean in report.mean_mm.items())
    console.say(f"{clip.basis} to {carried.basis}, {counted(carried.frames, 'frame')}; mean error: {parts}.")
    console.say(
        f"Opening of the lips within {report.lip_opening_mm:.2f} mm, of the eyelids within "
        f"{report.lid_opening_mm:.2f} mm on average; jaw turned {report.jaw_gain:.2f} times as far."
    )
    console.say(f"Wrote {options.out}")
    console.result({"clip": str(options.out), "basis": carried.basis, **asdict(report)})
