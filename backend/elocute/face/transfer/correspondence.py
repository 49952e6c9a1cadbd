"""Points that two heads have in common: landmarks, and vertices of regions that both know.

P points. Landmarks are in iBUG order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from elocute.face.fit.points import SurfacePoints, joined, landmark_points
from elocute.face.model import FaceModel
from elocute.motion.landmark_sets import CONTOUR, LIDS, LIPS

Float64Array = NDArray[np.float64]

REGIONS: Final = ("upper_lip", "lower_lip", "eyelids_l", "eyelids_r", "brows", "upper_face")
_SAMPLES: Final = 40
_NEIGHBOURS: Final = 3
_TOO_FAR: Final = 0.01


@dataclass(frozen=True)
class Correspondence:
    """The same points on two heads: 68 landmarks, then samples of regions.

    Attributes:
        source: on the head that the motion comes from.
        target: on the head that it goes to.
        importance: (P,) weight of each point in a fit.
        regions: names of the regions that were found on both.
    """

    source: SurfacePoints
    target: SurfacePoints
    importance: Float64Array
    regions: tuple[str, ...]


def match_heads(
    source: FaceModel, source_rest: Float64Array, target: FaceModel, target_rest: Float64Array
) -> Correspondence:
    """Find the points of both heads that correspond.

    Vertices of the target's regions are carried to the source by the smooth warp that takes the
    target's landmarks to the source's (thin-plate spline), and stand for the nearest vertices of the
    same region there.

    Args:
        source: a head with landmarks.
        source_rest: (V, 3) its rest positions.
        target: another.
        target_rest: (V', 3) its rest positions.
    """
    ours, theirs = landmark_points(target), landmark_points(source)
    weight = np.ones(68)
    weight[list(CONTOUR)] = 0.1  # the outline depends on how each model's makers placed it
    weight[list(LIPS)] = 2.0
    weight[list(LIDS)] = 2.0
    warp = _warp(ours.at(target_rest), theirs.at(source_rest))
    parts = [(theirs, ours, weight)]
    found = []
    for region in REGIONS:
        if region not in source.masks or region not in target.masks:
            continue
        sampled = _spread(target_rest, target.masks[region])
        there = source.masks[region].astype(np.int64)
        count = min(_NEIGHBOURS, len(there))
        distance, nearest = cKDTree(source_rest[there]).query(warp(target_rest[sampled]), k=count)
        distance, nearest = distance.reshape(-1, count), nearest.reshape(-1, count)
        close = distance[:, 0] < _TOO_FAR
        if not close.any():
            continue
        shares = 1.0 / (distance[close] + 1e-4)
        shares /= shares.sum(axis=1, keepdims=True)
        padding = ((0, 0), (0, 4 - count))
        matched = SurfacePoints(np.pad(there[nearest[close]], padding), np.pad(shares, padding))
        own = SurfacePoints(
            np.pad(sampled[close][:, None], ((0, 0), (0, 3))),
            np.pad(np.ones((close.sum(), 1)), ((0, 0), (0, 3))),
        )
        # A region counts as much as five landmarks, however many samples it has.
        parts.append((matched, own, np.full(int(close.sum()), 5.0 / close.sum())))
        found.append(region)
    return Correspondence(
        joined([part[0] for part in parts]),
        joined([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
        tuple(found),
    )


def _warp(here: Float64Array, there: Float64Array) -> RBFInterpolator:
    """A smooth map that takes points ``here`` to points ``there``; repeated points are averaged."""
    unique, which = np.unique(here.round(5), axis=0, return_inverse=True)
    means = np.zeros_like(unique)
    np.add.at(means, which.ravel(), there)
    means /= np.bincount(which.ravel())[:, None]
    return RBFInterpolator(unique, means, kernel="thin_plate_spline", smoothing=1e-6, degree=1)


def _spread(rest: Float64Array, indices: NDArray[np.int32]) -> NDArray[np.int64]:
    """At most ``_SAMPLES`` vertices of a region, far from each other (farthest point sampling)."""
    candidates = indices.astype(np.int64)
    if len(candidates) <= _SAMPLES:
        return candidates
    points = rest[candidates]
    chosen = [0]
    distance = np.linalg.norm(points - points[0], axis=1)
    while len(chosen) < _SAMPLES:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return candidates[chosen]
