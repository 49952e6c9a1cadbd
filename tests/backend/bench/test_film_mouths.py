"""Reading how far a mouth is open from made-up pictures of one."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.bench.film_mouths import MouthReader, correlation, mouth_patches, openings

SIZE = 64


def film(seed: int, frames: int = 60):
    """A dark gap of the landmarks' height in a grey face that moves about; noise all over."""
    random = np.random.default_rng(seed)
    gaps = random.uniform(0, 10, frames)
    noses = random.integers(28, 36, (frames, 2))
    points = np.zeros((frames, 68, 2))
    points[:, 33] = noses
    points[:, 62] = noses + np.array([0, 6])
    points[:, 66] = points[:, 62] + np.stack([np.zeros(frames), gaps], axis=1)
    images = random.integers(120, 136, (frames, SIZE, SIZE, 3)).astype(np.uint8)
    for image, (x, y), gap in zip(images, noses, gaps, strict=True):
        image[y + 6 : y + 6 + round(gap), x - 5 : x + 5] = 10
    return images, points


def test_the_opening_is_the_distance_of_the_inner_lips():
    points = np.zeros((2, 68, 2))
    points[1, 66] = (3, 4)
    assert openings(points).tolist() == [0, 5]


def test_a_reader_reads_films_that_it_was_not_fitted_to():
    reader = MouthReader.fitted([film(1), film(2)])
    images, points = film(3)
    read = reader.read(images, points)
    assert correlation(read, openings(points)) > 0.97
    assert np.abs(read - openings(points)).mean() < 1.0
    moved = points.copy()
    moved[:, 34:] = 0  # nothing but the nose tells it where to look
    assert np.array_equal(reader.read(images, moved), read)
    shuffled = images[np.random.default_rng(0).permutation(len(images))]
    assert abs(correlation(reader.read(shuffled, points), openings(points))) < 0.4


def test_patches_stay_within_the_picture():
    points = np.zeros((3, 68, 2))
    points[1, 33] = (500, 500)
    points[2, 33] = (32, 20)
    images = np.arange(3 * SIZE * SIZE * 3, dtype=np.int64).reshape(3, SIZE, SIZE, 3) % 256
    patches = mouth_patches(images.astype(np.uint8), points).reshape(3, 22, 24, 3)
    assert patches[2] == pytest.approx(images[2, 20:42, 20:44] / 255)
    assert patches[1] == pytest.approx(images[1, -22:, -24:] / 255)
    assert patches[0] == pytest.approx(images[0, :22, :24] / 255)


def test_nothing_goes_along_with_what_holds_still():
    assert correlation(np.ones(5), np.arange(5)) == 0
    assert correlation(np.full(999, 0.1, np.float32), np.arange(999, dtype=np.float32)) == 0
    assert correlation(np.arange(5), 3 - 2 * np.arange(5)) == pytest.approx(-1)
