"""Fitting error of a head, and the limits above which a fit is rejected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.fit.settings import FitSettings
from elocute.motion.landmark_sets import BROWS, INNER_FACE, LANDMARKS, LID_PAIRS, LIDS, LIP_PAIRS, LIPS

Float64Array = NDArray[np.float64]


@dataclass(frozen=True)
class FitReport:
    """How well the target follows: distances between wanted and shown landmark movement.

    Attributes:
        mean_mm: region -> mean distance (lips, lids, brows, inner face).
        largest_mm: region -> largest distance.
        lost_share: root mean square distance of the inner face by that of its movement.
        lip_opening_mm: mean error of the opening of the lips.
        lid_opening_mm: mean error of the opening of the eyelids.
    """

    mean_mm: dict[str, float]
    largest_mm: dict[str, float]
    lost_share: float
    lip_opening_mm: float
    lid_opening_mm: float

    @classmethod
    def of(cls, wanted: Float64Array, shown: Float64Array) -> FitReport:
        """Compare (T, P, 3) movements in metres, of which the first 68 points are the landmarks."""
        distance = 1000 * np.linalg.norm(wanted[:, :LANDMARKS] - shown[:, :LANDMARKS], axis=-1)
        motion = 1000 * np.linalg.norm(wanted[:, :LANDMARKS], axis=-1)
        groups = {"lips": LIPS, "lids": LIDS, "brows": BROWS, "inner face": INNER_FACE}
        inner = slice(INNER_FACE.start, INNER_FACE.stop)

        def opening(pairs: tuple[tuple[int, int], ...]) -> float:
            error = wanted - shown
            above, below = zip(*pairs, strict=True)
            gaps = error[:, list(above)] - error[:, list(below)]
            return float(1000 * np.linalg.norm(gaps, axis=-1).mean())

        moved = float(np.sqrt((motion[:, inner] ** 2).mean()))
        return cls(
            mean_mm={name: float(distance[:, list(points)].mean()) for name, points in groups.items()},
            largest_mm={name: float(distance[:, list(points)].max()) for name, points in groups.items()},
            lost_share=float(np.sqrt((distance[:, inner] ** 2).mean())) / moved if moved > 1e-3 else 0.0,
            lip_opening_mm=opening(LIP_PAIRS),
            lid_opening_mm=opening(LID_PAIRS),
        )


def refuse_bad(
    report: FitReport,
    basis: str,
    motion: str,
    settings: FitSettings,
    *,
    share_counts: bool = True,
    hint: str = "",
) -> None:
    """Do nothing if the fit is good enough.

    Args:
        report: of the fit.
        basis: of the head.
        motion: what was to be shown, as it is named in a sentence.
        settings: the limits.
        hint: what to do, if something is known.
        share_counts: whether a lost share is a reason; it says little where noise is most of the motion.

    Raises:
        InputError: the lips are too far off, or too much of the motion is lost.
    """
    lips = report.mean_mm["lips"]
    if lips > settings.limit_mm:
        reason = f"its lips would be off by {lips:.1f} mm on average (limit {settings.limit_mm:g} mm)"
    elif share_counts and report.lost_share > settings.limit_share:
        reason = f"it would lose {100 * report.lost_share:.0f} % of the motion"
    else:
        return
    raise InputError(
        f"The head {basis} cannot reproduce this {motion}: {reason}.",
        hint or "Check that both have the right landmarks, or allow more with --limit-mm.",
        code="bad_fit",
    )
