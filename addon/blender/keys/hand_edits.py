"""Whether keys of a take were changed since Elocute wrote them: a take that was is never thrown away."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import bpy
import numpy as np

from ...core.steps import Steps
from .. import version_compat
from .idle_takes import IDLE_PATH
from .range_strip import RANGE_PATH

_WRITTEN_KEY: Final = "elocute_written"
_OWN: Final = frozenset({IDLE_PATH, RANGE_PATH})
"""Curves that are no motion: they come and go with what plays the take."""


def curve_digest(curve: bpy.types.FCurve) -> int:
    """A number that another value, handle, interpolation or frame of a curve's keys changes."""
    points = curve.keyframe_points
    told = hashlib.blake2b(f"{curve.data_path} {curve.array_index}".encode(), digest_size=8)
    for name in ("co", "handle_left", "handle_right"):
        values = np.empty(2 * len(points), np.float32)
        points.foreach_get(name, values)
        told.update(values.tobytes())
    kinds = np.empty(len(points), np.int32)
    points.foreach_get("interpolation", kinds)
    told.update(kinds.tobytes())
    return int.from_bytes(told.digest(), "big")


def mark_written(actions: Sequence[bpy.types.Action], digest: int) -> None:
    """Write to the first action of a take what its curves were: their digests, added up."""
    actions[0][_WRITTEN_KEY] = f"{digest % 2**64:016x}"


def mark_written_in_steps(actions: Sequence[bpy.types.Action]) -> Steps[None]:
    """Write to a take that its curves are now as they were written, one curve a step."""
    mark_written(actions, (yield from _digest_in_steps(actions)))


def edited_in_steps(actions: Sequence[bpy.types.Action]) -> Steps[bool]:
    """Whether a take is not as it was written, one curve a step; so is one of which that is not known."""
    known = next((action[_WRITTEN_KEY] for action in actions if action.get(_WRITTEN_KEY) is not None), None)
    if not isinstance(known, str):
        return True
    return f"{(yield from _digest_in_steps(actions)) % 2**64:016x}" != known


def _digest_in_steps(actions: Sequence[bpy.types.Action]) -> Steps[int]:
    digest = 0
    for action in actions:
        number = 0
        while number < len(curves := version_compat.curves_in(action)):  # some may be deleted at a step
            if curves[number].data_path not in _OWN:
                digest += curve_digest(curves[number])
                yield 0.0
            number += 1
    return digest
