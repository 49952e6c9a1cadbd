"""Regions of a face played more or less strongly in a clip whose expressions are named, lips that shut kept
shut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..clip.clip import Clip
from .controls.pattern import Pattern, read_pattern
from .controls.points import LIP_PAIRS, gaps
from .controls.vocabulary import COLUMN
from .perform import Strength, region_of

Float64Array = NDArray[np.float64]

SHUT_METRES: Final = 0.0005
"""Lips whose gap is within this of that at rest are shut."""
_SEAL: Final = "mouthClose"
_FADE: Final = 1.5
"""Frames over which the correction fades beside shut lips (one standard deviation)."""
_STEP: Final = 0.05
_ROUNDS: Final = 3


def strengthened_clip(clip: Clip, strength: Strength, names: Sequence[str]) -> tuple[Clip, tuple[str, ...]]:
    """A clip with each region played more or less strongly.

    Args:
        clip: of a head.
        strength: how strongly; constant, or over the clip's frames.
        names: of its expressions.

    Returns:
        The clip, and a sentence where its expressions are of no region.
    """
    if strength.is_plain:
        return clip, ()
    count = clip.expression.shape[1]
    known = [name in COLUMN for name in names[:count]]
    factor = np.ones((clip.frames, count))
    for column, name in enumerate(names[:count]):
        if known[column]:
            factor[:, column] = strength.of(region_of(name))
    expression = clip.expression * factor
    for lid in ("eyeBlinkLeft", "eyeBlinkRight"):
        if lid in names[:count]:
            column = names.index(lid)
            whole = np.maximum(clip.expression[:, column], 1.0)
            expression[:, column] = np.minimum(expression[:, column], whole)
    scaled = replace(
        clip,
        expression=expression.astype(np.float32),
        jaw=_scaled(clip.jaw, strength.of("jaw")),
        head=_scaled(clip.head, strength.of("head")),
        neck=None if clip.neck is None else _scaled(clip.neck, strength.of("head")),
        eyes=None if clip.eyes is None else _scaled(clip.eyes, strength.of("gaze")),
    )
    if not all(known):
        other = [f.name for f in fields(Strength) if f.name in ("mouth", "brows", "lids")]
        if any(np.any(strength.of(name) != 1.0) for name in other):
            said = (
                f"The expressions of {clip.basis} belong to no region, so only jaw, gaze and head are played "
                "more or less strongly."
            )
            return scaled, (said,)
        return scaled, ()
    return _sealed(clip, scaled, list(names[:count])), ()


def _scaled(turns: NDArray[np.float32], factor: float | Float64Array) -> NDArray[np.float32]:
    columns = np.broadcast_to(np.asarray(factor), len(turns))[:, None]
    return np.asarray(turns * columns, np.float32)


def _sealed(before: Clip, after: Clip, names: list[str]) -> Clip:
    """Bring lips that were shut to the gap that they had, by what seals them."""
    pattern = read_pattern()
    if _SEAL not in names or tuple(names) != pattern.names[: len(names)]:
        return after
    column = names.index(_SEAL)
    wanted, rest = _gap(pattern, before), float(gaps(pattern.points.at_rest()[None], LIP_PAIRS).mean())
    shut = np.flatnonzero(np.abs(wanted - rest) < SHUT_METRES)
    if not len(shut):
        return after
    nearest = np.abs(np.arange(before.frames)[:, None] - shut[None]).min(axis=1)
    share = np.exp(-0.5 * (nearest / _FADE) ** 2)
    expression = after.expression.astype(np.float64)
    target = share * wanted + (1.0 - share) * _gap(pattern, after)
    for _ in range(_ROUNDS):
        now = _gap(pattern, replace(after, expression=expression.astype(np.float32)))
        moved = expression.copy()
        moved[:, column] += _STEP
        slope = (_gap(pattern, replace(after, expression=moved.astype(np.float32))) - now) / _STEP
        usable = np.abs(slope) > 1e-4
        change = np.where(usable, (target - now) / np.where(usable, slope, 1.0), 0.0)
        expression[:, column] = np.clip(expression[:, column] + change, -1.0, 2.0)
    return replace(after, expression=expression.astype(np.float32))


def _gap(pattern: Pattern, clip: Clip) -> Float64Array:
    """(T,) mean height of the upper above the lower inner lip, metres."""
    points = pattern.points.posed(clip.expression, clip.jaw)
    gap: Float64Array = gaps(points, LIP_PAIRS).mean(axis=1)
    return gap
