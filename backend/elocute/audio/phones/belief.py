"""How far a phone is believed: by its word, if it is of one, and by what is heard where it stands.

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

_HEARD_SLOPE: Final = 0.77
_HEARD_BIAS: Final = 1.0
"""Of a logistic regression of whether a closure that is heard is there, on the logarithm of the odds that the
recogniser gives it: of 2,000 in 35 sentences and recordings, each in ten conditions, recordings of people
counted four times. Of those it gives 20 to 40 % half and more are there."""
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
_DOUBTFUL: Final = 0.35
"""Probability of recognised words under which only words that cost less than the next number are believed."""
_COST_IF_DOUBTFUL: Final = 0.7
_COST_PER_PROBABILITY: Final = 4.2


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
    return _by_odds(_BIAS - _COST * max(cost, 0.0) - _DOUBT * doubt + _LIPS * _log_odds(lips))


def heard_confidence(lips: float) -> float:
    """Probability of a phone that is heard without any word.

    Args:
        lips: probability of lips like its by the recogniser, which doubts most where it knows voice or
            language little.
    """
    return _by_odds(_HEARD_SLOPE * _log_odds(lips) + _HEARD_BIAS)


def words_agree(probability: float, cost: float) -> bool:
    """Whether recognised words are what was said, and not what was made of another language.

    A recogniser of English writes English whatever it hears. What it makes of other languages it writes with
    less probability, and the sounds heard contradict it more. Over 243 pieces (plain, in noise, over a
    telephone; English in a room and as a child, too) this line keeps all 49 of ten people's that fit at all,
    and 62 of 70 of synthesized English, the others being robots' in noise; of 120 pieces of nine other
    languages it keeps 10 that fit the sounds, where 32 fit without it.

    Args:
        probability: geometric mean over the pieces that the recogniser wrote.
        cost: of the words by the sounds heard, per phone.
    """
    return cost <= _COST_IF_DOUBTFUL + _COST_PER_PROBABILITY * (probability - _DOUBTFUL)


def _log_odds(probability: float) -> float:
    held = min(max(probability, _LEAST_LIPS), 1.0 - _LEAST_LIPS)
    return math.log(held / (1.0 - held))


def _by_odds(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))
