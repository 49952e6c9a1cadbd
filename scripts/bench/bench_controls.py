"""Fit ARKit's controls to clips of a FLAME head, play them on it again, and measure both.

    python -m scripts.bench.bench_controls CLIP [CLIP ...] [--face FACE.npz]

CLIP is a clip in the basis of the stand-in head (``elocute generate --model rules``); it is carried to the
FLAME head first. Without ``--face`` a synthetic model of FLAME's size is used.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from elocute.bench.control_fit import COLUMNS, control_fit
from elocute.bench.tables import markdown_table
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from scripts.bench.bench_transfer import made_up_face
from scripts.bench.data import HEAD


def main() -> None:
    """Measure every clip and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP")
    parser.add_argument("--face", type=Path, help="a converted FLAME head")
    options = parser.parse_args()
    face = FaceModel.load(options.face) if options.face else made_up_face()
    head = FaceModel.load(HEAD)
    rows = {path.stem: control_fit(MotionClip.load(path), head, face).scores() for path in options.clips}
    print(markdown_table("clip", COLUMNS, rows))


if __name__ == "__main__":
    main()
