"""``elocute train``: the trainings of every model family."""

from __future__ import annotations

import argparse
from typing import Final

from elocute.cli.argument_types import file_name, whole_number
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument, refuse_reading_and_writing
from elocute.cli.console import Console
from elocute.errors import SettingsError, counted
from elocute.models.family import Training
from elocute.models.registry import families
from elocute.storage.atomic_write import refuse_unwritable_folder

_MTOV: Final = "elocute.training.mtov.commands"
_RENDERERS: Final = (
    Training("mtov-film", "autoencoder of films (MToV of MoDiTalker)", f"{_MTOV}:run_film"),
    Training("mtov-landmarks", "autoencoder of drawn landmarks (MToV)", f"{_MTOV}:run_landmarks"),
    Training("mtov-unet", "denoising network of the renderer (MToV)", f"{_MTOV}:run_unet"),
)


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "train",
        help="train a model on a dataset",
        description="Train a part of a model; see docs/training.md for the settings.",
    )
    trainings = _trainings()
    titles = "; ".join(f"{one.name}: {one.title}" for one in trainings.values())
    parser.add_argument("kind", choices=tuple(trainings), help=titles)
    parser.add_argument("--config", type=file_name, metavar="FILE", help="settings as JSON")
    parser.add_argument("--out", type=file_name, required=True, metavar="DIR", help="folder of the run")
    parser.add_argument("--resume", action="store_true", help="continue from the run's last checkpoint")
    parser.add_argument("--iterations", type=whole_number, metavar="N", help="train up to iteration N")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=sorted({part for one in trainings.values() for part in one.parts}),
        help="leave out a part that the training has, to measure what it adds (may be repeated)",
    )
    parser.add_argument("--device", choices=("auto", "cpu"), default="auto", help="device to train on")
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: settings that contradict each other.
        InputError: settings, data or folders that cannot be used, or a loss that diverged.
    """
    if bool(options.config) == options.resume:
        raise SettingsError(
            "A new run needs --config; a resumed one uses its own settings.",
            "Give either --config FILE or --resume.",
        )
    refuse_reading_and_writing(options.out, options)
    refuse_unwritable_folder(options.out)
    from elocute.training.core.request import TrainRequest, load_entry

    request = TrainRequest(
        out=options.out,
        config=options.config,
        iterations=options.iterations,
        without=tuple(options.without),
        device=options.device,
        progress=console.progress(),
    )
    before = request.iterations_done
    last = load_entry(_trainings()[options.kind].entry)(request)
    done = request.iterations_done
    if request.resume and done == before:
        console.say(f"Nothing was left to train after {counted(done, 'iteration')}: {last}")
    else:
        console.say(f"Trained: {last}")
    console.result({"checkpoint": str(last), "run": str(options.out)})


def _trainings() -> dict[str, Training]:
    of_families = (training for family in families() for training in family.trainings)
    return {training.name: training for training in (*of_families, *_RENDERERS)}
