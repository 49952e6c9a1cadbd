"""A face from named mouth shapes with times: mixtures that flow into each other, closed where lips close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

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


def capture_of_cues(cues: Sequence[Cue], notes: tuple[str, ...] = ()) -> Capture:
    """The motion of mouth shapes.

    Between two shapes the weights change along a smooth step and add up to 1. Where one of them is
    closed, all of the change lies in the other.

    Args:
        cues: in order, one beginning where another ends.
        notes: for the user.

    Raises:
        ValueError: there are none, they overlap or are out of order, or last too long.
    """
    if not cues or cues[-1].end <= 0:
        raise ValueError("it holds no mouth shapes")
    if not 0 <= cues[0].start <= cues[-1].end <= _LONGEST:
        raise ValueError(f"its times are not within 0 to {_LONGEST:.0f} seconds")
    for cue, following in pairwise(cues):
        if following.start < cue.start or following.end < cue.end or cue.end < cue.start:
            raise ValueError("the times of its mouth shapes do not advance")
    held = _held(_merged(cues))
    times = np.arange(round(held[-1].end * FPS) + 1) / FPS
    values = np.zeros((len(times), len(CONTROLS)))
    for shape, weight in _weights(held, times):
        for name, value in SHAPES[shape].items():
            values[:, COLUMN[name]] += value * weight
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


def _weights(cues: Sequence[Cue], times: Float64Array) -> list[tuple[str, Float64Array]]:
    """(T,) weight of every cue: the difference of the smooth steps at its two edges."""
    steps = [np.ones(len(times))]
    for cue, following in pairwise(cues):
        before, after = _reach(cue, following), _reach(following, cue)
        begin, length = cue.end - before, max(before + after, 1e-9)
        share = np.clip((times - begin) / length, 0.0, 1.0)
        steps.append(share * share * (3.0 - 2.0 * share))
    steps.append(np.zeros(len(times)))
    return [(cue.shape, steps[number] - steps[number + 1]) for number, cue in enumerate(cues)]


def _reach(cue: Cue, neighbour: Cue) -> float:
    """Seconds of a cue in which it changes to its neighbour."""
    if cue.shape == CLOSED:
        return 0.0
    return min(_CLOSING if neighbour.shape == CLOSED else _REACH, (cue.end - cue.start) / 2)
