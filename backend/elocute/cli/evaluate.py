"""``elocute eval``: measure generated clips against recorded ones."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from elocute.cli.argument_types import file_name
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument
from elocute.cli.console import Console
from elocute.errors import InputError

if TYPE_CHECKING:
    from elocute.evaluation.against_truth.comparison import Scores

_MEASURES: Final = {
    "lve": ("LVE, lip vertex error", 1e3, "mm"),
    "fdd": ("FDD, upper-face dynamics deviation", 1e5, "1e-5 m"),
    "mod": ("MOD, mouth opening difference", 1e3, "mm"),
    "ba": ("BA, beat alignment of the head", 1.0, ""),
    "expression_diversity": ("diversity of expressions", 1.0, ""),
    "head_diversity": ("diversity of head poses", 1.0, "rad"),
}


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "eval",
        help="measure generated clips against recorded ones",
        description="Measure clips generated from a recording's sound against its recorded motion. With "
        "folders, clips are matched by name and every folder of generated clips is one "
        "repetition; the table gives means with 95 % confidence intervals over repetitions.",
    )
    parser.add_argument("truth", type=file_name, metavar="TRUTH", help="recorded clip, or a folder of them")
    parser.add_argument(
        "takes", type=file_name, nargs="+", metavar="TAKE", help="generated clips, or folders"
    )
    parser.add_argument("--face", type=file_name, required=True, metavar="FACE", help="FaceModel file (.npz)")
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        InputError: clips or face are missing, damaged, or do not belong together.
    """
    from elocute.evaluation.against_truth.comparison import compare, mean_and_interval
    from elocute.evaluation.against_truth.paper_metrics import diversity
    from elocute.face.model import FaceModel
    from elocute.motion.clip import MotionClip

    face = FaceModel.load(options.face)
    progress = console.progress()
    truths = _truths(options.truth)
    repetitions: list[list[Scores]] = [[] for _ in options.takes]
    between: dict[str, list[float]] = {"expression_diversity": [], "head_diversity": []}
    for index, path in enumerate(truths):
        truth = MotionClip.load(path)
        takes = [MotionClip.load(_take(take, path, options.truth)) for take in options.takes]
        for own, take in zip(repetitions, takes, strict=True):
            own.append(compare([take], truth, face))
        if len(takes) > 1:
            frames = min(take.frames for take in takes)
            between["expression_diversity"].append(diversity([take.expression[:frames] for take in takes]))
            between["head_diversity"].append(diversity([take.head[:frames] for take in takes]))
        progress.report("measure", (index + 1) / len(truths), path.name)
    facts: dict[str, dict[str, float]] = {}
    for name, (title, scale, unit) in _MEASURES.items():
        means = [sum(v) / len(v) for own in repetitions if (v := _known(own, name))]
        values = between.get(name)
        if values is not None:
            means = [sum(values) / len(values)] if values else []
        if means:
            mean, half = mean_and_interval(means)
            facts[name] = {"mean": mean, "interval": half}
            spread = f" +- {half * scale:.3f}" if half else ""
            console.say(f"{title:36} {mean * scale:9.3f}{spread} {unit}".rstrip())
    console.result({"clips": len(truths), "repetitions": len(options.takes), "scores": facts})


def _known(scores: list[Scores], name: str) -> list[float]:
    return [value for own in scores if (value := own.as_dict()[name]) is not None]


def _truths(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(path.glob("**/*.npz"))
    if not found:
        raise InputError(f"There are no clips in {path}.", code="missing_file")
    return found


def _take(take: Path, truth: Path, root: Path) -> Path:
    """The generated clip that belongs to a recorded one."""
    if not root.is_dir():
        return take
    path = take / truth.relative_to(root)
    if not path.is_file():
        raise InputError(
            f"There is no generated clip {path}.", f"Generate one for {truth}.", code="missing_file"
        )
    return path
