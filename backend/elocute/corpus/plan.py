"""The utterances of a corpus: voice, language and split of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from elocute.corpus.spoken import Voice
from elocute.corpus.texts import Split

MEAN_SECONDS: Final = 11.0
"""Length that an utterance has on average, near enough to plan by."""
_HUMAN_VOICES: Final = (
    (Voice("flite", "slt"), 2.0),
    (Voice("festival", "cmu_us_slt_arctic_hts"), 2.0),
    (Voice("flite", "rms"), 1.5),
    (Voice("flite", "kal16"), 1.2),
    (Voice("festival", "kal_diphone"), 1.2),
    (Voice("flite", "kal"), 0.5),
)
_ESPEAK_ENGLISH: Final = ("en-us", "en", "en-gb-x-rp", "en-us-nyc")
_ESPEAK_VARIANTS: Final = (
    *("", "+f1", "+f2", "+f3", "+f5", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+klatt", "+klatt4"),
    *("+Andrea", "+steph", "+belinda", "+linda", "+Alex", "+Mario", "+grandma", "+edward"),
)
_TRAIN_LANGUAGES: Final = ("es", "fr", "de", "sv")
_FOREIGN_VARIANTS: Final = ("", "+f1", "+f2", "+f5", "+m2", "+m3", "+m7", "+steph", "+Alex")
_SHARE_ESPEAK_ENGLISH: Final = 0.13
_SHARE_FOREIGN: Final = 0.12
_TEST_VOICES: Final = (
    (Voice("flite", "awb"), 16),
    (Voice("festival", "ked_diphone"), 12),
    (Voice("espeak", "en-gb-scotland+f4"), 6),
    (Voice("espeak", "it+f4", "it"), 6),
)
_SPLIT_KEY: Final = {"train": 1, "test": 2}


@dataclass(frozen=True)
class UtterancePlan:
    """What an utterance's making starts from.

    Attributes:
        name: unique in the corpus; names its files.
        split: ``train`` or ``test``; they share neither voices nor sentence patterns.
        voice: who speaks.
        seed: what everything else is drawn from.
    """

    name: str
    split: Split
    voice: Voice
    seed: tuple[int, int, int]

    def random(self) -> np.random.Generator:
        """A fresh generator, the same each time."""
        return np.random.default_rng(self.seed)


def planned(seed: int, hours: float, tests: int) -> list[UtterancePlan]:
    """The utterances of a corpus: those of the test split first, then train ones with the voices mixed.

    An utterance depends on the seed and its number only, so that more hours add to the same corpus.

    Args:
        seed: of the corpus.
        hours: length of the train split.
        tests: utterances of the test split.
    """
    plans = list(_tests(seed, tests))
    for number in range(round(hours * 3600.0 / MEAN_SECONDS)):
        key = (seed, _SPLIT_KEY["train"], number)
        # the voice has a generator of its own, so that it does not decide what else is drawn
        voice = _train_voice(np.random.default_rng((*key, 0)))
        plans.append(UtterancePlan(f"train_{number:05d}", "train", voice, key))
    return plans


def _tests(seed: int, tests: int) -> Iterator[UtterancePlan]:
    turns = [voice for voice, count in _TEST_VOICES for _ in range(count)]
    np.random.default_rng((seed, _SPLIT_KEY["test"])).shuffle(turns)
    for number in range(tests):
        key = (seed, _SPLIT_KEY["test"], number)
        yield UtterancePlan(f"test_{number:05d}", "test", turns[number % len(turns)], key)


def _train_voice(rng: np.random.Generator) -> Voice:
    kind = rng.random()
    if kind < _SHARE_FOREIGN:
        language = str(rng.choice(_TRAIN_LANGUAGES))
        return Voice("espeak", language + str(rng.choice(_FOREIGN_VARIANTS)), language)
    if kind < _SHARE_FOREIGN + _SHARE_ESPEAK_ENGLISH:
        return Voice("espeak", str(rng.choice(_ESPEAK_ENGLISH)) + str(rng.choice(_ESPEAK_VARIANTS)))
    weights = np.array([weight for _, weight in _HUMAN_VOICES])
    return _HUMAN_VOICES[int(rng.choice(len(weights), p=weights / weights.sum()))][0]
