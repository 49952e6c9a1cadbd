"""Landmark distances by hand."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.evaluation.of_landmarks.landmark_distances import (
    aligned_landmark_distances,
    lip_distance_difference,
    mouth_landmark_distance,
)
from elocute.evaluation.of_landmarks.similarity import similarity_aligned

RANDOM = np.random.default_rng(5)
FACE = RANDOM.normal(0, 40, (3, 68, 2)) + 128


def moved(points, angle=0.4, scale=1.7, shift=(9, -30)):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T + shift


def test_the_mouth_alone_counts():
    other = FACE.copy()
    other[:, :48] += 50
    assert mouth_landmark_distance(other, FACE) == 0
    other[:, 48:] += (3, 4)
    assert mouth_landmark_distance(other, FACE) == pytest.approx(5)
    assert mouth_landmark_distance(other, FACE, centred=True) == pytest.approx(0)
    one = FACE.copy()
    one[1, 60] += (6, 8)
    assert mouth_landmark_distance(one, FACE) == pytest.approx(10 / (3 * 20))


def test_no_similarity_changes_the_aligned_distances():
    other = FACE + RANDOM.normal(0, 2, FACE.shape)
    expected = aligned_landmark_distances(other, FACE)
    assert aligned_landmark_distances(moved(other), FACE) == pytest.approx(expected)
    assert aligned_landmark_distances(moved(FACE), FACE) == pytest.approx((0, 0), abs=1e-9)
    assert 0.5 < expected[0] < 4


def test_each_frame_is_aligned_by_itself():
    apart = np.stack(
        [moved(frame, angle, scale) for frame, angle, scale in zip(FACE, (0, 1, 3), (1, 2, 0.3), strict=True)]
    )
    assert aligned_landmark_distances(apart, FACE) == pytest.approx((0, 0), abs=1e-9)


def test_a_mirrored_face_is_not_turned_into_the_true_one():
    mirrored = FACE * (-1, 1)
    assert aligned_landmark_distances(mirrored, FACE)[0] > 10


def test_a_shifted_track_must_fail():
    """The control: the right motion a second late is far from the truth."""
    times = np.arange(100)
    track = np.repeat(FACE[:1], 100, axis=0)
    track[:, 57, 1] += 10 * np.sin(times / 3)
    late = np.roll(track, 9, axis=0)
    assert aligned_landmark_distances(late, track)[1] > 5 * aligned_landmark_distances(track + 0.01, track)[1]


def test_alignment_by_hand():
    square = np.array([[0.0, 0.0], [1, 0], [1, 1], [0, 1]])
    target = 2 * square @ np.array([[0.0, 1], [-1, 0]]) + (5, 5)
    assert similarity_aligned(square, target) == pytest.approx(target)
    assert similarity_aligned(np.zeros((4, 2)), target) == pytest.approx(
        np.repeat(target.mean(0)[None], 4, 0)
    )
    solid = RANDOM.normal(size=(10, 3))
    assert similarity_aligned(solid * 3 + 1, solid) == pytest.approx(solid)


def test_distance_of_the_lips():
    still = np.repeat(FACE[:1], 2, axis=0)
    still[:, 62], still[:, 66] = (100, 100), (100, 103)
    still[:, 36], still[:, 45] = (50, 50), (90, 80)
    wide = still.copy()
    wide[1, 66] = (104, 100)
    assert lip_distance_difference(wide, still) == pytest.approx(0.5)
    assert lip_distance_difference(wide, still, by_eyes=True) == pytest.approx(0.5 / 50)
    with pytest.raises(ValueError, match="one place"):
        lip_distance_difference(np.zeros((2, 68, 2)), np.zeros((2, 68, 2)), by_eyes=True)


@pytest.mark.parametrize("shape", [(3, 68), (2, 68, 2), (3, 67, 2), (0, 68, 2)])
@pytest.mark.parametrize(
    "measure", [mouth_landmark_distance, aligned_landmark_distances, lip_distance_difference]
)
def test_tracks_that_do_not_fit(measure, shape):
    with pytest.raises(ValueError, match="shapes"):
        measure(np.zeros(shape), FACE)
