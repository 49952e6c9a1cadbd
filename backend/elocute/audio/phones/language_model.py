"""A 3-gram language model written from a transcript (ARPA format).

With it the decoder hears only the transcript's words, most likely in its order, yet words may be missing,
repeated or left out: what strict alignment does not forgive.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

_DISCOUNT = 0.3
_BEGIN, _END = "<s>", "</s>"

Gram = tuple[str, ...]


def transcript_language_model(words: Sequence[str]) -> str:
    """ARPA text of a 3-gram model with absolute discounting (Ney, Essen and Kneser 1994).

    A chunk of the recording may begin and end at any word, so the sentence marks carry no order.

    Args:
        words: the transcript, at least one word.
    """
    unigrams = Counter((word,) for word in words)
    bigrams: Counter[Gram] = Counter(pairwise(words))
    trigrams: Counter[Gram] = Counter(zip(words, words[1:], words[2:], strict=False))
    total = len(words) + 1
    one: dict[Gram, float] = {gram: count / total for gram, count in unigrams.items()}
    one[_END,] = 1.0 / total
    two = _discounted(bigrams)
    three = _discounted(trigrams)
    back_one = _backoff(two, one)
    back_two = _backoff(three, two)
    back_one[_BEGIN,] = 1.0
    lines = [
        "\\data\\",
        f"ngram 1={len(one) + 1}",
        f"ngram 2={len(two)}",
        f"ngram 3={len(three)}",
        "",
        "\\1-grams:",
        f"-99.0000 {_BEGIN} 0.0000",
    ]
    lines += [
        f"{_log(p)} {' '.join(gram)} {_log(back_one.get(gram, 1.0))}" for gram, p in sorted(one.items())
    ]
    lines += ["", "\\2-grams:"]
    lines += [
        f"{_log(p)} {' '.join(gram)} {_log(back_two.get(gram, 1.0))}" for gram, p in sorted(two.items())
    ]
    lines += ["", "\\3-grams:"]
    lines += [f"{_log(p)} {' '.join(gram)}" for gram, p in sorted(three.items())]
    lines += ["", "\\end\\", ""]
    return "\n".join(lines)


def _discounted(counts: Counter[Gram]) -> dict[Gram, float]:
    contexts: Counter[Gram] = Counter()
    for gram, count in counts.items():
        contexts[gram[:-1]] += count
    return {gram: (count - _DISCOUNT) / contexts[gram[:-1]] for gram, count in counts.items()}


def _backoff(grams: dict[Gram, float], lower: dict[Gram, float]) -> dict[Gram, float]:
    """Weight of the lower order after each context: the mass left over, shared among unseen words."""
    seen: defaultdict[Gram, float] = defaultdict(float)
    covered: defaultdict[Gram, float] = defaultdict(float)
    for gram, probability in grams.items():
        seen[gram[:-1]] += probability
        covered[gram[:-1]] += lower[gram[1:]]
    return {context: (1.0 - seen[context]) / max(1.0 - covered[context], 1e-3) for context in seen}


def _line(gram: Gram, probability: float, backoff: float) -> str:
    return f"{_log(probability)} {' '.join(gram)} {_log(backoff)}"


def _log(probability: float) -> str:
    return f"{math.log10(max(probability, 1e-9)):.4f}"
