"""Carry a clip from the stand-in head to a FLAME head and back, and measure what is lost on the way.

    python scripts/bench/bench_transfer.py CLIP [--face FACE.npz]

CLIP is a clip in the basis of the stand-in head (``elocute generate``). Without ``--face`` a made-up model
of FLAME's size is used.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2] / "backend"))
sys.path.insert(0, str(Path(__file__).parents[2]))

from elocute.face.flame_import import FlameSources, convert_flame
from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks, pose_vertices
from elocute.face.transfer import TransferReport, transfer_clip
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_sets import BROWS, LID_PAIRS, LIDS, LIP_PAIRS, LIPS
from scripts.synthetic_flame import make_synthetic_flame, write_files

STANDIN = Path(__file__).parents[2] / "flame_assets" / "elocute-head-1.npz"


def made_up_face() -> FaceModel:
    """The made-up FLAME head, through its files."""
    with tempfile.TemporaryDirectory() as folder:
        files = write_files(make_synthetic_flame(), Path(folder), "numpy2")
        return convert_flame(FlameSources(files["model"], files["masks"], (files["landmarks"],)))


def head_landmarks(face: FaceModel, clip: MotionClip) -> NDArray[Any]:
    """(T, 68, 3) with the head held still, millimetres."""
    parts = []
    for start in range(0, clip.frames, 50):
        part = slice(start, start + 50)
        still = np.zeros_like(clip.jaw[part])
        parts.append(landmarks(face, pose_vertices(face, clip.expression[part], clip.jaw[part], still)))
    return 1000 * np.concatenate(parts)


def tell(name: str, report: TransferReport, seconds: float) -> None:
    """Print one leg."""
    means = ", ".join(f"{part} {mean:.2f}" for part, mean in report.mean_mm.items())
    print(f"{name}: {seconds:.1f} s; mean error in mm: {means}")
    print(
        f"  opening of lips {report.lip_opening_mm:.2f} mm, of lids {report.lid_opening_mm:.2f} mm; "
        f"{100 * report.lost_share:.0f} % of the motion lost; jaw gain {report.jaw_gain:.2f}"
    )


def main() -> None:
    """There and back."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path)
    parser.add_argument("--face", type=Path, help="a converted FLAME head")
    options = parser.parse_args()
    standin = FaceModel.load(STANDIN)
    face = FaceModel.load(options.face) if options.face else made_up_face()
    clip = MotionClip.load(options.clip)
    start = time.perf_counter()
    there, report = transfer_clip(clip, standin, face)
    tell(f"{standin.basis} to {face.basis}, {clip.frames} frames", report, time.perf_counter() - start)
    start = time.perf_counter()
    back, report = transfer_clip(there, face, standin)
    tell("and back", report, time.perf_counter() - start)
    before, after = head_landmarks(standin, clip), head_landmarks(standin, back)
    distance = np.linalg.norm(after - before, axis=-1)
    moved = np.linalg.norm(before - 1000 * landmarks(standin, standin.v_template[None]), axis=-1)
    print(f"{'round trip, mm':14} {'mean':>7} {'p95':>7} {'max':>7} {'motion mean':>12} {'max':>7}")
    for name, points in (("lips", LIPS), ("lids", LIDS), ("brows", BROWS)):
        own, size = distance[:, list(points)], moved[:, list(points)]
        print(
            f"{name:14} {own.mean():7.3f} {np.percentile(own, 95):7.3f} {own.max():7.3f} "
            f"{size.mean():12.3f} {size.max():7.3f}"
        )
    for name, pairs in (("lip opening", LIP_PAIRS), ("lid opening", LID_PAIRS)):
        gaps = [
            [np.linalg.norm(points[:, a] - points[:, b], axis=-1) for a, b in pairs]
            for points in (before, after)
        ]
        lost = np.abs(np.array(gaps[0]) - np.array(gaps[1]))
        print(f"{name:14} {lost.mean():7.3f} {np.percentile(lost, 95):7.3f} {lost.max():7.3f}")


if __name__ == "__main__":
    main()
