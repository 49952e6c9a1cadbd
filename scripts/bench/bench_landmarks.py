"""Fit clips to their own landmarks, and measure the error.

    python -m scripts.bench.bench_landmarks CLIP [--face FACE.npz]

CLIP is a clip in the basis of the stand-in head (``elocute generate``). Without ``--face`` a synthetic model
of FLAME's size is the other head.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from elocute.bench.landmark_loss import there_and_back
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from scripts.bench.bench_transfer import made_up_face
from scripts.bench.data import HEAD


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path)
    parser.add_argument("--face", type=Path, help="a converted FLAME head")
    options = parser.parse_args()
    face = FaceModel.load(options.face) if options.face else made_up_face()
    for line in there_and_back(MotionClip.load(options.clip), FaceModel.load(HEAD), face):
        print(line, flush=True)


if __name__ == "__main__":
    main()
