"""``elocute models``: what can generate motion."""

from __future__ import annotations

import argparse

from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument
from elocute.cli.console import Console


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "models",
        help="list the models, their styles and settings",
        description="List the models, their styles and the numbers --set can change.",
    )
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it."""
    infos = make_pipeline().infos()
    for info in infos:
        console.say(f"{info.id}: {info.title} ({info.basis}, {info.fps:g} fps)")
        console.say(f"  styles: {', '.join(info.styles)}")
        for name, (lowest, default, highest) in info.style_parameters.items():
            console.say(f"  {name}: {lowest:g} to {highest:g}, default {default:g}")
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
                    "style_parameters": {
                        name: {"lowest": lowest, "default": default, "highest": highest}
                        for name, (lowest, default, highest) in info.style_parameters.items()
                    },
                }
                for info in infos
            ]
        }
    )
