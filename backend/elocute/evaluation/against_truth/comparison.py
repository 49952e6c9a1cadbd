"""All measures of generated clips against a recorded one, over any face model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

from elocute.errors import InputError
from elocute.evaluation.against_truth.paper_metrics import (
    beat_alignment,
    diversity,
    lip_vertex_error,
    mouth_opening_difference,
    upper_face_dynamics_deviation,
)
from elocute.face.model import FaceModel
from elocute.face.skinning import pose_vertices
from elocute.motion.clip import MotionClip

LIPS: Final = "lips"
UPPER_FACE: Final = "upper_face"


@dataclass(frozen=True)
class Scores:
    """Measures of one recording's takes, averaged over the takes.

    Attributes:
        lve: lip vertex error in metres.
        fdd: absolute upper-face dynamics deviation in metres.
        mod: mouth opening difference in metres.
        ba: beat alignment 0..1, None where the recorded head has no beats.
        expression_diversity: between takes, None for a single one.
        head_diversity: between takes in radians, None for a single one.
    """

    lve: float
    fdd: float
    mod: float
    ba: float | None
    expression_diversity: float | None
    head_diversity: float | None

    def as_dict(self) -> dict[str, float | None]:
        """Name -> value, in the units above."""
        return asdict(self)


def compare(takes: Sequence[MotionClip], truth: MotionClip, face: FaceModel) -> Scores:
    """Score takes of one recording against its recorded motion.

    Faces look ahead and have the recorded identity, so that the measures on vertices see expression
    and jaw only. Clips are cut to the shortest.

    Raises:
        InputError: a clip is of another face or frame rate, or the face lacks a region.
    """
    frames = min(clip.frames for clip in (*takes, truth))
    if not takes or not frames:
        raise InputError("There are no frames to compare.", code="bad_clip")
    for clip in (*takes, truth):
        if clip.basis != face.basis or clip.fps != truth.fps:
            raise InputError(
                f"A clip in basis {clip.basis} at {clip.fps:g} frames a second cannot be compared on "
                f"{face.basis} at {truth.fps:g}.",
                "Compare clips of one face and one frame rate, on that face.",
                code="bad_clip",
            )
    for region in (LIPS, UPPER_FACE):
        if not len(face.masks.get(region, ())):
            raise InputError(f"The face model has no region {region!r}.", code="bad_face")
    true_track = _track(face, truth, truth, frames)
    neutral = _neutral(face, truth)
    tracks = [_track(face, take, truth, frames) for take in takes]
    beats = [beat_alignment(take.head[:frames], truth.head[:frames]) for take in takes]
    several = len(takes) > 1
    return Scores(
        lve=_mean(lip_vertex_error(track, true_track, face.masks[LIPS]) for track in tracks),
        fdd=_mean(
            abs(upper_face_dynamics_deviation(track, true_track, neutral, face.masks[UPPER_FACE]))
            for track in tracks
        ),
        mod=_mean(mouth_opening_difference(face, track, true_track) for track in tracks),
        ba=None if any(beat is None for beat in beats) else _mean(beat for beat in beats if beat is not None),
        expression_diversity=diversity([t.expression[:frames] for t in takes]) if several else None,
        head_diversity=diversity([t.head[:frames] for t in takes]) if several else None,
    )


def mean_and_interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half width of its 95 % confidence interval (Student's t), 0 for a single value.

    The paper's Table 1 repeats each evaluation 10 times and reports these.
    """
    if not values:
        raise ValueError("there are no values")
    count = len(values)
    mean = float(np.mean(values))
    if count == 1:
        return mean, 0.0
    error = float(np.std(values, ddof=1)) / math.sqrt(count)
    return mean, float(student_t.ppf(0.975, count - 1)) * error


def _track(face: FaceModel, clip: MotionClip, truth: MotionClip, frames: int) -> NDArray[np.float32]:
    """(T, V, 3) vertices of a clip on the recorded identity, head looking ahead."""
    ahead = np.zeros((frames, 3), np.float32)
    return pose_vertices(face, clip.expression[:frames], clip.jaw[:frames], ahead, shape=truth.shape)


def _neutral(face: FaceModel, truth: MotionClip) -> NDArray[np.float32]:
    still = np.zeros((1, 3), np.float32)
    expression = np.zeros((1, len(face.expression_names)), np.float32)
    neutral: NDArray[np.float32] = pose_vertices(face, expression, still, still, shape=truth.shape)[0]
    return neutral


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
