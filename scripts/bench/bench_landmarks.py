"""Fit clips back from their own landmarks, and measure what is lost on the way.

    python scripts/bench/bench_landmarks.py CLIP [--face FACE.npz]

CLIP is a clip in the basis of the stand-in head (``elocute generate``). Its landmarks are made by our own
skinning, so the figures say how exactly the fit inverts that and how it bears noise, other proportions and a
missing dimension; they say nothing about a landmark detector. Without ``--face`` a made-up model of FLAME's
size is the other head.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2] / "backend"))
sys.path.insert(0, str(Path(__file__).parents[2]))

from elocute.face.fit.track import fit_track
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.face.skinning import rotation_matrices
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_sets import BROWS, LIDS, LIPS
from elocute.motion.landmark_track import LandmarkTrack
from scripts.bench.bench_transfer import STANDIN, head_landmarks, made_up_face

NOISE_MM = 0.5
PIXELS = 1500.0
OTHER_FACE = 0.85 * np.array([0.9, 1.12, 1.05])
LATE = 5

FloatArray = NDArray[Any]


def tracks(clip: MotionClip, face: FaceModel) -> dict[str, tuple[LandmarkTrack, range | None]]:
    """Name -> landmarks of the clip, and its neutral frames."""
    rng = np.random.default_rng(0)
    points = clip_landmarks(clip, face).astype(np.float64)
    tremor = 0.001 * NOISE_MM * rng.standard_normal(points.shape)
    turn = rotation_matrices(clip.head)
    if clip.neck is not None:
        turn = turn @ rotation_matrices(clip.neck)
    other = np.einsum("tab,tkb->tka", turn, head_landmarks(face, clip) / 1000 * OTHER_FACE)

    def track(shown: FloatArray, unit: str = "metre") -> LandmarkTrack:
        return LandmarkTrack(shown, clip.fps, unit)

    return {
        "own face": (track(points), None),
        "first frame neutral": (track(points), range(1)),
        f"noise {NOISE_MM} mm": (track(points + tremor), None),
        "another face, cm": (track(100 * other, "centimetre"), range(1)),
        "2-D": (track(PIXELS * points[..., :2], "pixel"), None),
        "2-D, another face, noise": (track(PIXELS * (other + tremor)[..., :2], "pixel"), range(3)),
        f"{LATE} frames late": (track(np.roll(points, LATE, axis=0)), None),
    }


def opening(points: FloatArray) -> FloatArray:
    """(T,) gap between the lips at mid mouth, upwards."""
    gap: FloatArray = points[:, 62, 1] - points[:, 66, 1]
    return gap


def agreement(before: FloatArray, after: FloatArray) -> float:
    """Correlation of the lips' opening; 0 where nothing moves."""
    here, there = opening(before), opening(after)
    return float(np.corrcoef(here, there)[0, 1]) if min(here.std(), there.std()) > 1e-3 else 0.0


def tell(name: str, before: FloatArray, after: FloatArray, seconds: float) -> None:
    """Print one row: (T, 68, 3) landmarks in mm with the head held still."""
    distance = np.linalg.norm(after - before, axis=-1)
    lips, lids, brows = (distance[:, list(group)] for group in (LIPS, LIDS, BROWS))
    gap = np.abs(opening(after) - opening(before)).mean()
    print(
        f"{name:26} {lips.mean():6.2f} {np.percentile(lips, 95):6.2f} {lids.mean():6.2f} {brows.mean():6.2f} "
        f"{gap:7.2f} {agreement(before, after):7.3f} {seconds:6.1f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path)
    parser.add_argument("--face", type=Path, help="a converted FLAME head")
    options = parser.parse_args()
    standin = FaceModel.load(STANDIN)
    clip = MotionClip.load(options.clip)
    before = head_landmarks(standin, clip)
    print(f"{clip.frames} frames; mm, with the head held still")
    print(
        f"{'track':26} {'lips':>6} {'p95':>6} {'lids':>6} {'brows':>6} {'opening':>7} {'corr.':>7} {'s':>6}"
    )
    for name, (track, neutral) in tracks(clip, standin).items():
        start = time.perf_counter()
        fitted, _ = fit_track(track, standin, neutral=neutral)
        tell(name, before, head_landmarks(standin, fitted), time.perf_counter() - start)
    rest = replace(clip, expression=0 * clip.expression, jaw=0 * clip.jaw)
    tell("face at rest", before, head_landmarks(standin, rest), 0.0)
    face = FaceModel.load(options.face) if options.face else made_up_face()
    for width in (3, 2):
        points = clip_landmarks(clip, standin)[..., :width]
        start = time.perf_counter()
        fitted, report = fit_track(LandmarkTrack(points, clip.fps, "metre"), face)
        seconds = time.perf_counter() - start
        alike = agreement(before, head_landmarks(face, fitted))
        print(
            f"{width}-D to {face.basis}: corr. {alike:.3f}, lips off by {report.mean_mm['lips']:.2f} mm, "
            f"{100 * report.lost_share:.0f} % of the motion lost, {seconds:.1f} s"
        )


if __name__ == "__main__":
    main()
