"""Words in the International Phonetic Alphabet, by espyak: espeak-ng's rules in Python (GPL-3)."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

_MOST_IN_CONTEXT: Final = 20_000
"""Letters of a text that is read in its sentences; a longer one is read word by word, each word once."""
_SENTENCE: Final = 40
_LOCK: Final = threading.Lock()
"""An espyak translator keeps what it works on in itself."""


def espyak_is_installed() -> bool:
    """Whether there are any rules."""
    return importlib.util.find_spec("espyak") is not None


@lru_cache(maxsize=2)
def _translator(voice: str) -> Any:
    from espyak import G2P

    return G2P(voice)


@lru_cache(maxsize=20_000)
def _alone(voice: str, word: str) -> str:
    return _phonemize(voice, word).replace(" ", "")


def _phonemize(voice: str, text: str) -> str:
    with _LOCK:
        spoken: str = _translator(voice).phonemize(text)
    return spoken


def phonemes(words: Sequence[str], voice: str) -> tuple[str, ...]:
    """IPA of each word as it sounds between its neighbours; empty where the rules have nothing.

    Raises:
        ModuleNotFoundError: espyak is not installed.
    """
    if sum(len(word) for word in words) > _MOST_IN_CONTEXT:
        return tuple(_alone(voice, word) for word in words)
    spoken: list[str] = []
    for start in range(0, len(words), _SENTENCE):
        part = words[start : start + _SENTENCE]
        together = _phonemize(voice, " ".join(part)).split()
        # words that the rules join or take apart cannot be told from their neighbours
        spoken += together if len(together) == len(part) else [_alone(voice, word) for word in part]
    return tuple(spoken)
