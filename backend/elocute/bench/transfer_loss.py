"""Error of retargeting a clip to another head and back."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks, pose_vertices
from elocute.face.transfer import TransferReport, transfer_clip
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_sets import BROWS, LID_PAIRS, LIDS, LIP_PAIRS, LIPS

FloatArray = NDArray[np.floating]


def there_and_back(clip: MotionClip, own: FaceModel, other: FaceModel) -> Iterator[str]:
    """Lines that say what each leg costs and what the round trip changed.

    Args:
        clip: a clip in the basis of ``own``.
        own: its head.
        other: the head it is carried to.

    Raises:
        InputError: a head has no landmarks, or the clip does not fit.
    """
    start = time.perf_counter()
    there, report = transfer_clip(clip, own, other)
    yield from _leg(
        f"{own.basis} to {other.basis}, {clip.frames} frames", report, time.perf_counter() - start
    )
    start = time.perf_counter()
    back, report = transfer_clip(there, other, own)
    yield from _leg("and back", report, time.perf_counter() - start)
    before, after = head_landmarks(own, clip), head_landmarks(own, back)
    distance = np.linalg.norm(after - before, axis=-1)
    moved = np.linalg.norm(before - 1000 * landmarks(own, own.v_template[None]), axis=-1)
    yield f"{'round trip, mm':14} {'mean':>7} {'p95':>7} {'max':>7} {'motion mean':>12} {'max':>7}"
    for name, points in (("lips", LIPS), ("lids", LIDS), ("brows", BROWS)):
        lost, size = distance[:, list(points)], moved[:, list(points)]
        yield _row(name, lost) + f" {size.mean():12.3f} {size.max():7.3f}"
    for name, pairs in (("lip opening", LIP_PAIRS), ("lid opening", LID_PAIRS)):
        gaps = [
            np.array([np.linalg.norm(points[:, a] - points[:, b], axis=-1) for a, b in pairs])
            for points in (before, after)
        ]
        yield _row(name, np.abs(gaps[0] - gaps[1]))


def _row(name: str, lost: FloatArray) -> str:
    return f"{name:14} {lost.mean():7.3f} {np.percentile(lost, 95):7.3f} {lost.max():7.3f}"


def _leg(name: str, report: TransferReport, seconds: float) -> Iterator[str]:
    means = ", ".join(f"{part} {mean:.2f}" for part, mean in report.mean_mm.items())
    yield f"{name}: {seconds:.1f} s; mean error in mm: {means}"
    yield (
        f"  opening of lips {report.lip_opening_mm:.2f} mm, of lids {report.lid_opening_mm:.2f} mm; "
        f"{100 * report.lost_share:.0f} % of the motion lost; jaw gain {report.jaw_gain:.2f}"
    )


def head_landmarks(face: FaceModel, clip: MotionClip) -> FloatArray:
    """(T, 68, 3) with the head held still, millimetres."""
    parts = []
    for start in range(0, clip.frames, 50):
        part = slice(start, start + 50)
        still = np.zeros_like(clip.jaw[part])
        parts.append(landmarks(face, pose_vertices(face, clip.expression[part], clip.jaw[part], still)))
    return 1000 * np.concatenate(parts)
