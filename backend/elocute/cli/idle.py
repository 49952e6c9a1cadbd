"""``elocute idle``: what a character does that says nothing."""

from __future__ import annotations

import argparse
from dataclasses import replace

from elocute.cli.argument_types import file_name, number
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument, check_output
from elocute.cli.console import Console
from elocute.cli.continuation import add_continue_argument, earlier_content
from elocute.cli.generate import take_paths
from elocute.cli.sampling_arguments import add_sampling_arguments, generation_settings, load_options
from elocute.errors import counted
from elocute.performance import IDLE_MODEL, PerformanceRequest
from elocute.stage_clock import StageClock


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "idle",
        help="generate the idle motion of a silent character",
        description="Generate what a face does that says nothing: a head that settles anew, breath, gaze, "
        "blinks, brows, lips that are pressed now and then. Takes are numbered as by elocute generate.",
    )
    parser.add_argument("--seconds", type=number, default=30.0, metavar="S", help="how long (default 30)")
    parser.add_argument("--out", type=file_name, required=True, metavar="CLIP", help="clip to write (.npz)")
    parser.add_argument(
        "--model",
        default=IDLE_MODEL,
        metavar="ID",
        help=f"model (default {IDLE_MODEL}), the folder of a checkpoint, or a Hugging Face hub id",
    )
    add_continue_argument(parser)
    add_sampling_arguments(parser)
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: an argument cannot be used.
        InputError: a file cannot be used, or the output not be written.
    """
    settings = generation_settings(options)
    paths = take_paths(options.out, settings.takes)
    for path in paths:
        check_output(path, (".npz",), options)
    settings = replace(settings, before=earlier_content(options))
    request = PerformanceRequest(model=options.model, settings=settings, compute=load_options(options))
    clock = StageClock(console.show_progress)
    progress = console.progress()
    progress.listener = clock
    performance = make_pipeline().idle(options.seconds, request, progress)
    progress.report("writing", 0.0)
    for path, clip in zip(paths, performance.clips, strict=True):
        clip.save(path)
    clip, spent = performance.clips[0], clock.seconds()
    console.say(
        f"{counted(clip.frames, 'frame')} at {clip.fps:g} fps of silence; model: {performance.model}."
    )
    for note in performance.notes:
        console.say(f"Note: {note}")
    for path in paths:
        console.say(f"Wrote {path}")
    console.result(
        {
            "clips": [str(path) for path in paths],
            "model": performance.model,
            "seed": options.seed,
            "frames": clip.frames,
            "fps": clip.fps,
            "basis": clip.basis,
            "seconds": performance.speech.seconds,
            "notes": list(performance.notes),
            "stage_seconds": spent,
        }
    )
