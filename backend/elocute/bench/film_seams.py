"""Whether a film made in chunks flickers where they meet.

What changes from frame to frame in the true film is its motion; what changes in the difference of the made
film from the true one is what the renderer adds. A film flickers where that changes more at the seams than
elsewhere, whatever the face does there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def seam_flicker(made: NDArray[Any], true: NDArray[Any], starts: Sequence[int], overlap: int) -> float:
    """How much more the error changes at seams than elsewhere; 1 for a film whose chunks cannot be told.

    A seam is the step into the first frame of a chunk, into each frame that it shares with the one before,
    and into the first that it does not share. Of these 1 + ``overlap`` places the worst one counts, on
    average over the chunks.

    Args:
        made: (T, H, W, 3) levels.
        true: likewise.
        starts: first frames of the chunks.
        overlap: frames that neighbouring chunks share.

    Returns:
        The ratio of mean absolute changes; nan where nothing changes elsewhere, or there is no seam or
        nothing else.
    """
    error = np.asarray(made, np.float64) - np.asarray(true, np.float64)
    changes = np.abs(np.diff(error, axis=0)).mean(axis=(1, 2, 3))  # [k]: from frame k to k + 1
    places = [
        [start + offset - 1 for start in starts if 0 < start + offset <= len(changes) and start > 0]
        for offset in range(overlap + 1)
    ]
    seams = {step for steps in places for step in steps}
    others = [change for step, change in enumerate(changes) if step not in seams]
    usual = float(np.mean(others)) if others else 0.0
    if not seams or usual == 0:
        return float("nan")
    return max(float(changes[steps].mean()) for steps in places if steps) / usual
