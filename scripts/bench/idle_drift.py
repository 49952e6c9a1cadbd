"""Whether idle motion wanders: the head over minutes, as a model makes it.

    python -m scripts.bench.idle_drift --seconds 300 --takes 3 --set steps=50 rules FOLDER

Drift is the shift of the last minute's mean in deviations of the first; the others are the spread of the
means of all minutes and that within a minute, over the head's three axes together.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scripts.terminal import exit_code

_MINUTE: Final = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+", metavar="MODEL", help="ids or folders of models")
    parser.add_argument("--seconds", type=float, default=300.0, help="of each take (default 300)")
    parser.add_argument("--takes", type=int, default=3, help="takes of each (default 3)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER", help="of learned models")
    parser.add_argument(
        "--choose", action="append", default=[], metavar="NAME=WORD", help="of learned models"
    )
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Print the table."""
    from elocute.audio.silence import silent_speech
    from elocute.clips_in_the_making import make_clips
    from elocute.generator import GenerationSettings
    from elocute.progress import Progress
    from scripts.bench.named_models import named_model

    numbers = {name: float(value) for name, _, value in (pair.partition("=") for pair in options.set)}
    words = dict(pair.split("=", 1) for pair in options.choose)
    print("| model | drift of each take | minutes (°) | within a minute (°) |\n| --- | --- | ---: | ---: |")
    for name in options.models:
        model = named_model(name)
        known = model.info
        settings = GenerationSettings(
            options={key: value for key, value in numbers.items() if key in known.options},
            choices={key: value for key, value in words.items() if key in known.choices},
            seed=1,
            takes=options.takes,
            lip_contacts=False,
        )
        clips = make_clips(model, silent_speech(options.seconds), settings, Progress())
        found = [wandering(np.degrees(clip.head.astype(np.float64)), clip.fps) for clip in clips]
        drifts, minutes, within = zip(*found, strict=True)
        told = ", ".join(f"{each:.2f}" for each in drifts)
        print(f"| {name} | {told} | {np.mean(minutes):.1f} | {np.mean(within):.1f} |", flush=True)


def wandering(head: NDArray[np.float64], fps: float) -> tuple[float, float, float]:
    """Drift, spread of the minutes' means, and spread within a minute, of (T, 3) degrees.

    Args:
        head: two minutes or more.
        fps: frames a second.
    """
    frames = round(_MINUTE * fps)
    parts = head[: len(head) // frames * frames].reshape(-1, frames, 3)
    means, spreads = parts.mean(axis=1), np.sqrt(parts.var(axis=1).sum(axis=1))
    return (
        float(np.linalg.norm(means[-1] - means[0]) / max(spreads[0], 1e-9)),
        float(np.sqrt(means.var(axis=0).sum())),
        float(spreads.mean()),
    )


if __name__ == "__main__":
    raise SystemExit(main())
