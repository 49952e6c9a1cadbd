"""Features of a short made-up line for models that hear phones."""

from __future__ import annotations

import numpy as np

from elocute.audio.phone import Phone
from elocute.audio.speech_features import MEL_BANDS, SUBFRAMES, SpeechFeatures

PHONES = (
    Phone("SIL", 0.0, 0.4),
    Phone("M", 0.4, 0.52),
    Phone("AA", 0.52, 0.75),
    Phone("P", 0.75, 0.83),
    Phone("IY", 0.83, 1.1),
    Phone("SIL", 1.1, 1.5),
)


def spoken_line(
    phones: tuple[Phone, ...] | None = PHONES, seconds: float = 1.5, source: str = "transcript"
) -> SpeechFeatures:
    """T = ceil(25 * seconds) frames of sound that rises in the middle, with the phones given."""
    frames = int(np.ceil(seconds * 25))
    rng = np.random.default_rng(3)
    shape = np.sin(np.pi * (np.arange(frames) + 0.5) / frames)
    mel = -14.0 + 9.0 * shape[:, None, None] + rng.normal(0, 1, (frames, SUBFRAMES, MEL_BANDS))
    return SpeechFeatures(
        seconds=seconds,
        log_mel=mel.astype(np.float32),
        energy_db=(-60 + 40 * shape).astype(np.float32),
        pitch_hz=np.where(shape > 0.5, 120.0 + 20 * shape, 0.0).astype(np.float32),
        voicing=(shape > 0.5).astype(np.float32),
        phones=phones,
        words=(),
        phone_source="none" if phones is None else source,
        transcript=None,
        audio_sha256="cd" * 32,
        notes=("a note",),
    )
