"""What of the ranges of a clip that is changed comes to nothing, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from elocute.errors import listed
from elocute.motion.clip import MotionClip

_SHOWN: Final = 3


def range_notes(clip: MotionClip, ranges: Sequence[tuple[float, float]]) -> tuple[str, ...]:
    """Sentences for a user; none where every range lies within the clip.

    Args:
        clip: as it was.
        ranges: first and last second of each; all begin within the clip.
    """
    # The sound of a clip may end up to a frame after it.
    late = [f"{first:g} to {last:g} s" for first, last in ranges if last > clip.seconds + 1.0 / clip.fps]
    if not late:
        return ()
    return (f"Made anew up to the end of the clip at {clip.seconds:.2f} s alone: {listed(late, _SHOWN)}.",)
