"""What a recogniser of phones would give for words, made up without any sound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from elocute.audio.phones.heard_symbols import Hearing
from elocute.audio.phones.posteriors import Posteriors
from elocute.audio.text.spoken_word import SpokenWord

STEP = 0.02


def heard_as(words: Sequence[SpokenWord], seed: int, wrong: float = 0.12) -> Hearing:
    """What a recogniser would give for ``words``: spikes, some of them wrong, missing or too many."""
    rng = np.random.default_rng(seed)
    phones = [phone.ipa for word in words for phone in word.pronunciations[0]]
    symbols = ("", *sorted(set(phones)))
    frames: list[int] = []
    for ipa in phones:
        frames += [0] * int(rng.integers(2, 6))
        chance = rng.random()
        if chance > wrong / 3:
            frames.append(symbols.index(ipa) if chance > wrong else int(rng.integers(1, len(symbols))))
        if rng.random() < wrong / 4:
            frames += [0, int(rng.integers(1, len(symbols)))]
        if rng.random() < 0.02:
            frames += [0] * 20
    log_probs = np.full((len(frames), len(symbols)), -9.0, np.float16)
    log_probs += rng.random(log_probs.shape).astype(np.float16)
    log_probs[np.arange(len(frames)), frames] = -0.1
    return Hearing(Posteriors(log_probs, symbols, 0, STEP))
