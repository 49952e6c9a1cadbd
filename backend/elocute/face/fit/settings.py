"""How points are fitted, and how far coefficients may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.face.model import FaceModel
from elocute.motion.basis import basis_of

Float64Array = NDArray[np.float64]

_BEYOND: Final = 1.5
_WIDEST_JAW: Final = 0.7
_JAW_ASIDE: Final = 0.2
_TIGHTEST_JAW: Final = -0.1


@dataclass(frozen=True)
class FitSettings:
    """How motion is fitted.

    Attributes:
        ridge: how strongly coefficients are drawn to zero, in units of the mean curvature of the fit.
        smoothness: how strongly neighbouring frames are drawn together, in the same units, at 25 fps.
        pair_weight: importance of the opening of lips and lids beside that of their landmarks.
        limit_mm: mean error of the lips above which the fit is refused.
        limit_share: share of the motion that may be lost before it is refused.
    """

    ridge: float = 3e-3
    smoothness: float = 2e-3
    pair_weight: float = 16.0
    limit_mm: float = 3.0
    limit_share: float = 0.6


def coefficient_bounds(face: FaceModel) -> tuple[float, float]:
    """Least and largest coefficient that a fit may give a head, as its basis says.

    Faces differ in how far 1 goes, so a fit may exceed the largest coefficient that is meant by half.
    """
    basis = basis_of(face.basis, face.expression_names)
    return basis.lowest, _BEYOND * basis.highest


@dataclass(frozen=True)
class FitLimits:
    """Least and largest coefficient, and (3,) least and largest rotation of the jaw."""

    coefficients: tuple[float, float]
    jaw: tuple[Float64Array, Float64Array]

    @classmethod
    def of(cls, face: FaceModel) -> FitLimits:
        """Those of a head, as its basis says."""
        shut = max(basis_of(face.basis, face.expression_names).jaw_shut, _TIGHTEST_JAW)
        lowest = np.array([shut, -_JAW_ASIDE, -_JAW_ASIDE])
        return cls(coefficient_bounds(face), (lowest, np.array([_WIDEST_JAW, _JAW_ASIDE, _JAW_ASIDE])))
