"""How far a phone of a word is believed: by the word, and by what is heard where it stands.

A text that was given is believed until the sounds contradict it. Recognised words are wrong now and then,
most of all in noise, and a word that is wrong shuts the mouth where nobody does. What tells wrong ones from
right ones was measured on 971 P, B and M in recognised words, of 37 recordings each spoiled in eight ways
(noise, music, echoes, a telephone, a child's voice, whisper, fast, slow): the recogniser's own doubt, the
cost of the word (:mod:`elocute.audio.phones.word_alignment`), and the probability of such lips by the sound
alone. The weights are a logistic regression of whether the contact is there; the bias is moved so that a
contact is made by half where as many right ones are lost as wrong ones are kept.
"""

from __future__ import annotations

import math
from typing import Final

_TOLD_BELIEF: Final = 0.9
"""In a phone of a word that was given, before the sound is looked at, where the word's cost is low."""
_BELIEF_FALLS: Final = 3.0
_BELIEF_ENDS: Final = 8.0
"""Costs between which that belief goes: words that were said cost up to 3, or more in noise."""
_BIAS: Final = 2.5
_DOUBT: Final = 1.32
_COST: Final = 0.2
_LIPS: Final = 0.35
_LEAST_LIPS: Final = 0.01


def told_confidence(cost: float, lips: float) -> float:
    """Probability of a phone of a text that was given.

    Args:
        cost: of its word, per phone.
        lips: probability of lips like its by the sound alone.
    """
    belief = _TOLD_BELIEF * min(max((_BELIEF_ENDS - cost) / (_BELIEF_ENDS - _BELIEF_FALLS), 0.0), 1.0)
    return 1.0 - (1.0 - belief) * (1.0 - lips)


def recognised_confidence(cost: float, doubt: float, lips: float) -> float:
    """Probability of a phone of a recognised word.

    Args:
        cost: of the word, per phone.
        doubt: the recogniser's -log probability of the word's least sure piece.
        lips: probability of lips like the phone's by the sound alone.
    """
    heard = min(max(lips, _LEAST_LIPS), 1.0 - _LEAST_LIPS)
    odds = _BIAS - _COST * max(cost, 0.0) - _DOUBT * doubt + _LIPS * math.log(heard / (1.0 - heard))
    return 1.0 / (1.0 + math.exp(-odds))
