"""Seeded sentences to be spoken: conversation- and news-like English, simple ones in other languages."""

from __future__ import annotations

import re
from typing import Final, Literal

import numpy as np

from elocute.corpus.foreign_patterns import FOREIGN
from elocute.corpus.sentence_patterns import EXCLAMATIONS, NEWS, QUESTIONS, SHORT, STATEMENTS
from elocute.corpus.vocabulary import VOCABULARY
from elocute.errors import SettingsError

Split = Literal["train", "test"]
LANGUAGES: Final = ("en", *FOREIGN)
_TEST_EVERY = 5
_SLOT = re.compile(r"\{(\w+)\}")
_KINDS: Final = {
    "conversation": ((STATEMENTS, 0.42), (QUESTIONS, 0.22), (EXCLAMATIONS, 0.14), (SHORT, 0.22)),
    "news": ((NEWS, 0.7), (STATEMENTS, 0.25), (QUESTIONS, 0.05)),
}
_SHARE_OF_NEWS = 0.3
_FILLER_IN_FRONT = 0.15


def sentences(rng: np.random.Generator, language: str, split: Split, count: int) -> list[str]:
    """Sentences that could follow one another.

    Args:
        rng: decides everything.
        language: one of :data:`LANGUAGES`.
        split: every fifth pattern of each kind is kept for ``test``, the others are for ``train``.
        count: how many.

    Raises:
        SettingsError: a language there are no patterns for.
    """
    if language == "en":
        kind = "news" if rng.random() < _SHARE_OF_NEWS else "conversation"
        pools, weights = zip(*_KINDS[kind], strict=True)
        drawn = rng.choice(len(pools), size=count, p=weights)
        return [_english(rng, patterns_of(pools[pool], split), kind) for pool in drawn]
    if language not in FOREIGN:
        raise SettingsError(f"There are no sentences in {language!r}.", f"Use one of {', '.join(LANGUAGES)}.")
    grammar = FOREIGN[language]
    patterns = grammar.patterns
    return [
        _capital(_SLOT.sub(lambda slot: str(rng.choice(grammar.words[slot[1]])), str(rng.choice(patterns))))
        for _ in range(count)
    ]


def patterns_of(pool: tuple[str, ...], split: Split) -> tuple[str, ...]:
    """The patterns of a pool that belong to a split."""
    return tuple(
        pattern for place, pattern in enumerate(pool) if (place % _TEST_EVERY == 0) == (split == "test")
    )


def _english(rng: np.random.Generator, patterns: tuple[str, ...], kind: str) -> str:
    text = _SLOT.sub(lambda slot: _word(rng, slot[1]), str(rng.choice(patterns)))
    if kind == "conversation" and rng.random() < _FILLER_IN_FRONT:
        text = f"{rng.choice(VOCABULARY['filler'])}, {_lower_first(text)}"
    return _capital(_articles(text))


def _word(rng: np.random.Generator, slot: str) -> str:
    if slot == "number":
        return str(int(rng.choice([7, 12, 15, 24, 30, 42, 55, 60, 75, 90, 150, 250, 500, 1200, 5000])))
    if slot == "small":
        return str(rng.choice(("two", "three", "four", "five", "six", "seven", "eight", "nine", "twelve")))
    if slot == "year":
        return str(int(rng.integers(1950, 2040)))
    if slot == "clock":
        return f"{int(rng.integers(1, 13))}:{int(rng.choice([0, 15, 20, 30, 45])):02d}"
    if slot == "list":
        chosen = rng.choice(VOCABULARY["things"], size=int(rng.integers(3, 5)), replace=False)
        return ", ".join(map(str, chosen[:-1])) + f" and {chosen[-1]}"
    return str(rng.choice(VOCABULARY[slot]))


def _articles(text: str) -> str:
    """``a`` before a vowel becomes ``an``."""
    return re.sub(r"\b([Aa]) (?=[aeioAEIO]|u(?!s|ni))", r"\1n ", text)


def _capital(text: str) -> str:
    for place, letter in enumerate(text):
        if letter.isalpha():
            return text[:place] + letter.upper() + text[place + 1 :]
    return text


def _lower_first(text: str) -> str:
    """The text as the continuation of a sentence; names and ``I`` keep their capital."""
    first = text.split(" ", 1)[0].strip(",.!?")
    keeps = first.startswith("I") and first.split("'")[0] == "I"
    named = any(name.startswith(first) for name in VOCABULARY["name"] + VOCABULARY["place_name"])
    return text if keeps or named else text[0].lower() + text[1:]
