"""Profiles an update of the bundled model's training: processor time of the batch, the speech encoder, the
denoiser, the losses, the gradients and the optimiser.

    python -m scripts.bench.training_step --corpus CORPUS --lessons FOLDER [--batches 8,32] [--updates 6]

FOLDER is ``lessons`` of a run of ``scripts.train.train_default`` on CORPUS. What the tables say is of the
machine at hand; the forward parts are told apart by wrapping the methods of the network.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from scripts.backend_path import ROOT
from scripts.bench.data import HEAD
from scripts.terminal import exit_code

PARTS: Final = ("batch", "encoder", "denoiser", "losses", "gradients", "optimiser")
_CONFIG: Final = ROOT / "configs" / "elocute-lite_cpu.json"
_WARM: Final = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table: a row a size of batch."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the speech")
    parser.add_argument("--lessons", type=Path, required=True, help="lessons of that speech")
    parser.add_argument("--config", type=Path, default=_CONFIG, help=f"settings (default {_CONFIG.name})")
    parser.add_argument("--lines", type=int, default=40, help="lines to draw crops from (default 40)")
    parser.add_argument("--batches", default="8,32", help="sizes of a batch (default 8,32)")
    parser.add_argument("--updates", type=int, default=6, help="updates that are measured (default 6)")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Load lines, then measure each size."""
    from elocute.corpus.lessons import read_lessons
    from elocute.progress import Progress
    from elocute.training.core.settings import read_settings
    from elocute.training.elocute_lite.data import load_lines
    from elocute.training.elocute_lite.settings import PhoneticSettings

    settings = read_settings(options.config, PhoneticSettings)
    lessons = read_lessons(options.lessons)
    few = replace(lessons, names=lessons.names[: options.lines])
    lines = load_lines(options.corpus, few, settings.style_encoder.motions, 1, Progress())
    print(f"crops of {settings.denoiser.motions} frames; milliseconds of the processor a crop\n")
    print(f"| batch | all | {' | '.join(PARTS)} |\n|---:|{'---:|' * (len(PARTS) + 1)}")
    for size in map(int, options.batches.split(",")):
        told = measured(replace(settings, run=replace(settings.run, batch=size)), lines, options.updates)
        each = [1e3 * told[part] / size for part in PARTS]
        print(f"| {size} | {sum(each):.1f} | {' | '.join(f'{value:.1f}' for value in each)} |", flush=True)


def measured(settings: Any, lines: Sequence[Any], updates: int) -> Mapping[str, float]:
    """Processor seconds an update of each of :data:`PARTS`, the mean of ``updates`` after a first one.

    Args:
        settings: of a training; its ``run.batch`` counts.
        lines: that crops are cut from.
        updates: how many, at least 1.
    """
    import numpy as np
    import torch

    from elocute.diffusion.schedule import NoiseSchedule
    from elocute.face.model import FaceModel
    from elocute.models.diffposetalk.model import DiffPoseTalk
    from elocute.training.core.batches import torch_stream
    from elocute.training.elocute_lite.data import lesson_stats
    from elocute.training.elocute_lite.objective import LipVertices, PhoneticObjective, draw_phonetic
    from elocute.training.elocute_lite.resident import LessonBatches, ResidentLines
    from elocute.training.elocute_lite.training import model_config

    config, cpu, size = model_config(settings), torch.device("cpu"), settings.run.batch
    stats = lesson_stats(lines)
    network = DiffPoseTalk(config)
    schedule = NoiseSchedule.make(config.schedule, config.steps)
    objective = PhoneticObjective(
        network, schedule, stats, LipVertices(FaceModel.load(HEAD)), settings.objective
    )
    lessons = sum(len(line.lessons.styles) for line in lines)
    styles = np.zeros((lessons, settings.denoiser.style_dim), np.float32)
    frames = config.denoiser.motions
    batches = LessonBatches(
        ResidentLines(lines, stats, cpu), styles, frames=frames, batch=size, seed=settings.run.seed
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-5)
    spent = dict.fromkeys(PARTS, 0.0)
    _watch(spent, "encoder", network, "encode_phonetic")
    _watch(spent, "denoiser", network.denoising_net, "remember", "denoise")
    _watch(spent, "losses", objective, "losses")
    for number in range(_WARM + updates):
        if number == _WARM:
            spent.update(dict.fromkeys(PARTS, 0.0))
        with _Watch(spent, "batch"):
            batch = batches.batch(number)
            stream = torch_stream(number, device=cpu)
            draws = draw_phonetic(
                stream, batch=size, frames=frames, width=config.layout.width, steps=config.steps
            )
        optimizer.zero_grad()
        loss = objective(batch, draws)["total"]
        with _Watch(spent, "gradients"):
            loss.backward()
        with _Watch(spent, "optimiser"):
            optimizer.step()
    return {part: seconds / updates for part, seconds in spent.items()}


class _Watch:
    """Adds the processor time of a block to a part."""

    def __init__(self, spent: dict[str, float], part: str) -> None:
        self._spent, self._part, self._since = spent, part, 0.0

    def __enter__(self) -> None:
        self._since = time.process_time()

    def __exit__(self, *_: object) -> None:
        self._spent[self._part] += time.process_time() - self._since


def _watch(spent: dict[str, float], part: str, owner: Any, *names: str) -> None:
    """Count what methods of an object take."""

    def counted(method: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            with _Watch(spent, part):
                return method(*arguments, **named)

        return called

    for name in names:
        setattr(owner, name, counted(getattr(owner, name)))


if __name__ == "__main__":
    raise SystemExit(main())
