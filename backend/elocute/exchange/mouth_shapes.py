"""A face from named mouth shapes with times: mixtures that flow into each other, closed where lips close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from elocute.audio.rhubarb import CLOSED, Cue
from elocute.controls.vocabulary import COLUMN, CONTROLS
from elocute.exchange.import_format import Capture

Float64Array = NDArray[np.float64]


def both(**sided: float) -> dict[str, float]:
    """Values of controls of both sides, named without the side."""
    return {name + side: value for name, value in sided.items() for side in ("Left", "Right")}


SHAPES: Final[Mapping[str, Mapping[str, float]]] = {
    CLOSED: both(mouthPress=0.3),
    "B": {"jawOpen": 0.06} | both(mouthStretch=0.25, mouthSmile=0.1, mouthLowerDown=0.25, mouthUpperUp=0.1),
    "C": {"jawOpen": 0.38} | both(mouthStretch=0.22, mouthSmile=0.15, mouthLowerDown=0.2, mouthUpperUp=0.1),
    "D": {"jawOpen": 0.6} | both(mouthLowerDown=0.2, mouthUpperUp=0.06),
    "E": {"jawOpen": 0.22, "mouthPucker": 0.28, "mouthFunnel": 0.3},
    "F": {"jawOpen": 0.16, "mouthPucker": 0.9},
    "G": {"jawOpen": 0.08, "mouthRollLower": 0.45} | both(mouthUpperUp=0.15),
    "H": {"jawOpen": 0.2, "tongueUp": 0.6} | both(mouthLowerDown=0.1),
    "X": {},
}
"""Rhubarb's shapes as controls."""
FPS: Final = 60.0
_REACH: Final = 0.06
"""Seconds by which a shape reaches into its neighbour, at most half of it."""
_CLOSING: Final = 0.1
"""Seconds that lips take to close or open: all of them outside of the closed shape."""
_SHORTEST_CLOSED: Final = 0.05
"""Seconds that lips stay closed at least, so that every rate of a film has a frame in it."""
_LONGEST: Final = 7200.0
_MOST: Final = 100_000


def capture_of_cues(cues: Sequence[Cue], notes: tuple[str, ...] = ()) -> Capture:
    """The motion of mouth shapes.

    Between two shapes the weights change along a smooth step and add up to 1. Where one of them is
    closed, all of the change lies in the other.

    Args:
        cues: in order, one beginning where another ends.
        notes: for the user.

    Raises:
        ValueError: there are none or too many, they are out of order, or last too long.
    """
    if not cues or cues[-1].end <= 0:
        raise ValueError("it holds no mouth shapes")
    if not 0 <= cues[0].start <= cues[-1].end <= _LONGEST:
        raise ValueError(f"its times are not within 0 to {_LONGEST:.0f} seconds")
    if len(cues) > _MOST:
        raise ValueError(f"it holds more than {_MOST} mouth shapes")
    for cue, following in pairwise(cues):
        if following.start < cue.start or following.end < cue.end or cue.end < cue.start:
            raise ValueError("the times of its mouth shapes do not advance")
    held = _held(_merged(cues))
    times = np.arange(round(held[-1].end * FPS) + 1) / FPS
    values = np.zeros((len(times), len(CONTROLS)))
    for cue, begin, stop in zip(held, _changes(held, "begins"), _changes(held, "ends"), strict=True):
        first, last = (int(np.searchsorted(times, at)) for at in (begin[0], stop[0] + stop[1]))
        weight = _step(times[first : last + 1], *begin) - _step(times[first : last + 1], *stop)
        for name, value in SHAPES[cue.shape].items():
            values[first : last + 1, COLUMN[name]] += value * weight
    return Capture(times, values, fps=FPS, notes=notes)


def _merged(cues: Sequence[Cue]) -> list[Cue]:
    """Cues without gaps, from 0, neighbours of different shapes, none without length."""
    merged: list[Cue] = []
    at = 0.0
    for cue in cues:
        for shape, end in (("X", cue.start), (cue.shape, cue.end)):
            if end <= at:
                continue
            if merged and merged[-1].shape == shape:
                merged[-1] = Cue(shape, merged[-1].start, end)
            else:
                merged.append(Cue(shape, at, end))
            at = end
    return merged


def _held(cues: Sequence[Cue]) -> list[Cue]:
    """The same with every closed shape held long enough, at the cost of its neighbours' halves."""
    edges = [cues[0].start, *(cue.end for cue in cues)]
    for number, cue in enumerate(cues):
        lacking = (_SHORTEST_CLOSED - (cue.end - cue.start)) / 2
        if cue.shape != CLOSED or lacking <= 0:
            continue
        if number:
            edges[number] -= min(lacking, (edges[number] - edges[number - 1]) / 2)
        if number + 1 < len(cues):
            edges[number + 1] += min(lacking, (cues[number + 1].end - edges[number + 1]) / 2)
    return [Cue(cue.shape, *edges[number : number + 2]) for number, cue in enumerate(cues)]


def _changes(cues: Sequence[Cue], edge: Literal["begins", "ends"]) -> list[tuple[float, float]]:
    """When the change at an edge of every cue begins, and how long it takes.

    The first cue is there before all times, the last after them.
    """
    inner = [
        (cue.end - _reach(cue, following), _reach(cue, following) + _reach(following, cue))
        for cue, following in pairwise(cues)
    ]
    return [(-1.0, 0.0), *inner] if edge == "begins" else [*inner, (cues[-1].end + 1.0, 0.0)]


def _step(times: Float64Array, begin: float, length: float) -> Float64Array:
    """A smooth step from 0 to 1."""
    share = np.clip((times - begin) / max(length, 1e-9), 0.0, 1.0)
    step: Float64Array = share * share * (3.0 - 2.0 * share)
    return step


def _reach(cue: Cue, neighbour: Cue) -> float:
    """Seconds of a cue in which it changes to its neighbour."""
    if cue.shape == CLOSED:
        return 0.0
    return min(_CLOSING if neighbour.shape == CLOSED else _REACH, (cue.end - cue.start) / 2)
