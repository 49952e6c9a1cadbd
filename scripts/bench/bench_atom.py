"""Times AToM against the plain loop of the published program, and compares fewer steps and seeds.

    OMP_NUM_THREADS=1 python -m scripts.bench.bench_atom [--model FOLDER] [--steps 50] [--bfloat16]
        [--compile] [--device cuda]

Without a model it is the published size with made-up weights. Seconds are the processor's, in this process,
and the clock's, which count on a GPU. With a model whose speech features are plain, distances of the mouth's
landmarks follow, means over three lines of the repository and three seeds: of fewer steps from all steps
without randomness, from the same noise, and of two seeds.
"""

from __future__ import annotations

import argparse
import resource
from pathlib import Path
from typing import Any, Final

import torch

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import load_audio
from elocute.bench.atom_speed import SEEDS, distances, measured
from elocute.checkpoint.arithmetic import Arithmetic
from elocute.checkpoint.device import torch_device
from elocute.models.atom.config import AtomConfig
from elocute.models.atom.folder import load_folder
from elocute.models.atom.network import Atom
from elocute.progress import Progress
from elocute.speech_encoders.encoder import Heard
from elocute.speech_encoders.phonetic_input import phonetic_input
from elocute.speech_encoders.plain import PlainSpeech
from scripts.bench.data import SOUNDS

STEPS: Final = (50, 20, 10, 8, 5)
LINES: Final = 3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="folder of a trained model with a plain speech encoder")
    parser.add_argument(
        "--steps", type=int, default=50, help="of the loop and of ours (default 50), then shares of that"
    )
    parser.add_argument("--bfloat16", action="store_true", help="try bfloat16, too")
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    parser.add_argument("--compile", action="store_true", help="try it compiled, too")
    options = parser.parse_args()
    device = torch_device(options.device)
    torch.manual_seed(0)
    if options.model is None:
        config: Any = AtomConfig()
        network: Any = Atom(config.network).eval()
        lines = [torch.randn(config.network.audio_frames, config.network.audio_width)]
    else:
        model = load_folder(options.model)
        config, network = model.config, model.network
        lines = [_features(path, config) for path in SOUNDS[:LINES]]
    steps = [max(options.steps * share // STEPS[0], 1) for share in STEPS]
    network = network.to(device)
    others = [Arithmetic("bfloat16")] if options.bfloat16 else []
    if options.compile:
        others += [Arithmetic(one.precision, compiled=True) for one in (Arithmetic(), *others)]
    found = measured(network, config, lines[0], steps, others)
    seconds = config.network.frames / 25
    print(f"{config.network.frames} frames ({seconds:.2f} s), {torch.get_num_threads()} threads")
    print("sampled                        processor   clock   times plain")
    for one in found:
        print(f"{one.name:30s} {one.seconds:8.2f} s {one.wall:6.1f} s {found[0].seconds / one.seconds:9.1f}")
    if options.model is not None:
        _print_distances(network, config, lines, steps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory {peak:.2f} GB")


def _features(path: Path, config: AtomConfig) -> torch.Tensor:
    heard = Heard(phonetic=phonetic_input(analyse_speech(load_audio(path))))
    encoded = PlainSpeech(config.speech_encoder).encode(heard, Progress())
    return encoded[: config.network.audio_frames]


def _print_distances(network: Atom, config: AtomConfig, lines: list[torch.Tensor], steps: list[int]) -> None:
    apart = distances(network, config, lines, steps)
    print(f"{len(lines)} lines, {len(SEEDS)} seeds                                  mouth, mm   of two seeds")
    rows = {
        f"two seeds, {steps[0]} steps as published": apart.seeds,
        f"two seeds, {steps[0]} steps without randomness": apart.seeds_without_randomness,
        f"{steps[0]} steps as published": apart.randomness,
        **{f"{count} steps": found for count, found in apart.fewer.items()},
    }
    for name, found in rows.items():
        print(f"{name:44s} {found:12.4f} {found / apart.seeds_without_randomness:12.2f}")


if __name__ == "__main__":
    main()
