"""How the two kinds of contact are made and measured on a given mouth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from elocute.finishing.lip_contacts.poses import (
    BITE_JAW,
    FULL_BITE,
    FULL_SEAL,
    NEEDED_NAMES,
    SEAL_JAW,
    Blend,
    Pose,
    bite_blend,
    seal_blend,
)
from elocute.finishing.lip_contacts.probe import MouthProbe, Slope
from elocute.finishing.lip_contacts.projected_poses import projected_blend
from elocute.motion.basis import basis_of

FloatArray = NDArray[np.float64]

_FULL_PROJECTION: Final = 1.0
_FURTHER: Final = 0.00005
"""Metres by which a projected pose goes further than a contact has to."""


class Limits(NamedTuple):
    """Metres: from where on it counts as contact, and how near one that is missed is brought."""

    counts: float
    made: float


# Tighter than the limits of elocute.evaluation, 0.5 and 3 mm.
LIPS: Final = Limits(0.0002, 0.0001)
TEETH: Final = Limits(0.0025, 0.0024)


@dataclass(frozen=True)
class Way:
    """How one kind of contact is made.

    Attributes:
        blend: from a pose to the ways on from it.
        measure: expression (T, E) and jaw (T, 3) to the distance (T,) in metres.
        limits: of that distance.
        full: the amount up to which ``blend`` goes, where contact is certain.
    """

    blend: Callable[[Pose], Blend]
    measure: Callable[[FloatArray, FloatArray], FloatArray]
    limits: Limits
    full: float


class Ways(NamedTuple):
    """Lips on lips, and the lower lip on the upper teeth."""

    to_lips: Way
    to_teeth: Way


def ways_of(probe: MouthProbe) -> Ways:
    """How contacts are made on a mouth.

    Where the expressions have the names that a closing mouth needs, poses are made of those; anywhere
    else, by the smallest change. A mouth without teeth bites by bringing the lower lip as near to the
    upper one as it would have to come to the teeth, whose edges are just under the upper lip.
    """
    basis = basis_of(probe.basis)
    if basis.names(*NEEDED_NAMES) and probe.has_teeth:
        return Ways(
            Way(partial(seal_blend, probe=probe), probe.gap, LIPS, FULL_SEAL),
            Way(bite_blend, probe.lip_to_teeth, TEETH, FULL_BITE),
        )

    def gap(expression: FloatArray, jaw: FloatArray) -> FloatArray:
        return probe.gap(expression, jaw) - probe.shut_gap

    def gap_slope(expression: FloatArray, jaw: FloatArray) -> Slope:
        slope = probe.gap_slope(expression, jaw)
        return slope._replace(distance=slope.distance - probe.shut_gap)

    def projected(
        measure: Callable[[FloatArray, FloatArray], FloatArray],
        slope: Callable[[FloatArray, FloatArray], Slope],
        limits: Limits,
        jaw_limit: float,
    ) -> Way:
        blend = partial(
            projected_blend,
            probe=probe,
            basis=basis,
            slope=slope,
            target=limits.made - _FURTHER,
            jaw_limit=jaw_limit,
        )
        return Way(blend, measure, limits, _FULL_PROJECTION)

    to_lips = projected(gap, gap_slope, LIPS, SEAL_JAW)
    if probe.has_teeth:
        return Ways(to_lips, projected(probe.lip_to_teeth, probe.teeth_slope, TEETH, BITE_JAW))
    return Ways(to_lips, projected(gap, gap_slope, TEETH, BITE_JAW))
