"""Times AToM against the plain loop of the published program, and compares fewer steps and two seeds.

    OMP_NUM_THREADS=1 python -m scripts.bench.bench_atom [--model FOLDER] [--steps 50] [--bfloat16]
        [--device cuda [--compile]]

Without a model it is the published size with made-up weights, whose distances mean nothing. Seconds are the
processor's, in this process, and the clock's, which count on a GPU; distances are of the mouth's landmarks
from those of all steps, in mm. The sound is noise for made-up weights, for a model with plain features it is
a line of the repository's.
"""

from __future__ import annotations

import argparse
import resource
from pathlib import Path
from typing import Any, Final

import torch

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import load_audio
from elocute.bench.atom_speed import compiled, measured, mouth_distance
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
    parser.add_argument("--compile", action="store_true", help="compile the denoising step; on a GPU")
    options = parser.parse_args()
    device = torch_device(options.device)
    torch.manual_seed(0)
    if options.model is None:
        config: Any = AtomConfig()
        network: Any = Atom(config.network).eval()
        features = torch.randn(config.network.audio_frames, config.network.audio_width)
    else:
        model = load_folder(options.model)
        config, network = model.config, model.network
        speech = analyse_speech(load_audio(SOUNDS[0]))
        features = PlainSpeech(config.speech_encoder).encode(
            Heard(phonetic=phonetic_input(speech)), Progress()
        )[: config.network.audio_frames]
    steps = [max(options.steps * share // STEPS[0], 1) for share in STEPS]
    network = network.to(device)
    network = compiled(network) if options.compile else network
    found = measured(network, config, features, steps, ["bfloat16"] if options.bfloat16 else [])
    seconds = config.network.frames / 25
    print(f"{config.network.frames} frames ({seconds:.2f} s), {torch.get_num_threads()} threads")
    print("sampled                        processor   clock   times plain   mm from all steps")
    reference = found[1].movement
    for one in found:
        print(
            f"{one.name:30s} {one.seconds:8.2f} s {one.wall:6.1f} s {found[0].seconds / one.seconds:9.1f} "
            f"{mouth_distance(one.movement, reference):15.2f}"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory {peak:.2f} GB")


if __name__ == "__main__":
    main()
