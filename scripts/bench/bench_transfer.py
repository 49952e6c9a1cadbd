"""Retarget a clip from the stand-in head to a FLAME head and back, and measure the error.

    python -m scripts.bench.bench_transfer CLIP [--face FACE.npz]

CLIP is a clip in the basis of the stand-in head (``elocute generate``). Without ``--face`` a synthetic model
of FLAME's size is used.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from elocute.bench.transfer_loss import there_and_back
from elocute.face.flame_import import FlameSources, convert_flame
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from scripts.bench.data import HEAD
from scripts.synthetic_flame import make_synthetic_flame, write_files


def made_up_face() -> FaceModel:
    """The synthetic FLAME head, through its files."""
    with tempfile.TemporaryDirectory() as folder:
        files = write_files(make_synthetic_flame(), Path(folder), "numpy2")
        return convert_flame(FlameSources(files["model"], files["masks"], (files["landmarks"],)))


def main() -> None:
    """There and back."""
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
