"""Measure the DiffPoseTalk sampler: the plain 500-step loop against the fast path.

    python -m scripts.bench.bench_sampler                      # published size, random weights, everything
    python -m scripts.bench.bench_sampler --plain-steps 40     # time 40 steps of the plain loop and scale
    python -m scripts.bench.bench_sampler --model DIR          # a trained model instead of random weights
    python -m scripts.bench.bench_sampler --lengths 4 40 400   # how time and memory grow with the audio

See :mod:`elocute.bench.sampler_speed` for what is compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from elocute.models.diffposetalk.config import FAST_STEPS


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description="Measure the DiffPoseTalk sampler.")
    parser.add_argument("--model", type=Path, help="checkpoint folder (default: random weights)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--plain-steps", type=int, help="time only so many steps of the plain loop")
    parser.add_argument("--steps", type=int, nargs="+", default=[8, 10, FAST_STEPS, 15, 20])
    parser.add_argument("--lengths", type=float, nargs="+", help="measure growth at these lengths instead")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    import torch

    from elocute.bench.sampler_speed import compare, grow, published_model
    from elocute.models.diffposetalk.folder import load_folder

    torch.set_num_threads(options.threads)
    model = published_model() if options.model is None else load_folder(options.model)
    if options.lengths:
        facts: object = grow(model, sorted(options.lengths), say)
    else:
        facts = compare(model, options.plain_steps, options.steps, say)
    if options.json is not None:
        options.json.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
