"""All measures of one clip against its phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone
from elocute.audio.speech_features import SpeechFeatures
from elocute.evaluation.against_phones.articulation_measures import (
    BILABIALS,
    LABIODENTALS,
    OPEN,
    ROUNDED,
    closed_in_every_silence,
    closed_in_silence,
    contact_share,
    excess_over_median,
    opening_lag,
    peak_mean,
)
from elocute.evaluation.against_phones.closures import Closures, closures
from elocute.evaluation.against_sound.vowel_openings import VowelOpenings, vowel_openings
from elocute.evaluation.mouth_signals import mouth_signals
from elocute.evaluation.of_motion.kinematics import blinks_per_minute, kinematics, rotation_extremes
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip

LIP_CONTACT_METRES: Final = 0.0005
"""Lips this near count as closed: less than a line's width in a close-up."""
TEETH_CONTACT_METRES: Final = 0.003
"""Lower lip this near to the upper teeth counts as touching, between vertices 2 to 4 mm apart."""
SILENT_METRES: Final = 0.0015


@dataclass(frozen=True)
class MotionReport:
    """Measures of one clip; None where the clip has nothing to measure.

    Attributes:
        bilabials_closed: share of P, B, M with the lips closed within a frame of the phone.
        bilabials: how many P, B, M there are.
        labiodentals_touching: share of F, V with the lower lip on the upper teeth.
        labiodentals: how many F, V there are.
        rounding: how much rounder than the speech's median UW, OW, W are, at their peaks
            (metres of mouth width with a face, else coefficients).
        open_vowels: mean peak opening of AA and AE in metres.
        silence_closed: share of frames well inside silences with closed lips.
        lag_seconds: delay of the lips behind the phones; negative is early.
        lag_correlation: how well opening follows the phones at that delay.
        opening_mean_jerk: m/s³.
        opening_max_acceleration: m/s².
        jaw_max_speed: rad/s.
        head_max_speed: rad/s.
        head_max_acceleration: rad/s².
        blinks_per_minute: both lids shut.
        silence_all: share of frames of all silences, settling and breath included, with closed lips.
        closures: closures that nobody asked for, and when the others begin and end.
        acceleration: (T - 2,) size of the acceleration of the lips' opening, m/s².
        vowels: vowels against the sound; None without the recording.
    """

    bilabials_closed: float | None
    bilabials: int
    labiodentals_touching: float | None
    labiodentals: int
    rounding: float | None
    open_vowels: float | None
    silence_closed: float | None
    lag_seconds: float
    lag_correlation: float
    opening_mean_jerk: float
    opening_max_acceleration: float
    jaw_max_speed: float
    head_max_speed: float
    head_max_acceleration: float
    blinks_per_minute: float | None
    silence_all: float | None
    closures: Closures
    acceleration: NDArray[np.float64]
    vowels: VowelOpenings | None


def measure_motion(
    clip: MotionClip,
    phones: Sequence[Phone],
    face: FaceModel | None = None,
    speech: SpeechFeatures | None = None,
) -> MotionReport:
    """Measure a clip against the phones that were said.

    Args:
        clip: any model's clip.
        phones: reference phones with times.
        face: the head of the clip's basis. Without it, coefficients of ``elocute-head-1`` are measured.

        speech: the recording, for measures against the sound.

    Raises:
        ValueError: the face is of another basis, or none is given for a clip that needs one.
    """
    signals, fps = mouth_signals(clip, face), clip.fps
    opening = signals.opening
    closed, bilabials = contact_share(opening, phones, BILABIALS, fps, LIP_CONTACT_METRES)
    teeth = signals.lip_to_teeth
    if teeth is None:
        teeth = np.full(clip.frames, np.inf)
    touching, labiodentals = contact_share(teeth, phones, LABIODENTALS, fps, TEETH_CONTACT_METRES)
    lag, correlation = opening_lag(opening, phones, fps)
    lips = kinematics(np.maximum(opening, 0.0), fps)
    head_speed, head_acceleration = rotation_extremes(clip.head, fps)
    return MotionReport(
        bilabials_closed=closed,
        bilabials=bilabials,
        labiodentals_touching=None if signals.lip_to_teeth is None else touching,
        labiodentals=labiodentals,
        rounding=excess_over_median(signals.rounding, phones, ROUNDED, fps),
        open_vowels=peak_mean(opening, phones, OPEN, fps),
        silence_closed=closed_in_silence(opening, phones, fps, SILENT_METRES),
        lag_seconds=lag,
        lag_correlation=correlation,
        opening_mean_jerk=lips.mean_jerk,
        opening_max_acceleration=lips.max_acceleration,
        jaw_max_speed=kinematics(clip.jaw, fps).max_speed,
        head_max_speed=head_speed,
        head_max_acceleration=head_acceleration,
        blinks_per_minute=blinks_per_minute(clip),
        silence_all=closed_in_every_silence(opening, phones, fps, SILENT_METRES),
        closures=closures(opening, phones, fps),
        acceleration=np.abs(np.diff(np.maximum(opening, 0.0), 2)) * fps**2,
        vowels=None if speech is None else vowel_openings(opening, phones, speech, fps),
    )
