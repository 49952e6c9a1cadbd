"""``elocute models``: list the models."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument
from elocute.cli.console import Console
from elocute.models.device_choice import AUTOMATIC


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "models",
        help="list the models, their styles and options",
        description="List the models, their styles, and their options for --set and --choose.",
    )
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it."""
    pipeline = make_pipeline(device=AUTOMATIC)  # as a service has it
    infos = pipeline.infos()
    for info in infos:
        console.say(f"{info.id}: {info.title} ({info.basis}, {info.fps:g} fps)")
        reason = pipeline.engine_reason(info)
        console.say(f"  computed by {pipeline.engine(info)}{f': {reason}' if reason else ''}")
        console.say(f"  styles: {', '.join(info.styles)}")
        if info.blends_styles:
            console.say("  also style files and blends of styles")
        if info.changes_styles:
            console.say("  also with an intensity, and changing in time: sad@0,happy*0.8@2.5")
        for name, option in info.options.items():
            console.say(f"  {name}: {option.lowest:g} to {option.highest:g}, default {option.default:g}")
        for name, words in info.choices.items():
            console.say(f"  {name}: {', '.join(words)}")
    console.result(
        {
            "models": [
                {
                    "id": info.id,
                    "family": info.family,
                    "title": info.title,
                    "basis": info.basis,
                    "fps": info.fps,
                    "styles": list(info.styles),
                    "options": {name: asdict(option) for name, option in info.options.items()},
                    "choices": {name: list(words) for name, words in info.choices.items()},
                    "hears_phones": info.hears_phones,
                    "blends_styles": info.blends_styles,
                    "changes_styles": info.changes_styles,
                    "engine": pipeline.engine(info),
                    "engine_reason": pipeline.engine_reason(info),
                }
                for info in infos
            ]
        }
    )
