"""Quaternions against rotation matrices."""

from __future__ import annotations

import numpy as np

from addon.core.clip import rotation
from elocute.face.skinning import rotation_matrices

RNG = np.random.default_rng(5)


def matrices(q):
    w, x, y, z = q.T
    return np.stack(
        [
            np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1),
            np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1),
            np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1),
        ],
        axis=1,
    )


def test_quaternions_are_the_same_rotations():
    vectors = np.concatenate([RNG.normal(0, 2, (50, 3)), np.zeros((1, 3)), np.full((1, 3), 1e-12)])
    np.testing.assert_allclose(
        matrices(rotation.quaternions(vectors)), rotation_matrices(vectors), atol=1e-12
    )


def test_product_is_the_matrix_product():
    a, b = RNG.normal(0, 1, (2, 20, 3))
    both = rotation.multiply(rotation.quaternions(a), rotation.quaternions(b))
    np.testing.assert_allclose(matrices(both), rotation_matrices(a) @ rotation_matrices(b), atol=1e-12)


def test_other_axes():
    vectors = RNG.normal(0, 1, (20, 3))
    axes = rotation_matrices(np.array([0.3, -0.7, 1.1]))
    turned = rotation.in_frame(rotation.quaternions(vectors), axes)
    np.testing.assert_allclose(matrices(turned), axes @ rotation_matrices(vectors) @ axes.T, atol=1e-12)


def test_signs_become_continuous_and_mean_the_same():
    smooth = rotation.quaternions(np.linspace([0, -5, 0.1], [0.2, 5, 0], 40))
    flipped = smooth * RNG.choice([-1.0, 1.0], (40, 1))
    fixed = rotation.continuous(flipped)
    assert (np.sum(fixed[1:] * fixed[:-1], axis=1) > 0).all()
    assert fixed[0, 0] >= 0
    np.testing.assert_allclose(matrices(fixed), matrices(smooth), atol=1e-12)


def test_one_and_no_rotation():
    assert rotation.continuous(np.array([[-1.0, 0, 0, 0]])).tolist() == [[1.0, 0, 0, 0]]
    assert rotation.continuous(np.zeros((0, 4))).shape == (0, 4)
