"""What the mouth does besides speaking: smiles around phrases, lips pressed and swallows in pauses."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phrasing import Prosody
from elocute.behaviour.curve_shapes import add_bump, add_step
from elocute.models.rules.mouth import MouthMood
from elocute.models.rules.style_track import StyleTrack

FloatArray = NDArray[np.float64]

_SMILE_LEAD_SECONDS: Final = 0.40
"""A smile is on its way before the word that it belongs to."""
_SMILE_SECONDS: Final = 0.55
"""Onset of a spontaneous smile, half a second or more (Schmidt, Cohn and Tian 2003)."""
_PRESS_PAUSE_SECONDS: Final = 0.9
_SWALLOW_PAUSE_SECONDS: Final = 1.6
_PRESS_SHARE: Final = 0.45
_SWALLOW_SHARE: Final = 0.35


def mouth_mood(prosody: Prosody, style: StyleTrack, rng: np.random.Generator) -> MouthMood:
    """Smile and pressed lips for the frames of a style."""
    factor = np.full(style.frames, 0.85)
    press = np.zeros(style.frames)
    for phrase in prosody.phrases:
        # Drawn for every phrase, so that one pause more or less does not change all that follow.
        more, presses, swallows, moment, hard = rng.uniform(size=5)
        change = 0.45 * more - 0.05
        add_step(factor, phrase.start - _SMILE_LEAD_SECONDS, _SMILE_SECONDS, change)
        add_step(factor, phrase.end + 0.1, 0.9, -change)
        pause = phrase.pause_after
        if pause >= _PRESS_PAUSE_SECONDS and presses < _PRESS_SHARE:
            centre = phrase.end + 0.35 + moment * max(min(pause, 4.0) - 0.9, 0.0)
            add_bump(press, centre, 0.13 + 0.08 * hard, 0.35 + 0.45 * hard)
        if pause >= _SWALLOW_PAUSE_SECONDS and swallows < _SWALLOW_SHARE:
            centre = phrase.end + 0.6 + (1.0 - moment) * max(min(pause, 4.0) - 1.3, 0.0)
            add_bump(press, centre, 0.22, 0.7)
    tight = np.minimum(press + style.curve("press"), 1.0)
    return MouthMood(style.curve("smile") * np.clip(factor, 0.5, 1.4), tight)
