"""A frame of motion as one row of numbers, and the groups of these that a basis tells apart.

A row holds the expressions, then the jaw's rotation about as many axes as the basis has, then the head's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

LIPS: Final = "lips"
FACE: Final = "face"
HEAD: Final = "head"
HEAD_AXES: Final = 3

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class MotionChannels:
    """The numbers of a frame.

    Attributes:
        basis: name of the face basis.
        expressions: how many expressions E a clip has.
    """

    basis: str
    expressions: int

    @property
    def jaw(self) -> int:
        """Axes of the jaw that turn."""
        return basis_of(self.basis).jaw_axes

    @property
    def width(self) -> int:
        """Numbers of a row."""
        return self.expressions + self.jaw + HEAD_AXES

    @property
    def head(self) -> slice:
        """Columns of the head's rotation."""
        return slice(self.width - HEAD_AXES, self.width)

    def groups(self, lips: Sequence[int] | None = None) -> Mapping[str, tuple[int, ...]]:
        """Columns of ``lips`` (with the jaw), ``face`` (the others) and ``head``; none is empty.

        Args:
            lips: columns of the expressions that are the lips'; None for those of the basis.
        """
        own = set(basis_of(self.basis).lips if lips is None else lips)
        mouth = [column for column in range(self.expressions) if column in own]
        face = tuple(column for column in range(self.expressions) if column not in own)
        jaw = range(self.expressions, self.expressions + self.jaw)
        found = {LIPS: (*mouth, *jaw), FACE: face, HEAD: tuple(range(self.width))[self.head]}
        return {name: columns for name, columns in found.items() if columns}

    def rows(self, expression: FloatArray, jaw: FloatArray, head: FloatArray) -> FloatArray:
        """(T, D) of (T, E), and the rotations of jaw and head about three axes, (T, 3) each.

        Raises:
            InputError: another number of expressions.
        """
        if expression.shape[-1] != self.expressions:
            raise InputError(
                f"The motion has {expression.shape[-1]} expressions, not {self.expressions}.",
                "Use clips of the same face basis.",
                code="bad_clip",
            )
        return np.concatenate([expression, jaw[:, : self.jaw], head], axis=1).astype(np.float32)

    def rows_of(self, clip: MotionClip) -> FloatArray:
        """(T, D) of a clip.

        Raises:
            InputError: the clip is of another basis, or has another number of expressions.
        """
        if clip.basis != self.basis:
            raise InputError(f"The clip is in basis {clip.basis}, not {self.basis}.", code="bad_clip")
        return self.rows(clip.expression, clip.jaw, clip.head)

    def clip(self, rows: FloatArray, fps: float, meta: Mapping[str, Any]) -> MotionClip:
        """The clip of rows (T, D)."""
        jaw = np.zeros((len(rows), 3), np.float32)
        jaw[:, : self.jaw] = rows[:, self.expressions : self.expressions + self.jaw]
        return MotionClip(
            fps=fps,
            basis=self.basis,
            expression=rows[:, : self.expressions],
            jaw=jaw,
            head=rows[:, self.head],
            meta=meta,
        )
