"""Landmark tracks as files: the ``.npz``, or a table of comma-separated values.

The table's first line names unit, frames per second and whether the points include the head's motion, as
``# unit=centimetre fps=25 posed=0``; the second the columns ``frame,x0,y0,z0,x1,...`` (without z for 2-D).
Each further line is a frame.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Final

import numpy as np

from elocute.errors import InputError, missing_file
from elocute.motion.landmark_sets import LANDMARKS
from elocute.motion.landmark_track import LandmarkTrack
from elocute.storage.atomic_write import write_atomically
from elocute.storage.guard import guarded

TABLE: Final = ".csv"
_LARGEST: Final = 200_000_000
_HEAD: Final = re.compile(r"#\s*unit=([a-z]{1,12})\s+fps=([\d.]{1,12})\s+posed=([01])\s*")
_AXES: Final = "xyz"


def is_track(path: Path) -> bool:
    """Whether a file begins like a track; other arrays, tables and missing files do not."""
    try:
        if path.suffix.lower() == TABLE:
            with path.open("rb") as stream:
                return stream.read(8).lstrip(b"\xef\xbb\xbf").startswith(b"#")
        with zipfile.ZipFile(path) as archive:
            return "landmark_format.npy" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def load_track(path: Path) -> LandmarkTrack:
    """Read a track by the ending of its name.

    Raises:
        InputError: the file is missing, damaged, too large, or no track.
    """
    return read_table(path) if path.suffix.lower() == TABLE else LandmarkTrack.load(path)


def save_track(track: LandmarkTrack, path: Path) -> None:
    """Write a track by the ending of its name.

    Raises:
        InputError: the file cannot be written.
    """
    if path.suffix.lower() == TABLE:
        write_table(track, path)
    else:
        track.save(path)


def write_table(track: LandmarkTrack, path: Path) -> None:
    """Write the table; its numbers are read back exactly.

    Raises:
        InputError: the file cannot be written.
    """
    names = [f"{axis}{point}" for point in range(LANDMARKS) for axis in _AXES[: track.dimensions]]
    rows = track.points.reshape(track.frames, -1)
    with write_atomically(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(f"# unit={track.unit} fps={track.fps!r} posed={int(track.posed)}\n")
        stream.write(",".join(["frame", *names]) + "\n")
        for number, row in enumerate(rows):
            stream.write(f"{number}," + ",".join(str(value) for value in row) + "\n")


def read_table(path: Path) -> LandmarkTrack:
    """Read :func:`write_table`'s.

    Raises:
        InputError: the file is missing, damaged, too large, or no such table.
    """
    if not path.is_file():
        raise missing_file(path)
    with guarded(
        lambda reason: InputError(
            f"{path} is not a table of landmarks: {reason}.",
            "Begin with '# unit=centimetre fps=25 posed=0', then frame,x0,y0,z0,x1,... and a line a frame.",
            code="bad_landmarks",
        )
    ):
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        head = _HEAD.fullmatch(lines[0]) if lines else None
        if head is None:
            raise ValueError("its first line does not name unit, fps and posed")
        rows = [line.split(",") for line in lines[2:] if line.strip()]
        widths = {len(row) for row in rows}
        if len(widths) != 1 or (widths - {1 + 2 * LANDMARKS, 1 + 3 * LANDMARKS}):
            raise ValueError(f"each line needs a number and {LANDMARKS} points")
        values = np.array([[float(cell) for cell in row[1:]] for row in rows], np.float64)
        points = values.reshape(len(rows), LANDMARKS, -1).astype(np.float32)
        return LandmarkTrack(points, float(head[2]), head[1], posed=head[3] == "1")
