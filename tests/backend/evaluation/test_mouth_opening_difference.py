from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elocute.evaluation.against_truth.paper_metrics import mouth_opening_difference
from tests.backend.training.tiny_world import make_face


def test_hand_computed():
    face = make_face()
    # Landmark 62 is the first corner of face 0 (vertex 0), landmark 66 of face 5 (vertex 5).
    places, weights = face.landmark_faces.copy(), np.zeros_like(face.landmark_weights)
    places[62], places[66] = 0, 5
    weights[:, 0] = 1
    face = replace(face, landmark_faces=places, landmark_weights=weights)
    truth = np.zeros((2, face.vertices, 3), np.float32)
    predicted = truth.copy()
    truth[:, 0, 1] = 2  # open by 2 in both frames
    predicted[:, 0, 1] = (3, 1)  # open by 3, then 1
    predicted[1, 5, 1] = -5  # then by 6
    assert mouth_opening_difference(face, predicted, truth) == pytest.approx((1 + 4) / 2)
    assert mouth_opening_difference(face, truth, truth) == 0


def test_shapes_must_agree():
    face = make_face()
    with pytest.raises(ValueError, match="same shape"):
        mouth_opening_difference(face, np.zeros((2, face.vertices, 3)), np.zeros((3, face.vertices, 3)))
