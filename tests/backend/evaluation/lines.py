"""Lines for tests of scores: made of numbers, performed by the rules model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from elocute.audio.phone import Phone
from elocute.audio.speech_features import MEL_BANDS, SUBFRAMES, SpeechFeatures
from elocute.clips_in_the_making import make_clips
from elocute.evaluation.of_motion.motion_statistics import Performance
from elocute.generator import GenerationSettings
from elocute.models.rules.generator import RulesGenerator
from elocute.motion.clip import MotionClip
from elocute.progress import Progress

LABELS = ["SIL", "M", "AA", "P", "AE", "F", "UW", "B", "OW", "V", "IY", "W", "AA", "M", "SIL"]


def speech(number: int = 0, labels: list[str] = LABELS) -> SpeechFeatures:
    """Phones of 0.16 s each, loud in vowels; ``number`` makes it another recording."""
    step, frames = 0.16, 4 * len(labels)
    phones = tuple(Phone(label, n * step, (n + 1) * step) for n, label in enumerate(labels))
    loud = np.repeat([label[0] in "AEIOU" for label in labels], 4)
    return SpeechFeatures(
        seconds=len(labels) * step,
        log_mel=np.full((frames, SUBFRAMES, MEL_BANDS), -6.0, np.float32),
        energy_db=np.where(loud, -20.0, -45.0).astype(np.float32),
        pitch_hz=np.where(loud, 120.0 + 5 * np.sin(np.arange(frames) + number), 0.0).astype(np.float32),
        voicing=loud.astype(np.float32),
        phones=phones,
        words=(),
        phone_source="transcript",
        transcript=None,
        audio_sha256=f"{number:064x}",
    )


def perform(heard: SpeechFeatures, style: str = "neutral", seed: int = 0, takes: int = 1) -> list[MotionClip]:
    """Takes of the rules model."""
    settings = GenerationSettings(style=style, seed=seed, takes=takes)
    return list(make_clips(RulesGenerator(), heard, settings, Progress()))


def performance(number: int = 0, style: str = "neutral", seed: int = 0) -> Performance:
    """One clip with its phones."""
    heard = speech(number)
    return Performance(perform(heard, style, seed)[0], heard.phones or ())


def parted(clip: MotionClip, opening: float = 0.1) -> MotionClip:
    """The clip with the jaw further open throughout, which opens every contact."""
    jaw = clip.jaw.copy()
    jaw[:, 0] += opening
    return replace(clip, jaw=jaw)
