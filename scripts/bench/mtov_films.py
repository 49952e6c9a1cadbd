"""Whether a trained MToV reconstructs held-out films, follows the landmarks, and flickers between chunks.

    python -m scripts.bench.mtov_films --model FOLDER --films FILMS [--steps N] [--noised-start S]
        [--sheet SHEET.png]

FILMS is a folder of scripts.train.make_films. Each test film's first frame is the face, its landmarks move
it, its frames above the nose are the pose frames. The opening of the mouth is read from the pixels (a ridge
regression fitted to the training films) and compared with that of the landmarks. What is read in the true
films is the most to be had; a film made from the same landmarks in random order is what following nothing
gives. The last column is how much more the error changes from frame to frame where chunks meet than
elsewhere, with chunks that overlap and with those of the published program and its options. A held frame
shows what of that is the motion of the films at these places: more than that is flicker.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from elocute.bench.film_mouths import MouthReader, correlation, openings
from elocute.bench.film_seams import seam_flicker
from elocute.dataset.store import read_split
from elocute.evaluation.of_images.image_similarity import peak_signal_to_noise
from elocute.progress import Progress
from elocute.renderers.mtov.conditions import as_clip, as_images, draw_landmarks
from elocute.renderers.mtov.folder import LoadedRenderer, load_folder
from elocute.renderers.mtov.sampling import FilmRenderer, FilmSettings, chunk_starts, usual_overlap
from elocute.training.mtov.data import TrainingFilm, load_films

_SHOWN = 12
_HELD_THERE = "first frame, held, at these"
UInt8Array = NDArray[np.uint8]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--films", type=Path, required=True)
    parser.add_argument("--steps", type=int, help="of the whole diffusion (default: the renderer's)")
    parser.add_argument("--noised-start", type=float, help="share of it (default: the renderer's)")
    parser.add_argument("--sheet", type=Path, help="picture of true and made frames, row by row")
    options = parser.parse_args()
    renderer = load_folder(options.model)
    config = renderer.config
    train, test = (
        load_films(options.films, read_split(options.films, split), config, Progress())
        for split in ("train", "test")
    )
    reader = MouthReader.fitted([(film.images, film.points) for film in train])
    made = FilmRenderer(renderer)
    begun = config.noised_start if options.noised_start is None else options.noised_start
    settings = FilmSettings(options.steps or config.sampling_steps, begun, usual_overlap(config))
    plain = replace(settings, overlap=0)
    options_of_chunks = {
        "chunks as published": plain,
        "and the last frame as reference": replace(plain, use_last_as_reference=True),
        **({"and fixed noise": replace(plain, fix_noise=True)} if begun else {}),
    }
    rows: dict[str, list[tuple[float, float, float]]] = {}
    sheet: list[UInt8Array] = []
    for number, film in enumerate(test):
        order = np.random.default_rng(number).permutation(len(film.images))
        held = np.repeat(film.images[:1], len(film.images), axis=0)
        shown = {
            "the true film": film.images,
            "autoencoder alone": _reconstructed(renderer, film.images),
            "renderer": _made(made, film, film.points, settings),
            "renderer, landmarks shuffled": _made(made, film, film.points[order], settings),
            "first frame, held": held,
            "mean picture of the film": _mean(film.images),
            **{name: _made(made, film, film.points, chosen) for name, chosen in options_of_chunks.items()},
            _HELD_THERE: held,
        }
        for name, images in shown.items():
            opened = reader.read(images, film.points)
            # Not of the first frame, which was given.
            error = np.inf if images is film.images else peak_signal_to_noise(images[1:], film.images[1:])
            overlap = 0 if name == _HELD_THERE else options_of_chunks.get(name, settings).overlap
            starts = chunk_starts(len(images), config.autoencoder.frames, overlap)
            flicker = seam_flicker(images, film.images, starts, overlap)
            rows.setdefault(name, []).append((correlation(opened, openings(film.points)), error, flicker))
        some = np.linspace(0, len(film.images) - 1, _SHOWN).astype(int)
        sheet += [np.concatenate(list(images[some]), axis=1) for images in list(shown.values())[:4]]
    print(
        f"{len(test)} held-out films of {len(test[0].images)} frames, {settings.steps} steps, "
        f"noised start {begun:g}"
    )
    print("film                              r of the opening   PSNR dB   flicker at seams")
    for name, values in rows.items():
        r, error, flicker = np.mean(values, axis=0)
        each = ", ".join(f"{value[0]:.2f}" for value in values)
        print(f"{name:32s} {r:7.2f} ({each}) {error:9.2f} {flicker:10.2f}")
    if options.sheet is not None:
        Image.fromarray(np.concatenate(sheet)).save(options.sheet)


def _made(
    renderer: FilmRenderer, film: TrainingFilm, points: NDArray[np.float64], settings: FilmSettings
) -> UInt8Array:
    config, last = renderer.config, len(film.images) - 1

    def of(part: Callable[[NDArray[np.int64]], UInt8Array]) -> Callable[[int, int], UInt8Array]:
        return lambda first, end: part(np.minimum(np.arange(first, end), last))

    dots = of(lambda some: draw_landmarks(points[some], config.autoencoder.size, config.dot_radius))
    frames = renderer.film(film.images[0], dots, of(lambda some: film.poses[some]), last + 1, settings)
    return np.concatenate(list(frames))


def _reconstructed(renderer: LoadedRenderer, images: UInt8Array) -> UInt8Array:
    """Decoded codes of the film's clips, the last of which may be cut off."""
    length = renderer.config.autoencoder.frames
    rows = np.minimum(np.arange(-(-len(images) // length) * length), len(images) - 1)
    with torch.inference_mode():
        parts = [
            as_images(renderer.film.decode(renderer.film.encode(as_clip(images[rows[k : k + length]]))))
            for k in range(0, len(rows), length)
        ]
    return np.concatenate(parts)[: len(images)]


def _mean(images: UInt8Array) -> UInt8Array:
    mean = np.rint(images.mean(axis=0, keepdims=True)).astype(np.uint8)
    return np.repeat(mean, len(images), axis=0)


if __name__ == "__main__":
    main()
