from __future__ import annotations

from pathlib import Path

import numpy as np

from elocute.evaluation.mouth_signals import mouth_signals
from elocute.face.model import FaceModel
from elocute.face.part import face_part
from elocute.face.skinning import landmarks, pose_vertices
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_NAMES
from tests.backend.training.tiny_world import EXPRESSIONS, SHAPES, make_face

HEAD = Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz"


def test_a_part_moves_as_on_the_whole_face():
    face = make_face()
    part = face_part(face, ["lips", "no such region"])
    rng = np.random.default_rng(1)
    motion = [rng.standard_normal((5, EXPRESSIONS)), *(0.2 * rng.standard_normal((2, 5, 3)))]
    shape = rng.standard_normal(SHAPES)
    whole = pose_vertices(face, *motion, shape=shape)
    small = pose_vertices(part, *motion, shape=shape)
    assert set(part.masks) == {"lips"}
    np.testing.assert_allclose(small[:, part.masks["lips"]], whole[:, face.masks["lips"]], atol=1e-5)
    np.testing.assert_allclose(landmarks(part, small), landmarks(face, whole), atol=1e-5)


def test_the_mouth_of_the_head_measures_the_same_on_a_part():
    head = FaceModel.load(HEAD)
    part = face_part(head, ["lips", "lower_lip", "teeth", "lip_contact_upper", "lip_contact_lower"])
    assert part.vertices < head.vertices / 2
    rng = np.random.default_rng(2)
    jaw = np.zeros((4, 3))
    jaw[:, 0] = 0.1
    clip = MotionClip(25.0, BASIS, 0.3 * rng.uniform(size=(4, len(EXPRESSION_NAMES))), jaw, np.zeros((4, 3)))
    whole, small = mouth_signals(clip, head), mouth_signals(clip, part)
    np.testing.assert_allclose(small.opening, whole.opening, atol=1e-6)
    np.testing.assert_allclose(small.rounding, whole.rounding, atol=1e-6)
    np.testing.assert_allclose(small.lip_to_teeth, whole.lip_to_teeth, atol=1e-5)
