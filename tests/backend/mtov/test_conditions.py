"""What the renderer is shown."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.renderers.mtov.conditions import (
    as_clip,
    as_images,
    draw_landmarks,
    hide_below_nose,
    in_crop,
    squared,
)


def test_a_dot_of_three_pixels_is_drawn_row_by_row():
    image = draw_landmarks(np.array([[[10.9, 20.2]]]), 32, 3)[0, :, :, 0]
    assert sorted(np.unique(image)) == [0, 255]
    widths = (image > 0).sum(1)
    assert widths[17:24].tolist() == [3, 5, 7, 7, 7, 5, 3]
    assert widths.sum() == 37
    assert (image[20, 7:14] == 255).all()  # cut to whole pixels, not rounded


def test_dots_outside_and_at_the_border():
    image = draw_landmarks(np.array([[[0.0, 0.0], [-50.0, 5.0], [1e12, -1e12]]]), 32, 3)
    assert (image[0, :, :, 0] > 0).sum() == 13  # the quarter that is inside
    assert draw_landmarks(np.full((2, 68, 2), 99.0), 32, 3).max() == 0


def test_frames_are_drawn_apart():
    images = draw_landmarks(np.array([[[5.0, 5.0]], [[25.0, 25.0]]]), 32, 1)
    assert images[0, 5, 5].tolist() == images[1, 25, 25].tolist() == [255, 255, 255]
    assert images[0, 25, 25].max() == images[1, 5, 5].max() == 0


def test_what_lies_below_the_nose_is_hidden():
    images = np.full((2, 40, 30, 3), 9, np.uint8)
    points = np.zeros((2, 68, 2))
    points[:, 33] = [[10, 12.7], [10, 300.0]]
    hidden = hide_below_nose(images, points)
    assert hidden[0, 11].min() == 9
    assert hidden[0, 12:].max() == 0
    assert hidden[1].min() == 9
    assert images.min() == 9  # the original stays


def test_the_middle_square_is_resized_and_points_follow():
    image = np.zeros((1, 60, 100, 3), np.uint8)
    image[0, 30:34, 50:54] = 255
    small = squared(image, 30)
    rows, columns = np.nonzero(small[0, :, :, 0] > 128)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (15, 16, 15, 16)
    placed = in_crop(np.array([[50.0, 30.0], [20.0, 0.0]]), 60, 100, 30)
    assert placed == pytest.approx(np.array([[15.0, 15.0], [0.0, 0.0]]))


def test_images_to_numbers_and_back():
    images = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)
    clip = as_clip(images)
    assert clip.shape == (1, 3, 3, 8, 8)
    assert float(clip.min()) >= -1
    assert float(clip.max()) <= 1
    assert float(clip[0, 2, 1, 4, 5]) == pytest.approx(images[1, 4, 5, 2] / 127.5 - 1)
    assert np.abs(as_images(clip).astype(int) - images).max() <= 1
