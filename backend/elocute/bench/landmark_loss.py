"""What is lost when a clip is fitted back from its own landmarks, exact or with known errors.

The landmarks are made by our own skinning, so this says how exactly the fit inverts that and how it bears
noise, other proportions and a missing dimension; it says nothing about a landmark detector.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.bench.transfer_loss import head_landmarks
from elocute.face.fit.track import fit_track
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.face.skinning import rotation_matrices
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_sets import BROWS, LIDS, LIPS
from elocute.motion.landmark_track import LandmarkTrack

FloatArray = NDArray[np.floating]

_NOISE_MM: Final = 0.5
_PIXELS: Final = 1500.0
_OTHER_FACE: Final = 0.85 * np.array([0.9, 1.12, 1.05])
_LATE: Final = 5


def there_and_back(clip: MotionClip, own: FaceModel, other: FaceModel) -> Iterator[str]:
    """Lines of a table: fits to the clip's own head, two baselines that must fail, and fits to another head.

    Args:
        clip: a clip in the basis of ``own``.
        own: its head.
        other: another head with landmarks.

    Raises:
        InputError: a head has no landmarks, or a fit is bad.
    """
    before = head_landmarks(own, clip)
    yield f"{clip.frames} frames; mm, with the head held still"
    yield f"{'track':26} {'lips':>6} {'p95':>6} {'lids':>6} {'brows':>6} {'opening':>7} {'corr.':>7} {'s':>6}"
    for name, (track, neutral) in _tracks(clip, own).items():
        start = time.perf_counter()
        fitted, _ = fit_track(track, own, neutral=neutral)
        yield _row(name, before, head_landmarks(own, fitted), time.perf_counter() - start)
    rest = replace(clip, expression=0 * clip.expression, jaw=0 * clip.jaw)
    yield _row("face at rest", before, head_landmarks(own, rest), 0.0)
    for width in (3, 2):
        points = clip_landmarks(clip, own)[..., :width]
        start = time.perf_counter()
        fitted, report = fit_track(LandmarkTrack(points, clip.fps, "metre"), other)
        seconds = time.perf_counter() - start
        alike = _agreement(before, head_landmarks(other, fitted))
        yield (
            f"{width}-D to {other.basis}: corr. {alike:.3f}, lips off by {report.mean_mm['lips']:.2f} mm, "
            f"{100 * report.lost_share:.0f} % of the motion lost, {seconds:.1f} s"
        )


def _tracks(clip: MotionClip, face: FaceModel) -> dict[str, tuple[LandmarkTrack, range | None]]:
    """Name -> landmarks of the clip, and its neutral frames."""
    rng = np.random.default_rng(0)
    points = clip_landmarks(clip, face).astype(np.float64)
    tremor = 0.001 * _NOISE_MM * rng.standard_normal(points.shape)
    turn = rotation_matrices(clip.head)
    if clip.neck is not None:
        turn = turn @ rotation_matrices(clip.neck)
    other = np.einsum("tab,tkb->tka", turn, head_landmarks(face, clip) / 1000 * _OTHER_FACE)

    def track(shown: FloatArray, unit: str = "metre") -> LandmarkTrack:
        return LandmarkTrack(shown, clip.fps, unit)

    return {
        "own face": (track(points), None),
        "first frame neutral": (track(points), range(1)),
        f"noise {_NOISE_MM} mm": (track(points + tremor), None),
        "another face, cm": (track(100 * other, "centimetre"), range(1)),
        "2-D": (track(_PIXELS * points[..., :2], "pixel"), None),
        "2-D, another face, noise": (track(_PIXELS * (other + tremor)[..., :2], "pixel"), range(3)),
        f"{_LATE} frames late": (track(np.roll(points, _LATE, axis=0)), None),
    }


def _opening(points: FloatArray) -> FloatArray:
    """(T,) gap between the lips at mid mouth, upwards."""
    gap: FloatArray = points[:, 62, 1] - points[:, 66, 1]
    return gap


def _agreement(before: FloatArray, after: FloatArray) -> float:
    """Correlation of the lips' opening; 0 where nothing moves."""
    here, there = _opening(before), _opening(after)
    return float(np.corrcoef(here, there)[0, 1]) if min(here.std(), there.std()) > 1e-3 else 0.0


def _row(name: str, before: FloatArray, after: FloatArray, seconds: float) -> str:
    """Of (T, 68, 3) landmarks in mm with the head held still."""
    distance = np.linalg.norm(after - before, axis=-1)
    lips, lids, brows = (distance[:, list(group)] for group in (LIPS, LIDS, BROWS))
    gap = np.abs(_opening(after) - _opening(before)).mean()
    return (
        f"{name:26} {lips.mean():6.2f} {np.percentile(lips, 95):6.2f} {lids.mean():6.2f} {brows.mean():6.2f} "
        f"{gap:7.2f} {_agreement(before, after):7.3f} {seconds:6.1f}"
    )
