"""What presets do to single expressions, beside their teacher's, and how far that depends on the seed.

    python -m scripts.bench.preset_faces --styles cheerful,newsreader,calm \\
        --expressions browInnerUp,browOuterUpLeft,eyeWideLeft,mouthSmileLeft

Means over all frames of all lines, with their standard deviation over the seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.bench.data import SPEECH
from scripts.terminal import exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", default=SPEECH, help="recordings with phones")
    parser.add_argument("--models", default="elocute-lite,rules", help="ids or folders, with commas")
    parser.add_argument("--styles", required=True, help="presets, with commas")
    parser.add_argument("--expressions", required=True, help="names of expressions, with commas")
    parser.add_argument("--seeds", type=int, default=8, help="takes of each line (default 8)")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Print a row for each style and model."""
    from elocute.bench.recordings import recordings_in
    from elocute.clips_in_the_making import make_clips
    from elocute.errors import SettingsError
    from elocute.generator import GenerationSettings
    from elocute.motion.head1_basis import EXPRESSION_INDEX
    from elocute.progress import Progress
    from scripts.bench.named_models import named_model

    names = options.expressions.split(",")
    if unknown := [name for name in names if name not in EXPRESSION_INDEX]:
        raise SettingsError(f"There is no expression {unknown[0]}.", f"Use {', '.join(EXPRESSION_INDEX)}.")
    columns = [EXPRESSION_INDEX[name] for name in names]
    spoken = [one.heard("transcript") for folder in options.folders for one in recordings_in(folder)]
    models = {name: named_model(name) for name in options.models.split(",")}
    print(f"{len(spoken)} lines, {options.seeds} seeds\n")
    print(f"| style | model | {' | '.join(names)} |\n| --- | --- |{' ---: |' * len(names)}")
    for style in options.styles.split(","):
        settings = GenerationSettings(style=style, takes=options.seeds)
        for name, model in models.items():
            lines = [make_clips(model, speech, settings, Progress()) for speech in spoken]
            means, spread = over_seeds([[clip.expression[:, columns] for clip in line] for line in lines])
            cells = [f"{mean:.2f} ± {apart:.2f}" for mean, apart in zip(means, spread, strict=True)]
            print(f"| {style} | {name} | {' | '.join(cells)} |", flush=True)


def over_seeds(
    lines: Sequence[Sequence[NDArray[np.floating]]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(E,) mean over all frames, and (E,) how far the seeds' own means are spread.

    Args:
        lines: of each line the (T, E) numbers of every seed.
    """
    seeds = [np.concatenate(takes).astype(np.float64).mean(axis=0) for takes in zip(*lines, strict=True)]
    return np.mean(seeds, axis=0), np.std(seeds, axis=0)


if __name__ == "__main__":
    raise SystemExit(main())
