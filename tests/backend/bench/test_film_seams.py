"""Flicker at seams: what the renderer adds between frames, not how the face moves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from elocute.bench.film_seams import seam_flicker


def film(levels):
    return np.array(levels, float)[:, None, None, None] * np.ones((1, 2, 2, 3))


def test_a_jump_at_the_seam_counts_against_the_steps_elsewhere():
    true = film([0, 50, 0, 90, 0, 10])  # whatever it does
    error = film([0, 1, 2, 8, 9, 10])  # steps 1, 1, 6, 1, 1
    assert seam_flicker(true + error, true, (0, 3), 0) == pytest.approx(6)
    assert seam_flicker(true + error, true, (0, 2), 0) == pytest.approx(1 / 2.25)


def test_of_the_shared_frames_the_worst_step_counts():
    true = film([0] * 7)
    error = film([0, 1, 3, 8, 11, 12, 13])  # steps 1, 2, 5, 3, 1, 1; the chunk from 2 shares 2 frames
    assert seam_flicker(error, true, (0, 2), 2) == pytest.approx(5 / 1)
    assert seam_flicker(error, true, (0, 2), 1) == pytest.approx(5 / 1.5)


def test_places_are_averaged_over_the_chunks():
    true = film([0] * 8)
    error = film([0, 1, 2, 7, 8, 9, 12, 13])  # seams at 3 and 6: steps 5 and 3
    assert seam_flicker(error, true, (0, 3, 6), 0) == pytest.approx(4)


def test_without_seams_or_changes_there_is_nothing_to_tell():
    true = film([1, 2, 3, 4])
    assert math.isnan(seam_flicker(true, true, (0, 2), 0))
    assert math.isnan(seam_flicker(true * 2, true, (0,), 0))
    assert math.isnan(seam_flicker(film([0, 1]), film([0, 0]), (0, 1), 0))
