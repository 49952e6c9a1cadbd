"""A recording in which nothing is said: every model is given silence, so that the mouth stays at rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from elocute.audio.decode import Audio
from elocute.audio.speech_presence import SpeechPresence, speech_presence

_FOUND: Final = {
    "silence": "Nothing is said in this recording: it is silent.",
    "too quiet": "Nothing can be heard in this recording: its loudest place is at {level:.0f} dB. "
    "If something is said in it, make it louder.",
    "noise": "No speech was found in this recording, only noise.",
    "music": "No speech was found in this recording, only music.",
}


def without_what_is_not_said(audio: Audio, told: bool) -> Audio:
    """Return the recording, known as spoken, where something is said, else as much silence, with a note.

    Noise and music look like speech to whatever only knows speech: words are made up for them, and lips move.

    Args:
        audio: a recording.
        told: the user has given the words.
    """
    presence = speech_presence(audio.samples, told=told)
    if presence.spoken:
        return replace(audio, spoken=True)
    return replace(
        audio, samples=np.zeros_like(audio.samples), notes=(*audio.notes, _sentence(presence, told))
    )


def _sentence(presence: SpeechPresence, told: bool) -> str:
    found = _FOUND[presence.reason].format(level=presence.level_db)
    unused = ", and the transcript was not used" if told else ""
    return f"{found} The mouth stays at rest{unused}."
