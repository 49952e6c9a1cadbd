"""From numbers that a character's channels have back to controls, through its map: the pose it is in.

A map says how controls become channels; here the controls are found of which that comes out, as few and as
small as can be. Where a face was fitted by its geometry it follows the map only roughly, so this is an
estimate: what comes after the pose has to be joined to the channels themselves.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..clip.clip import STAND_IN, Clip
from ..clip.sampled import Columns, joint_turns
from .bind import BoundMap, Drive
from .controls.exact import expressions_of_track, eye_rotations
from .controls.pattern import read_pattern
from .controls.solver import Problem, solve
from .controls.track import ControlTrack
from .controls.vocabulary import COLUMN, CONTROLS, JAW_OPEN_RADIANS
from .layout import layout_of

Float64Array = NDArray[np.float64]

_SMALL: Final = 1e-4
_FEW: Final = 1e-5
_STEADY: Final = 1e-4


def track_of_values(bound: BoundMap, columns: Columns, fps: float) -> ControlTrack:
    """The controls of a character whose channels have these values.

    Args:
        bound: the character's map.
        columns: of its channels; what is not there counts as at rest.
        fps: how many values follow in a second.
    """
    count = len(next(iter(columns.values())))
    plain = [drive for drive in bound.drives if drive.source.pose is None and drive.source.gain]
    values = _controls(plain, columns, count)
    for drive in bound.drives:
        for name, full in (drive.source.pose or {}).items():
            values[:, COLUMN[name]] += full * _asked(drive, columns, count)
    turns = joint_turns(
        [part for part in layout_of(bound).rotations if all(c.key in columns for c in part.channels)], columns
    )
    still = np.zeros((count, 3))
    jaw = turns.get("jaw", still)
    if "jaw" in turns:
        values[:, COLUMN["jawOpen"]] = np.maximum(values[:, COLUMN["jawOpen"]], jaw[:, 0] / JAW_OPEN_RADIANS)
    values = np.clip(values, 0.0, 1.0)
    jaw = jaw.copy()
    jaw[:, 0] = values[:, COLUMN["jawOpen"]] * JAW_OPEN_RADIANS
    looks = eye_rotations(values)
    for place, joint in ((slice(0, 3), "left_eye"), (slice(3, 6), "right_eye")):
        looks[:, place] = turns.get(joint, looks[:, place])
    return ControlTrack(fps, values, jaw, turns.get("head", still), still, looks)


def stand_in_clip(track: ControlTrack) -> Clip:
    """The clip of the basis whose expressions are named as controls."""
    names = read_pattern().names
    return Clip(
        fps=track.fps,
        basis=STAND_IN,
        expression=expressions_of_track(track, names).astype(np.float32),
        jaw=track.jaw.astype(np.float32),
        head=track.head.astype(np.float32),
        neck=track.neck.astype(np.float32),
        eyes=track.eyes.astype(np.float32),
    )


def _asked(drive: Drive, columns: Columns, count: int) -> Float64Array:
    """(T,) the sum of controls that a drive's channels tell of: before gain, offset and curve."""
    found = [columns[c.key] for c in drive.channels if not drive.parts and c.key in columns]
    found += [
        (columns[part.channel.key] - part.rest) / (part.value - part.rest)
        for part in drive.parts
        if part.channel.key in columns and part.value != part.rest
    ]
    if not found or not drive.source.gain:
        return np.zeros(count)
    asked: Float64Array = (np.mean(found, axis=0) - drive.source.offset) / drive.source.gain
    if drive.source.curve:
        points = np.array(drive.source.curve)
        points = points[np.argsort(points[:, 1])]
        asked = np.interp(asked, points[:, 1], points[:, 0])
    return asked


def _controls(drives: list[Drive], columns: Columns, count: int) -> Float64Array:
    """(T, C) controls, 0 to 1, whose weighted sums are what the drives tell of."""
    size = len(CONTROLS)
    if not drives:
        return np.zeros((count, size))
    response = np.zeros((len(drives), size))
    for row, drive in enumerate(drives):
        for name, weight in drive.source.mix.items():
            response[row, COLUMN[name]] = weight
    wanted = np.column_stack([_asked(drive, columns, count) for drive in drives])
    return solve(
        Problem(
            response,
            wanted,
            np.ones(len(drives)),
            np.zeros(size),
            np.ones(size),
            np.zeros((count, size)),
            np.full(size, _SMALL),
            np.full(size, _FEW),
            _STEADY,
        )
    )
