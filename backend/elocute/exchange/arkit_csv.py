"""ARKit's blend shapes as a CSV file with the columns of the app Live Link Face."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.points import rotation_matrices
from elocute.controls.track import ControlTrack
from elocute.controls.vocabulary import ARKIT
from elocute.exchange.angles import degrees_about
from elocute.exchange.clip_controls import controls_of
from elocute.exchange.control_names import pascal
from elocute.exchange.export_format import Export, ExportFormat
from elocute.storage.atomic_write import write_atomically

Float64Array = NDArray[np.float64]

# The app's files have the right side first here, unlike its network packets.
_SWAPPED: Final = {
    "jawLeft": "jawRight",
    "jawRight": "jawLeft",
    "mouthLeft": "mouthRight",
    "mouthRight": "mouthLeft",
}
SHAPES: Final = tuple(_SWAPPED.get(name, name) for name in ARKIT)
"""Controls in the order of the columns."""
TIMECODE_RATES: Final = (24, 25, 30, 48, 50, 60, 100, 120, 240, 1000)
"""Frames a second that timecodes count; a clip of another rate has parts of frames in the next higher one."""
ANGLES: Final = tuple(
    part + turn for part in ("Head", "LeftEye", "RightEye") for turn in ("Yaw", "Pitch", "Roll")
)
HEADER: Final = (
    "Timecode",
    "BlendshapeCount",
    *(pascal(name) for name in SHAPES),
    *ANGLES,
)


def _write(export: Export) -> tuple[str, ...]:
    track, report = controls_of(export.clip, export.face)
    with (
        write_atomically(export.path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(HEADER)
        table.writerows(_rows(track))
    return (report.sentence(),) if report is not None else ()


def _rows(track: ControlTrack) -> Iterator[list[str]]:
    shapes = np.clip(np.column_stack([track.column(name) for name in SHAPES]), 0.0, 1.0)
    head = rotation_matrices(track.head) @ rotation_matrices(track.neck)
    eyes = [rotation_matrices(track.eyes[:, :3]), rotation_matrices(track.eyes[:, 3:])]
    angles = np.column_stack([yaw_pitch_roll(turn) for turn in (head, *eyes)])
    rate = next(rate for rate in TIMECODE_RATES if rate >= round(track.fps))
    for frame, row in enumerate(np.column_stack([shapes, angles])):
        numbers = [f"{number:.10f}" for number in row + 0.0]
        yield [timecode(frame / track.fps, rate), str(len(SHAPES) + len(ANGLES)), *numbers]


def yaw_pitch_roll(turn: Float64Array) -> Float64Array:
    """(T, 3, 3) rotations to the app's (T, 3) angles in radians.

    Yaw is negative to the character's left and pitch negative upwards, as real recordings have them; roll
    follows in the same mirrored sense. Turned about the vertical, then about the ears' axis, then about the
    line of sight.
    """
    pitch, yaw, roll = np.radians(degrees_about(turn)).T
    return np.column_stack([-yaw, pitch, -roll])


def timecode(seconds: float, rate: int) -> str:
    """``HH:MM:SS:FF.fff``: the frame of the second at ``rate``, and thousandths of a frame."""
    thousandths = round(seconds * rate * 1000)
    frames, rest = divmod(thousandths, 1000)
    whole, frame = divmod(frames, rate)
    return f"{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}:{frame:02d}.{rest:03d}"


FORMAT: Final = ExportFormat(
    name="arkit-csv",
    title="ARKit's 52 blend shapes, head and eyes of every frame: .csv as Live Link Face writes it",
    endings=(".csv",),
    needs_face=False,
    takes_face=True,
    write=_write,
)
