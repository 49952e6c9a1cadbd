"""Write a clip in every format that is read too, read it back, and compare the lips with the clip's.

    python -m scripts.bench.bench_formats CLIP [CLIP ...]

CLIP is a clip in the basis of the stand-in head (``elocute generate``).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.bench.tables import Column, markdown_table
from elocute.bench.transfer_loss import head_landmarks
from elocute.exchange.captures import read_capture
from elocute.exchange.export_format import Export, ExportFormat
from elocute.exchange.formats import export_formats, import_formats
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_sets import LIP_PAIRS
from elocute.progress import Progress
from scripts.bench.data import HEAD

FloatArray = NDArray[np.floating]

CORNERS: Final = (48, 54)
SHUT: Final = 0.02
"""Share of the mouth's width below which lips are shut; those of the copy may be half as far again."""
WRITTEN: Final = {"live-link-csv": "arkit-csv"}
"""Names of what is written where those of what is read differ."""
COLUMNS: Final = (
    Column("opening_r", "opening, r", 1, 3),
    Column("opening_mm", "opening, mm"),
    Column("width_r", "width, r", 1, 3),
    Column("width_mm", "width, mm"),
    Column("shut", "shut lips that are shut, %", 100, 0),
    Column("head", "head, degrees"),
)


def main() -> None:
    """Measure every clip in every format and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP")
    options = parser.parse_args()
    head = FaceModel.load(HEAD)
    read = {WRITTEN.get(one.name, one.name) for one in import_formats()}
    rows = {}
    for path in options.clips:
        clip = MotionClip.load(path)
        for kind in export_formats():
            if kind.name not in read:
                continue
            for flag in ("", *(flag.name for flag in kind.flags)):
                rows[f"{path.stem}, {kind.name}{' --' + flag if flag else ''}"] = _compared(
                    clip, _back(clip, kind, flag), head
                )
    print(markdown_table("clip, format", COLUMNS, rows))


def _back(clip: MotionClip, kind: ExportFormat, flag: str) -> MotionClip:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip{kind.endings[0]}"
        kind.write(Export(clip, None, path, frozenset({flag} - {""}), Progress()))
        return read_capture(path, timecode_rate=round(clip.fps))[0]


def _compared(clip: MotionClip, copy: MotionClip, head: FaceModel) -> Mapping[str, float | None]:
    if (clip.frames, clip.fps) != (copy.frames, copy.fps):
        raise ValueError(f"{copy.frames} frames at {copy.fps:g} fps came back")
    before, after = head_landmarks(head, clip), head_landmarks(head, copy)
    opening, copied = _opening(before), _opening(after)
    width, copied_width = _width(before), _width(after)
    limit = SHUT * float(width.mean())
    shut = opening < limit
    return {
        "opening_r": float(np.corrcoef(opening, copied)[0, 1]),
        "opening_mm": _rms(copied - opening),
        "width_r": float(np.corrcoef(width, copied_width)[0, 1]),
        "width_mm": _rms(copied_width - width),
        "shut": float(np.mean(copied[shut] < 1.5 * limit)) if shut.any() else None,
        "head": float(np.degrees(np.abs(copy.head - clip.head).max())),
    }


def _opening(points: FloatArray) -> FloatArray:
    gaps = [np.linalg.norm(points[:, up] - points[:, low], axis=-1) for up, low in LIP_PAIRS]
    opening: FloatArray = np.mean(gaps, axis=0)
    return opening


def _width(points: FloatArray) -> FloatArray:
    right, left = CORNERS
    width: FloatArray = np.linalg.norm(points[:, right] - points[:, left], axis=-1)
    return width


def _rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2)))


if __name__ == "__main__":
    main()
