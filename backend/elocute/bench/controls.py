"""Motion that a measure must tell from good motion: a mouth that stands still, and one that is late.

A figure that these do not lose says nothing of the others beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

import numpy as np

from elocute.evaluation.against_truth.comparison import LIPS, UPPER_FACE
from elocute.evaluation.of_motion.motion_statistics import Performance
from elocute.evaluation.of_motion.take_differences import TakeDifferences, take_differences
from elocute.face.model import FaceModel
from elocute.face.part import face_part
from elocute.face.skinning import pose_vertices
from elocute.motion.clip import MotionClip

_LATE_SECONDS: Final = 0.2


def dumb_performances(performances: Sequence[Performance]) -> Mapping[str, Sequence[Performance]]:
    """Controls made of good motion: name -> the same lines, dumb."""
    return {
        "static mouth": [replace(p, clip=_static(p.clip)) for p in performances],
        f"late by {_LATE_SECONDS:g} s": [replace(p, clip=_late(p.clip)) for p in performances],
    }


def takes_apart(performances: Sequence[Performance], face: FaceModel) -> TakeDifferences | None:
    """Mean difference of the takes of each line; None where no line has two. Takes of a line lie together."""
    part = face_part(face, (LIPS, UPPER_FACE))
    found = []
    for _, group in groupby(performances, key=lambda performance: performance.line):
        takes = [performance.clip for performance in group]
        if len(takes) > 1:
            found.append(take_differences(takes, [_track(part, take) for take in takes], part))
    if not found:
        return None
    brows = [one.brows for one in found if one.brows is not None]
    return TakeDifferences(
        float(np.mean([one.lips for one in found])),
        float(np.mean([one.upper_face for one in found])),
        float(np.mean(brows)) if brows else None,
        float(np.mean([one.head for one in found])),
    )


def _static(clip: MotionClip) -> MotionClip:
    """Expressions and jaw at their means."""
    expression = np.broadcast_to(clip.expression.mean(axis=0), clip.expression.shape).copy()
    return replace(
        clip, expression=expression, jaw=np.broadcast_to(clip.jaw.mean(axis=0), clip.jaw.shape).copy()
    )


def _late(clip: MotionClip) -> MotionClip:
    """The same motion a fifth of a second later; its end comes first."""
    shift = round(_LATE_SECONDS * clip.fps)
    return replace(
        clip,
        expression=np.roll(clip.expression, shift, axis=0),
        jaw=np.roll(clip.jaw, shift, axis=0),
        head=np.roll(clip.head, shift, axis=0),
    )


def _track(face: FaceModel, clip: MotionClip) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    ahead = np.zeros((clip.frames, 3), np.float32)
    return pose_vertices(face, clip.expression, clip.jaw, ahead, shape=clip.shape)
