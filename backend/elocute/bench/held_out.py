"""Scores of a generator on lines whose true motion is known and that nothing was trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from elocute.audio.phone import Phone
from elocute.audio.speech_features import SpeechFeatures
from elocute.evaluation.against_phones.articulation_measures import BILABIALS, contact_share
from elocute.evaluation.against_phones.motion_report import LIP_CONTACT_METRES
from elocute.evaluation.against_truth.comparison import LIPS, UPPER_FACE, Scores, compare
from elocute.evaluation.against_truth.misalignment import temporal_misalignment
from elocute.evaluation.of_motion.seams import seam_ratios
from elocute.evaluation.of_motion.take_differences import TakeDifferences, take_differences
from elocute.face.lips import LOWER_CONTACT_MASK, UPPER_CONTACT_MASK, lip_gap
from elocute.face.model import FaceModel
from elocute.face.part import face_part
from elocute.face.skinning import pose_vertices
from elocute.motion.clip import MotionClip

_REGIONS: Final = (LIPS, UPPER_FACE, UPPER_CONTACT_MASK, LOWER_CONTACT_MASK)


@dataclass(frozen=True)
class HeldOutLine:
    """One line in one style.

    Attributes:
        name: of the line.
        style: name of the style it is performed in.
        speech: what a generator hears at run time.
        exact: the same line with exact phones and clean prosody, as the teacher hears it.
        truth: the true motion.
    """

    name: str
    style: str
    speech: SpeechFeatures
    exact: SpeechFeatures
    truth: MotionClip

    @property
    def phones(self) -> Sequence[Phone]:
        """What is really said."""
        return self.exact.phones or ()


Make = Callable[[HeldOutLine], Sequence[MotionClip]]
"""Makes all takes of a line."""


@dataclass(frozen=True)
class HeldOutScores:
    """Means over lines; None where nothing could be measured.

    Attributes:
        lve: lip vertex error, metres.
        fdd: absolute upper-face dynamics deviation, metres.
        mod: mouth opening difference, metres.
        ba: beat alignment of the head, 0 to 1.
        bilabials_closed: share of all P, B, M with the lips closed within a frame of the true phone.
        lips_apart: difference between takes at the lips, metres.
        upper_face_apart: at the upper face, metres.
        brows_apart: of the brows' coefficients.
        head_apart: of the head, degrees.
        misalignment: mean temporal misalignment of the lips' opening, seconds.
        seam_head: mean speed of the head every four seconds, where windows meet, over that elsewhere.
        seam_brows: the same of the brows.
        seam_lips: the same of the lips' opening.
    """

    lve: float
    fdd: float
    mod: float
    ba: float | None
    bilabials_closed: float | None
    lips_apart: float | None
    upper_face_apart: float | None
    brows_apart: float | None
    head_apart: float | None
    misalignment: float | None
    seam_head: float | None
    seam_brows: float | None
    seam_lips: float | None

    def as_dict(self) -> dict[str, float | None]:
        """Name -> value, in the units above."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def score_held_out(lines: Iterable[HeldOutLine], make: Make, face: FaceModel) -> HeldOutScores:
    """Make every line and measure it against its truth.

    Args:
        lines: one or more.
        make: gives the takes of a line; differences between takes need two or more.
        face: the head of the clips' basis.

    Raises:
        InputError: the clips do not fit the head or each other.
        ValueError: there are no lines.
    """
    part = face_part(face, _REGIONS)
    scores: list[Scores] = []
    apart: list[TakeDifferences] = []
    closed: list[tuple[float, int]] = []
    mistimed: list[float | None] = []
    made: list[MotionClip] = []
    for line in lines:
        takes = make(line)
        scores.append(compare(takes, line.truth, part))
        made += takes
        tracks = [_track(part, take) for take in takes]
        true_gap = lip_gap(part, _track(part, line.truth)).astype(np.float64)
        for track in tracks:
            gap = lip_gap(part, track).astype(np.float64)
            mistimed.append(temporal_misalignment(gap, true_gap, line.truth.fps))
            share, count = contact_share(gap, line.phones, BILABIALS, line.truth.fps, LIP_CONTACT_METRES)
            if share is not None:
                closed.append((share, count))
        if len(takes) > 1:
            apart.append(take_differences(takes, tracks, part))
    if not scores:
        raise ValueError("there are no lines to score")
    seams = seam_ratios(made, part)
    return HeldOutScores(
        lve=_known_mean([s.lve for s in scores]) or 0.0,
        fdd=_known_mean([s.fdd for s in scores]) or 0.0,
        mod=_known_mean([s.mod for s in scores]) or 0.0,
        ba=_known_mean([s.ba for s in scores]),
        bilabials_closed=sum(s * n for s, n in closed) / sum(n for _, n in closed) if closed else None,
        lips_apart=_known_mean([a.lips for a in apart]),
        upper_face_apart=_known_mean([a.upper_face for a in apart]),
        brows_apart=_known_mean([a.brows for a in apart]),
        head_apart=_known_mean([a.head for a in apart]),
        misalignment=_known_mean(mistimed),
        seam_head=seams.speed["head"],
        seam_brows=seams.speed["brows"],
        seam_lips=seams.speed["lips"],
    )


def _track(face: FaceModel, clip: MotionClip) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    ahead = np.zeros((clip.frames, 3), np.float32)
    return pose_vertices(face, clip.expression, clip.jaw, ahead, shape=clip.shape)


def _known_mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
