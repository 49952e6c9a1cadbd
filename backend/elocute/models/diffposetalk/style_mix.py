"""Styles that follow each other within a clip.

A style vector in between two styles is no mixture of them: the encoder learnt to put styles far apart, and
one of the two wins. And a denoiser that sees the neighbourhood of a frame sees the style of its neighbours.
So no vectors are mixed: the motions are that the same noise becomes in each style.

T frames, M styles, S numbers a style.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class StyleMix:
    """How much of which style there is in every frame.

    Attributes:
        vectors: (M, S) float32, no two the same.
        shares: (T, M); each row adds up to 1. Shares below 0 and above 1 go beyond a style.
    """

    vectors: Vector = field(repr=False)
    shares: FloatArray = field(repr=False)

    @classmethod
    def of(cls, parts: Sequence[tuple[Vector, FloatArray]]) -> StyleMix:
        """Styles (S,), each with its share (T,) of every frame; the same style twice is one."""
        vectors: dict[bytes, Vector] = {}
        shares: dict[bytes, FloatArray] = {}
        for vector, share in parts:
            key = vector.tobytes()
            if share.any():
                vectors[key] = vector
                shares[key] = shares[key] + share if key in shares else share
        return cls(np.stack(list(vectors.values())), np.stack(list(shares.values()), axis=1))

    @property
    def constant(self) -> Vector | None:
        """(S,) the style where there is only one, else None."""
        return self.vectors[0] if len(self.vectors) == 1 else None
