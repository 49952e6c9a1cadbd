"""Whether motion twitches where a model's windows meet: speed and acceleration there against elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.evaluation.mouth_signals import mouth_signals
from elocute.face.model import FaceModel
from elocute.face.skinning import rotation_matrices
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

FloatArray = NDArray[np.float64]

WINDOW_SECONDS: Final = 4.0
"""Length of a window of the models that have them; those without are measured at the same places."""
_BROWS: Final = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight", "browDownLeft", "browDownRight")
PARTS: Final = ("head", "brows", "lips")


@dataclass(frozen=True)
class SeamRatios:
    """Mean at borders over mean elsewhere, 1 where nothing shows; None where there is no border or no motion.

    Attributes:
        speed: part (head, brows, lips) -> of the change from the last frame of a window to the first of the
            next.
        acceleration: part -> of the changes of speed that this change takes part in.
    """

    speed: Mapping[str, float | None]
    acceleration: Mapping[str, float | None]

    @property
    def worst(self) -> float | None:
        """The largest speed ratio of head and brows."""
        known = [value for part in ("head", "brows") if (value := self.speed[part]) is not None]
        return max(known) if known else None


def seam_ratios(
    clips: Sequence[MotionClip],
    face: FaceModel | None = None,
    seconds: float = WINDOW_SECONDS,
    begins: Sequence[Sequence[int]] | None = None,
) -> SeamRatios:
    """Measure several clips as one.

    Args:
        clips: finished clips in a basis with named brows.
        face: the head whose lips are measured; without it coefficients stand in.
        seconds: length of a window.
        begins: for each clip the frames at which windows begin, where they are known and not all of one
            length; frame 0 is no border.

    Raises:
        ValueError: a clip in a basis without named brows, or of another basis than the face.
    """
    moving = [velocities(clip, face) for clip in clips]
    if begins is None:
        lengths = [round(seconds * clip.fps) for clip in clips]
        begins = [range(n, clip.frames, n) for n, clip in zip(lengths, clips, strict=True)]
    return seam_ratios_of(moving, begins)


def seam_ratios_of(moving: Sequence[Mapping[str, FloatArray]], begins: Sequence[Sequence[int]]) -> SeamRatios:
    """Measure what :func:`velocities` gives of several clips as one.

    Args:
        moving: part -> (T - 1, C), of each clip.
        begins: for each clip the frames at which windows begin; frame 0 is no border.
    """
    at: dict[str, list[FloatArray]] = {}
    off: dict[str, list[FloatArray]] = {}
    for clip, own in zip(moving, begins, strict=True):
        for part, velocity in clip.items():
            firsts = np.array(own, int)
            firsts = firsts[(firsts > 0) & (firsts <= len(velocity))]
            for order, change in (("speed", velocity), ("acceleration", np.diff(velocity, axis=0))):
                size = np.linalg.norm(change, axis=1)
                # Change k leads from frame k to k + 1; a change of speed k has those of k and k + 1.
                touched = np.unique(np.concatenate([firsts - 1 - back for back in range(_SPAN[order])]))
                border = np.isin(np.arange(len(size)), touched)
                at.setdefault(f"{order} {part}", []).append(size[border])
                off.setdefault(f"{order} {part}", []).append(size[~border])
    ratios = {name: _ratio(np.concatenate(at[name]), np.concatenate(off[name])) for name in at}
    return SeamRatios(
        {part: ratios.get(f"speed {part}") for part in PARTS},
        {part: ratios.get(f"acceleration {part}") for part in PARTS},
    )


_SPAN: Final = {"speed": 1, "acceleration": 2}


def velocities(clip: MotionClip, face: FaceModel | None) -> dict[str, FloatArray]:
    """Part -> (T - 1, C) change from frame to frame.

    Raises:
        ValueError: a clip in a basis without named brows, or of another basis than the face.
    """
    basis = basis_of(clip.basis)
    if not basis.names(*_BROWS):
        raise ValueError("brows are not known in the basis of these clips")
    brows = clip.expression[:, basis.columns(_BROWS)].astype(np.float64)
    opening = mouth_signals(clip, face).opening[:, None]
    return {
        "head": _angular_velocity(clip.head),
        "brows": np.diff(brows, axis=0),
        "lips": np.diff(opening, axis=0),
    }


def _angular_velocity(head: NDArray[np.floating]) -> FloatArray:
    """(T - 1, 3) rotation from frame to frame, radians, small angles."""
    matrices = rotation_matrices(head).astype(np.float64)
    steps = np.einsum("tba,tbc->tac", matrices[:-1], matrices[1:])
    skew = [steps[:, i, j] - steps[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))]
    return 0.5 * np.stack(skew, axis=1)


def _ratio(at: FloatArray, off: FloatArray) -> float | None:
    usual = float(off.mean()) if len(off) else 0.0
    return float(at.mean()) / usual if len(at) and usual > 0 else None
