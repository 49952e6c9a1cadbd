"""Clips of ``elocute-head-1``, whose expressions are controls already, and clips made of controls.

The basis has ARKit's names without ``jawOpen`` and ``eyeLook*``, which are rotations of its joints: nothing
is estimated here, and a clip comes back from its controls as it was.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .track import ControlTrack
from .vocabulary import (
    COLUMN,
    CONTROLS,
    JAW_OPEN_RADIANS,
    LOOK_ACROSS_RADIANS,
    LOOK_UP_DOWN_RADIANS,
)

Float64Array = NDArray[np.float64]


def track_of_expressions(
    fps: float,
    names: Sequence[str],
    expression: ArrayLike,
    jaw: ArrayLike,
    head: ArrayLike,
    neck: ArrayLike | None = None,
    eyes: ArrayLike | None = None,
) -> ControlTrack:
    """Controls of a clip whose expressions are named as they are.

    Args:
        fps: frames a second.
        names: names of the E expressions; those that are no controls are left out.
        expression: (T, E).
        jaw: (T, 3) axis-angle; its turn about x is ``jawOpen``.
        head: (T, 3).
        neck: (T, 3), or None for no turn.
        eyes: (T, 6), or None for no turn.

    Raises:
        ValueError: the arrays do not fit each other.
    """
    given = np.asarray(expression, np.float64)
    if given.ndim != 2 or given.shape[1] != len(names):
        raise ValueError(f"expression must be (T, {len(names)}), not {given.shape}")
    count = len(given)
    values = np.zeros((count, len(CONTROLS)))
    for index, name in enumerate(names):
        if name in COLUMN:
            values[:, COLUMN[name]] = given[:, index]
    jaw_turn = np.asarray(jaw, np.float64)
    eye_turns = np.zeros((count, 6)) if eyes is None else np.asarray(eyes, np.float64)
    neck_turn = np.zeros((count, 3)) if neck is None else np.asarray(neck, np.float64)
    if "jawOpen" not in names:
        values[:, COLUMN["jawOpen"]] = jaw_turn[:, 0] / JAW_OPEN_RADIANS
    if not any(name.startswith("eyeLook") for name in names):
        _set_looks(values, eye_turns)
    return ControlTrack(fps, values, jaw_turn, np.asarray(head, np.float64), neck_turn, eye_turns)


def track_of_values(
    fps: float, values: Float64Array, head: ArrayLike | None = None, eyes: ArrayLike | None = None
) -> ControlTrack:
    """A track from controls alone: the jaw turns by ``jawOpen``, the eyes by ``eyeLook*`` where they are not
    given.

    Args:
        fps: frames a second.
        values: (T, C) in the order of ``CONTROLS``.
        head: (T, 3) axis-angle, or None for no turn.
        eyes: (T, 6) axis-angles, or None to take them from the controls.
    """
    count = len(values)
    jaw = np.zeros((count, 3))
    jaw[:, 0] = JAW_OPEN_RADIANS * values[:, COLUMN["jawOpen"]]
    turned = np.zeros((count, 3)) if head is None else np.asarray(head, np.float64)
    looks = eye_rotations(values) if eyes is None else np.asarray(eyes, np.float64)
    return ControlTrack(fps, values, jaw, turned, np.zeros((count, 3)), looks)


def expressions_of_track(track: ControlTrack, names: Sequence[str]) -> Float64Array:
    """(T, E) coefficients of expressions that are named as controls; 0 where there is no such control."""
    columns = np.zeros((track.frames, len(names)))
    for index, name in enumerate(names):
        if name in COLUMN:
            columns[:, index] = track.column(name)
    return columns


def eye_rotations(values: Float64Array) -> Float64Array:
    """(T, C) controls to the (T, 6) axis-angles of both eyes that their ``eyeLook*`` stand for."""

    def of(name: str) -> Float64Array:
        column: Float64Array = values[:, COLUMN[name]]
        return column

    turns = np.zeros((len(values), 6))
    turns[:, 0] = LOOK_UP_DOWN_RADIANS * (of("eyeLookDownLeft") - of("eyeLookUpLeft"))
    turns[:, 1] = LOOK_ACROSS_RADIANS * (of("eyeLookOutLeft") - of("eyeLookInLeft"))
    turns[:, 3] = LOOK_UP_DOWN_RADIANS * (of("eyeLookDownRight") - of("eyeLookUpRight"))
    turns[:, 4] = LOOK_ACROSS_RADIANS * (of("eyeLookInRight") - of("eyeLookOutRight"))
    return turns


def _set_looks(values: Float64Array, eyes: Float64Array) -> None:
    # In towards the nose: the left eye looks to the right (-y), the right eye to the left (+y).
    pairs = (
        ("eyeLookDownLeft", "eyeLookUpLeft", eyes[:, 0], LOOK_UP_DOWN_RADIANS),
        ("eyeLookOutLeft", "eyeLookInLeft", eyes[:, 1], LOOK_ACROSS_RADIANS),
        ("eyeLookDownRight", "eyeLookUpRight", eyes[:, 3], LOOK_UP_DOWN_RADIANS),
        ("eyeLookInRight", "eyeLookOutRight", eyes[:, 4], LOOK_ACROSS_RADIANS),
    )
    for positive, negative, turn, full in pairs:
        values[:, COLUMN[positive]] = np.maximum(turn, 0.0) / full
        values[:, COLUMN[negative]] = np.maximum(-turn, 0.0) / full
