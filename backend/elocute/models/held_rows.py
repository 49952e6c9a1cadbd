"""A clip that is changed as what a diffusion model is held to: its own numbers, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.diffusion.constraints import Known
from elocute.motion.revision import HeldMotion, columns_of, rows_of, tracks_of

FloatArray = NDArray[np.float32]
Rows = Callable[[FloatArray, FloatArray], FloatArray]
"""(T, E) expressions and (T, 6) head and jaw -> (T, D) the model's numbers."""

EDGE: Final = 6
"""Frames of soft edge: what is free moves along with what is held beside it."""


def known_rows(held: HeldMotion, expressions: int, rows: Rows, pose: Sequence[int]) -> Known:
    """What is held of a model whose rows are expressions, then rotations of head and jaw.

    Pins hold the frame that is nearest to them.

    Args:
        held: the clip, with what of it is free.
        expressions: how many of the clip's expressions the model moves; the others come from elsewhere.
        rows: makes the model's numbers.
        pose: which of the head's three numbers and then the jaw's three the model moves, in their order.
    """
    numbers, free = rows_of(held.clip), held.free | held.loose
    frames, own = len(numbers), held.clip.expression.shape[1]
    for frame, column, value in held.pins:
        if frame > frames - 1:
            continue  # behind the end, where nothing is made
        at = round(frame)
        if held.free[at, column]:
            numbers[at, column], free[at, column] = value, False
    pinned = replace(held.clip, **tracks_of(numbers, held.clip))
    expression = pinned.expression[:, :expressions]
    expression = np.pad(expression, ((0, 0), (0, expressions - expression.shape[1])))
    values = rows(expression, np.concatenate([pinned.head, pinned.jaw], axis=1))
    turned = np.concatenate([free[:, columns_of("head", own)], free[:, columns_of("jaw", own)]], axis=1)
    moved = np.pad(free[:, : min(own, expressions)], ((0, 0), (0, max(expressions - own, 0))))
    mask = np.concatenate([moved, turned[:, list(pose)]], axis=1)
    return Known.with_soft_edges(~mask, values, EDGE)
