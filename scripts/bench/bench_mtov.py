"""Times MToV's parts and one chunk of a film, in seconds of the processor, and says what memory it takes.

    OMP_NUM_THREADS=1 python -m scripts.bench.bench_mtov [--model FOLDER] [--steps 100] [--device cuda]

Without a model it is the published size with made-up weights, which take the same time. A chunk is 16 frames
of 256 x 256 pixels, 0.64 s; a film's face is encoded once.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from elocute.checkpoint.device import torch_device
from elocute.renderers.mtov.autoencoder import TriplaneAutoencoder
from elocute.renderers.mtov.config import MtovConfig
from elocute.renderers.mtov.folder import LoadedRenderer, load_folder
from elocute.renderers.mtov.sampling import FilmRenderer, FilmSettings
from elocute.renderers.mtov.unet import LatentUnet


class Clock:
    """Adds up what named parts take."""

    def __init__(self) -> None:
        self.spent: dict[str, list[tuple[float, float]]] = {}

    def around(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """``work``, timed."""

        def timed(*given: Any) -> Any:
            began, clock = time.process_time(), time.perf_counter()
            result = work(*given)
            took = time.process_time() - began, time.perf_counter() - clock
            self.spent.setdefault(name, []).append(took)
            return result

        return timed


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="the renderer's folder (default: made-up weights)")
    parser.add_argument("--steps", type=int, help="of the whole diffusion (default: the renderer's)")
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    options = parser.parse_args()
    torch.manual_seed(0)
    renderer = _made_up(MtovConfig()) if options.model is None else load_folder(options.model)
    config, clock = renderer.config, Clock()
    for name, part in (("film", renderer.film), ("landmarks", renderer.landmarks)):
        part.encode = clock.around(f"encode {name}", part.encode)  # type: ignore[method-assign]
    renderer.film.decode = clock.around("decode", renderer.film.decode)  # type: ignore[method-assign]
    renderer.unet.forward = clock.around("denoising step", renderer.unet.forward)  # type: ignore[method-assign]
    size, frames = config.autoencoder.size, config.autoencoder.frames
    images = np.random.default_rng(0).integers(0, 255, (frames, size, size, 3)).astype(np.uint8)
    settings = FilmSettings(options.steps or config.sampling_steps, config.noised_start, overlap=0)
    film = FilmRenderer(renderer, torch_device(options.device))
    began, wall = time.process_time(), time.perf_counter()
    for _ in film.film(images[0], lambda *_: images, lambda *_: images, frames, settings):
        pass
    whole = time.process_time() - began, time.perf_counter() - wall
    weights = sum(
        p.numel() for part in (renderer.film, renderer.landmarks, renderer.unet) for p in part.parameters()
    )
    print(
        f"{frames} frames of {size} x {size} pixels, {weights / 1e6:.1f} M weights, "
        f"{torch.get_num_threads()} threads"
    )
    print("part                  times   processor each   clock each")
    for name, spent in clock.spent.items():
        processor, seconds = (sum(side) / len(spent) for side in zip(*spent, strict=True))
        print(f"{name:20s} {len(spent):6d} {processor:14.2f} s {seconds:10.1f} s")
    face = clock.spent["encode film"][0]
    print(f"a chunk, the face known {whole[0] - face[0]:18.1f} s {whole[1] - face[1]:10.1f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


def _made_up(config: MtovConfig) -> LoadedRenderer:
    film, landmarks = (TriplaneAutoencoder(config.autoencoder) for _ in range(2))
    return LoadedRenderer(config, film, landmarks, LatentUnet(config))


if __name__ == "__main__":
    main()
