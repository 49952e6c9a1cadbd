"""``elocute train``: train a denoiser or a style encoder."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument
from elocute.cli.console import Console
from elocute.errors import SettingsError

_KINDS = ("denoiser", "style")
_WITHOUT = ("geometry", "mask", "guidance", "style")


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "train",
        help="train a model on a dataset",
        description="Train a denoiser or a style encoder; see docs/training.md for the settings.",
    )
    parser.add_argument("kind", choices=_KINDS, help="what to train; a denoiser needs a style encoder")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings as JSON")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the run")
    parser.add_argument("--resume", action="store_true", help="go on after the run's last checkpoint")
    parser.add_argument("--iterations", type=int, metavar="N", help="train up to iteration N")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=_WITHOUT,
        help="leave a part out, as in the paper's Table 1 (denoiser only, may be repeated)",
    )
    parser.add_argument("--device", choices=("auto", "cpu"), default="auto", help="where to compute")
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
            "A new run needs --config; a resumed one goes on with its own settings.",
            "Give either --config FILE or --resume.",
        )
    last = (_train_style if options.kind == "style" else _train_denoiser)(options, console)
    console.say(f"Trained: {last}")
    console.result({"checkpoint": str(last), "run": str(options.out)})


def _train_style(options: argparse.Namespace, console: Console) -> Path:
    from elocute.training.core.settings import StyleSettings, read_settings
    from elocute.training.diffposetalk.style_training import train_style_encoder

    if options.without:
        raise SettingsError("--without is for denoisers only.")
    settings = read_settings(_settings_file(options), StyleSettings)
    if options.iterations is not None:
        settings = replace(settings, run=replace(settings.run, iterations=options.iterations))
    return train_style_encoder(
        settings, options.out, resume=options.resume, progress=console.progress(), device=options.device
    )


def _train_denoiser(options: argparse.Namespace, console: Console) -> Path:
    from elocute.training.core.settings import DenoiserSettings, ablate, read_settings
    from elocute.training.diffposetalk.denoiser_training import train_denoiser

    settings = ablate(read_settings(_settings_file(options), DenoiserSettings), tuple(options.without))
    if options.iterations is not None:
        settings = replace(settings, run=replace(settings.run, iterations=options.iterations))
    return train_denoiser(
        settings, options.out, resume=options.resume, progress=console.progress(), device=options.device
    )


def _settings_file(options: argparse.Namespace) -> Path:
    from elocute.training.core.run_folder import SETTINGS_FILE, open_run

    if not options.resume:
        config: Path = options.config
        return config
    open_run(options.out, resume=True)
    settings: Path = options.out / SETTINGS_FILE
    return settings
