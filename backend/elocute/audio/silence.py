"""Silence as a recording: what a face that says nothing is given to perform."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from typing import Final

import numpy as np

from elocute.audio.analysis import analyse_speech
from elocute.audio.recording_limits import LONGEST_SECONDS, SHORTEST_SECONDS
from elocute.audio.sound import Audio
from elocute.audio.speech_features import SAMPLE_RATE, SpeechFeatures
from elocute.errors import SettingsError

_LIMITS: Final = f"Give {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} seconds."


def silent_speech(seconds: float) -> SpeechFeatures:
    """The features of so many seconds of silence, the same for every call.

    Raises:
        SettingsError: it is too short, too long, or no length.
    """
    if not (math.isfinite(seconds) and SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS):
        raise SettingsError(f"{seconds:g} seconds are out of range.", _LIMITS)
    samples = np.zeros(max(round(seconds * SAMPLE_RATE), 1), np.float32)
    digest = hashlib.sha256(samples.tobytes()).hexdigest()
    sound = Audio(samples, len(samples) / SAMPLE_RATE, SAMPLE_RATE, 1, digest)
    # Nobody who asks for silence has to be told that nothing is heard.
    return replace(analyse_speech(sound, phones="off"), notes=(), sound_notes=())
