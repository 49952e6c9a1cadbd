"""A made-up morphable model: the stand-in head with 64 coefficients that move jaw and face alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from elocute.face.model import FaceModel
from elocute.face.skinning import pose_vertices

STAND_IN = Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz"
COEFFICIENTS = 64
OPEN = 0.25
"""Radians of the jaw that the first coefficient stands for."""


def morphable(seed: int = 0) -> FaceModel:
    """A head in the basis ``deep3d``: coefficient 0 opens the jaw, the next ones are the stand-in's
    expressions, the others mixtures of them."""
    head = FaceModel.load(STAND_IN)
    count = len(head.expression_names)
    jaw = np.array([[OPEN, 0.0, 0.0]], np.float32)
    still = np.zeros((1, 3), np.float32)
    opened = pose_vertices(head, np.zeros((1, count), np.float32), jaw, still)[0] - head.v_template
    mixed = head.expression_dirs @ np.random.default_rng(seed).normal(0, 0.2, (count, COEFFICIENTS))
    directions = np.concatenate([opened[..., None], head.expression_dirs, mixed], axis=2)[..., :COEFFICIENTS]
    return replace(
        head,
        basis="deep3d",
        expression_dirs=directions.astype(np.float32),
        expression_names=tuple(f"coefficient {number}" for number in range(COEFFICIENTS)),
        joint_controls={},
    )
