"""``elocute fit``: a landmark track to a clip of any head."""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict

from elocute.cli.argument_types import file_name, number
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument, check_output
from elocute.cli.console import Console
from elocute.errors import SettingsError, counted


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "fit",
        help="fit a clip to facial landmarks",
        description="Fit expressions, jaw and head of a face to a track of 68 landmarks (2-D or 3-D). "
        "Reports the error of the fit and rejects bad ones.",
    )
    parser.add_argument("track", type=file_name, metavar="TRACK", help="landmark track (.npz or .csv)")
    parser.add_argument("--face", type=file_name, required=True, metavar="FACE.npz", help="face model to fit")
    parser.add_argument("--out", type=file_name, required=True, metavar="CLIP", help="clip to write (.npz)")
    parser.add_argument(
        "--neutral",
        default="0",
        metavar="FRAMES",
        help="frame of the track with a neutral face, a range to average (0-9), or head if "
        "the track was made from this head (default 0)",
    )
    parser.add_argument(
        "--limit-mm",
        type=number,
        metavar="MM",
        help="mean error of the lips above which the fit is rejected (default 3)",
    )
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: the limit is not positive, or the neutral frames are not in the track.
        InputError: a file cannot be used, or the fit is bad.
    """
    check_output(options.out, (".npz",), options)
    if options.limit_mm is not None and not options.limit_mm > 0:
        raise SettingsError("--limit-mm must be more than 0.")
    neutral = _neutral(options.neutral)
    from elocute.face.fit.settings import FitSettings
    from elocute.face.fit.track import fit_track
    from elocute.face.model import FaceModel
    from elocute.motion.track_files import load_track

    track, face = load_track(options.track), FaceModel.load(options.face)
    settings = FitSettings() if options.limit_mm is None else FitSettings(limit_mm=options.limit_mm)
    clip, report = fit_track(track, face, neutral=neutral, settings=settings, progress=console.progress())
    clip.save(options.out)
    parts = ", ".join(f"{name} {mean:.2f} mm" for name, mean in report.mean_mm.items())
    console.say(
        f"{track.dimensions}-D landmarks to {clip.basis}, {counted(clip.frames, 'frame')}; "
        f"mean error: {parts}."
    )
    console.say(
        f"Opening of the lips within {report.lip_opening_mm:.2f} mm, of the eyelids within "
        f"{report.lid_opening_mm:.2f} mm on average; {100 * report.lost_share:.0f} % of the motion lost."
    )
    for note in report.notes:
        console.say(note)
    console.say(f"Wrote {options.out}")
    console.result({"clip": str(options.out), "basis": clip.basis, **asdict(report)})


def _neutral(text: str) -> range | None:
    if text == "head":
        return None
    if not (found := re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text)):
        raise SettingsError(f"--neutral must be a frame, two with a hyphen, or head, not {text}.")
    first = int(found[1])
    return range(first, int(found[2] or first) + 1)
