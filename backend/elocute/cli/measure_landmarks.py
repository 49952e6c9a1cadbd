"""``elocute measure landmarks``: landmark distances between tracks and a true one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from elocute.cli.argument_types import file_name
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument
from elocute.cli.console import Console
from elocute.errors import InputError, counted

if TYPE_CHECKING:
    from elocute.motion.landmark_track import LandmarkTrack

_COLUMNS: Final = ("LMD", "LMD, centred", "F-LMD", "M-LMD", "lip distance", "of the eyes' width")


def add_action(actions: Subparsers) -> None:
    """Add this action."""
    parser = actions.add_parser(
        "landmarks",
        help="landmark distances of tracks to a true one",
        description="LMD, F-LMD, M-LMD and the difference of the lips' distance between landmark tracks and "
        "a true one of the same length, in its unit.",
    )
    parser.add_argument("truth", type=file_name, metavar="TRUTH", help="true landmark track (.npz or .csv)")
    parser.add_argument(
        "tracks", type=file_name, nargs="+", metavar="TRACK", help="tracks to compare with it"
    )
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Measure them.

    Raises:
        InputError: a track cannot be read, or does not fit the true one.
    """
    from elocute.evaluation.of_landmarks.landmark_distances import (
        aligned_landmark_distances,
        lip_distance_difference,
        mouth_landmark_distance,
    )
    from elocute.motion.track_files import load_track

    truth = load_track(options.truth)
    scores: dict[str, dict[str, float]] = {}
    for path in options.tracks:
        track = load_track(path)
        if (track.points.shape, track.unit, track.fps) != (truth.points.shape, truth.unit, truth.fps):
            raise InputError(
                f"{path} has {_described(track)}, but {options.truth} has {_described(truth)}.",
                "Compare tracks of the same length, frame rate, dimensions and unit.",
                code="bad_landmarks",
            )
        pair = track.points, truth.points
        try:
            values = (
                mouth_landmark_distance(*pair),
                mouth_landmark_distance(*pair, centred=True),
                *aligned_landmark_distances(*pair),
                lip_distance_difference(*pair),
                lip_distance_difference(*pair, by_eyes=True),
            )
        except ValueError as error:
            raise InputError(
                f"{options.truth} cannot be measured against: {error}.", code="bad_landmarks"
            ) from error
        scores[str(path)] = dict(zip(_COLUMNS, values, strict=True))
    console.say(f"In {truth.unit}, {counted(truth.frames, 'frame')}; 0 is best.")
    console.say("")
    console.say("| track | " + " | ".join(_COLUMNS) + " |")
    console.say("|---|" + "---:|" * len(_COLUMNS))
    for name, row in scores.items():
        console.say(f"| {name} | " + " | ".join(f"{value:.4g}" for value in row.values()) + " |")
    console.result({"unit": truth.unit, "frames": truth.frames, "scores": scores})


def _described(track: LandmarkTrack) -> str:
    return f"{counted(track.frames, 'frame')} at {track.fps:g} fps, {track.dimensions}-D, in {track.unit}"
