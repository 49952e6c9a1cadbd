"""Films with their landmarks, and batches of clips of them.

A dataset is a folder of films ``NAME.mp4`` beside landmark tracks ``NAME.npz`` in pixels of the film, one
frame for each of the film's; lists ``<split>.txt`` name the films of a split; without lists all are meant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elocute.dataset.store import read_split
from elocute.errors import InputError
from elocute.motion.landmark_track import LandmarkTrack
from elocute.progress import Progress
from elocute.renderers.film_reader import read_film
from elocute.renderers.mtov.conditions import (
    UInt8Array,
    as_clip,
    draw_landmarks,
    hide_below_nose,
    in_crop,
    squared,
)
from elocute.renderers.mtov.config import MtovConfig
from elocute.renderers.mtov.driving import picture_points
from elocute.training.core.batches import Shuffled, random_stream

_CROP: Final = 2
_CODE: Final = "bad_dataset"


@dataclass(frozen=True)
class TrainingFilm:
    """A film as the renderer sees it.

    Attributes:
        name: of its files.
        images: (T, S, S, 3).
        poses: (T, S, S, 3) without what lies below the nose.
        points: (T, 68, 2) landmarks in pixels of ``images``.
    """

    name: str
    images: UInt8Array
    poses: UInt8Array
    points: NDArray[np.float64]


@dataclass(frozen=True)
class Clips:
    """B clips (B, 3, T, S, S) in -1..1 each.

    Attributes:
        images: of the films.
        dots: drawn landmarks.
        poses: pose frames.
        faces: the first frame of the film, repeated.
        places: name of each clip's film, and its first frame there.
    """

    images: Tensor
    dots: Tensor
    poses: Tensor
    faces: Tensor
    places: tuple[tuple[str, int], ...] = ()

    def map(self, change: Callable[[Tensor], Tensor]) -> Clips:
        """``change`` of every tensor; the places stay."""
        sides = (self.images, self.dots, self.poses, self.faces)
        images, dots, poses, faces = (change(side) for side in sides)
        return Clips(images, dots, poses, faces, self.places)


def film_names(folder: Path, split: str) -> list[str]:
    """Names of a split, or of all films where the folder has no lists at all.

    Raises:
        InputError: there is no such list, or there are no films.
    """
    if any(folder.glob("*.txt")):
        return read_split(folder, split)
    names = sorted(path.stem for path in folder.glob("*.mp4"))
    if not names:
        raise InputError(
            f"There are no films in {folder}.", "Give a folder of NAME.mp4 and NAME.npz.", code="missing_file"
        )
    return names


def load_films(
    folder: Path, names: Sequence[str], config: MtovConfig, progress: Progress
) -> list[TrainingFilm]:
    """Read films and landmarks; stage ``features``.

    Raises:
        InputError: a file is missing or damaged, or a film is shorter than a clip or than its landmarks.
        Cancelled: ``progress`` was cancelled.
    """
    films = []
    for number, name in enumerate(names):
        progress.report("features", number / len(names), name)
        films.append(_load(folder, name, config))
    progress.report("features", 1.0)
    return films


def _load(folder: Path, name: str, config: MtovConfig) -> TrainingFilm:
    film, track = read_film(folder / f"{name}.mp4"), LandmarkTrack.load(folder / f"{name}.npz")
    if track.unit != "pixel" or track.frames != film.frames or film.frames < config.autoencoder.frames:
        raise InputError(
            f"The film {name} has {film.frames} frames and {track.frames} of landmarks in {track.unit}: as "
            f"many of landmarks in pixels are needed, and at least {config.autoencoder.frames}.",
            code=_CODE,
        )
    size = config.autoencoder.size
    height, width = film.images.shape[1:3]
    points = picture_points(track, height)
    return TrainingFilm(
        name,
        squared(film.images, size),
        squared(hide_below_nose(film.images, points), size),
        in_crop(points, height, width, size),
    )


class FilmBatches:
    """Random clips, each film once a round; what batch k holds depends on the seed and k alone.

    Args:
        films: at least one.
        config: of the renderer.
        batch: clips a batch.
        seed: of order and places.
        every: clips begin at each so-many-th frame of a film.
    """

    def __init__(
        self, films: Sequence[TrainingFilm], config: MtovConfig, batch: int, seed: int, every: int = 1
    ) -> None:
        self._films, self._config, self._every = films, config, every
        self._order = Shuffled([str(number) for number in range(len(films))], seed)
        self._size, self._seed = batch, seed

    def batch(self, number: int) -> Clips:
        """Batch ``number``."""
        places = [self._place(index) for index in range(number * self._size, (number + 1) * self._size)]
        parts = [self._sample(film, start) for film, start in places]
        images, dots, poses, faces = (torch.cat(side) for side in zip(*parts, strict=True))
        named = tuple((film.name, start) for film, start in places)
        return Clips(images, dots, poses, faces, named)

    def _place(self, index: int) -> tuple[TrainingFilm, int]:
        film = self._films[int(self._order[index])]
        spare = len(film.images) - self._config.autoencoder.frames
        number = int(random_stream(self._seed, _CROP, index).integers(0, spare // self._every + 1))
        return film, self._every * number

    def _sample(self, film: TrainingFilm, start: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        sizes = self._config.autoencoder
        part = slice(start, start + sizes.frames)
        dots = draw_landmarks(film.points[part], sizes.size, self._config.dot_radius)
        still = np.repeat(film.images[:1], sizes.frames, axis=0)
        return as_clip(film.images[part]), as_clip(dots), as_clip(film.poses[part]), as_clip(still)
