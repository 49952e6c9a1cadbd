"""Reports of several clips as one: rates weighted by their numbers of phones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import SILENCE, Phone
from elocute.evaluation.against_phones.articulation_measures import OPEN, ROUNDED
from elocute.evaluation.against_phones.motion_report import measure_motion
from elocute.evaluation.against_sound.vowel_openings import formant_correlation, loudness_correlation
from elocute.evaluation.of_motion.motion_statistics import Performance, head_statistics
from elocute.evaluation.of_motion.seams import seam_ratios
from elocute.face.lips import LOWER_CONTACT_MASK, UPPER_CONTACT_MASK
from elocute.face.model import FaceModel
from elocute.face.part import face_part

_REGIONS: Final = ("lips", "lower_lip", "teeth", UPPER_CONTACT_MASK, LOWER_CONTACT_MASK)


@dataclass(frozen=True)
class SpokenScores:
    """How well clips do what their phones ask for; None where nothing could be measured.

    Attributes:
        bilabials_closed: share of P, B, M with the lips closed within a frame of the phone.
        bilabials: how many P, B, M were measured.
        labiodentals_touching: share of F, V with the lower lip on the upper teeth.
        labiodentals: how many F, V were measured.
        rounding: how much rounder than the clip's median UW, OW, W get (metres of mouth width).
        rounded: how many UW, OW, W were measured.
        open_vowels: mean peak opening of AA, AE in metres.
        open_vowel_count: how many AA, AE were measured.
        silence_closed: share of frames well inside silences with closed lips.
        lag_frames: delay of the lips behind the phones, negative is early; mean weighted by length.
        lag_correlation: how well opening follows the phones at that delay.
        mean_jerk: of the lips' opening, m/s³.
        max_acceleration: of the lips' opening, m/s², mean over clips of the largest.
        blinks_per_minute: both lids shut.
        head_speed: mean angular speed, degrees a second.
        head_max_speed: mean over clips of the largest, degrees a second.
        silence_all: share of frames of all silences, settling and breath included, with closed lips.
        false_closures: closures a minute of speech that no P, B, M and no silence is near.
        onset_error: mean distance in seconds of the lips' meeting from the beginning of P, B, M.
        onset_late: its mean with the sign: later is positive.
        release_error: mean distance of their parting from the end of B, M.
        jitter_99: 99th percentile over all frames of the acceleration of the opening, m/s².
        jitter_999: 99.9th percentile, which a twitch a minute moves.
        formant_correlation: of the opening of vowels with their first formant, relative to the clip's.
        loudness_correlation: of the opening of vowels with their level, within vowels of one kind.
        seam_head: mean speed of the head every four seconds, where windows meet, over that elsewhere.
        seam_brows: the same of the brows.
        seam_lips: the same of the lips' opening.
        clips: how many clips were measured.
        seconds: how long they are together.
    """

    bilabials_closed: float | None
    bilabials: int
    labiodentals_touching: float | None
    labiodentals: int
    rounding: float | None
    rounded: int
    open_vowels: float | None
    open_vowel_count: int
    silence_closed: float | None
    lag_frames: float
    lag_correlation: float
    mean_jerk: float
    max_acceleration: float
    blinks_per_minute: float | None
    head_speed: float
    head_max_speed: float
    silence_all: float | None
    false_closures: float | None
    onset_error: float | None
    onset_late: float | None
    release_error: float | None
    jitter_99: float
    jitter_999: float
    formant_correlation: float | None
    loudness_correlation: float | None
    seam_head: float | None
    seam_brows: float | None
    seam_lips: float | None
    clips: int
    seconds: float

    def as_dict(self) -> dict[str, float | None]:
        """Name -> value, in the units above."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def score_spoken(performances: Sequence[Performance], face: FaceModel | None = None) -> SpokenScores:
    """Measure clips against the phones that are said in them.

    Args:
        performances: one or more clips at one frame rate, with reference phones.
        face: the head of the clips' basis; without it coefficients stand in.

    Raises:
        ValueError: no clips, or the face is of another basis.
    """
    if not performances:
        raise ValueError("there are no clips to score")
    part = None if face is None else face_part(face, _REGIONS)
    reports = [measure_motion(p.clip, p.phones, part, p.speech) for p in performances]
    pairs = list(zip(performances, reports, strict=True))
    lengths = [p.clip.seconds for p in performances]
    rounded = [_count(p.phones, ROUNDED) for p in performances]
    wide = [_count(p.phones, OPEN) for p in performances]
    quiet = [_silent_seconds(p.phones) for p in performances]
    bilabials, labiodentals = [r.bilabials for r in reports], [r.labiodentals for r in reports]
    head = head_statistics(performances)
    found = [r.closures for r in reports]
    spoken = sum(one.spoken_seconds for one in found)
    onsets = np.concatenate([one.onset for one in found])
    releases = np.concatenate([one.release for one in found])
    accelerations = np.concatenate([r.acceleration for r in reports])
    vowels = [r.vowels for r in reports if r.vowels is not None]
    seams = seam_ratios([p.clip for p in performances], part)
    return SpokenScores(
        bilabials_closed=_weighted((r.bilabials_closed for r in reports), bilabials),
        bilabials=sum(bilabials),
        labiodentals_touching=_weighted((r.labiodentals_touching for r in reports), labiodentals),
        labiodentals=sum(labiodentals),
        rounding=_weighted((r.rounding for r in reports), rounded),
        rounded=sum(rounded),
        open_vowels=_weighted((r.open_vowels for r in reports), wide),
        open_vowel_count=sum(wide),
        silence_closed=_weighted((r.silence_closed for r in reports), quiet),
        lag_frames=_weighted((r.lag_seconds * p.clip.fps for p, r in pairs), lengths) or 0.0,
        lag_correlation=_weighted((r.lag_correlation for r in reports), lengths) or 0.0,
        mean_jerk=_weighted((r.opening_mean_jerk for r in reports), lengths) or 0.0,
        max_acceleration=float(np.mean([r.opening_max_acceleration for r in reports])),
        blinks_per_minute=_weighted((r.blinks_per_minute for r in reports), lengths),
        head_speed=head.mean_speed_degrees,
        head_max_speed=float(np.degrees(np.mean([r.head_max_speed for r in reports]))),
        silence_all=_weighted((r.silence_all for r in reports), quiet),
        false_closures=60.0 * sum(one.false for one in found) / spoken if spoken > 0 else None,
        onset_error=_mean(np.abs(onsets)),
        onset_late=_mean(onsets),
        release_error=_mean(np.abs(releases)),
        jitter_99=_percentile(accelerations, 99.0),
        jitter_999=_percentile(accelerations, 99.9),
        formant_correlation=formant_correlation(vowels),
        loudness_correlation=loudness_correlation(vowels),
        seam_head=seams.speed["head"],
        seam_brows=seams.speed["brows"],
        seam_lips=seams.speed["lips"],
        clips=len(reports),
        seconds=float(sum(lengths)),
    )


def _count(phones: Sequence[Phone], labels: frozenset[str]) -> int:
    return sum(phone.label in labels for phone in phones)


def _silent_seconds(phones: Sequence[Phone]) -> float:
    return sum(phone.duration for phone in phones if phone.label == SILENCE)


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(values.mean()) if len(values) else None


def _percentile(values: NDArray[np.float64], share: float) -> float:
    return float(np.percentile(values, share)) if len(values) else 0.0


def _weighted(values: Iterable[float | None], weights: Sequence[float]) -> float | None:
    """Mean of what is known; None if that has no weight."""
    known = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total > 0 else None
