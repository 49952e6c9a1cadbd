"""Which words the decoder's dictionary has, and pronunciations for those that it lacks."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from elocute.audio.text.english.dictionary_file import DictionaryFile
from elocute.audio.text.english.letter_to_sound import sound_out, spell
from elocute.audio.text.english.more_words import MORE_WORDS
from elocute.audio.text.english.written_word import WrittenWord

_USERS_OWN = "POCKETSPHINX_PATH"
"""Variable of pocketsphinx that says where its models are, if not in its wheel."""
_VOICELESS = {"P", "T", "K", "F", "TH"}
_HISSING = {"S", "Z", "SH", "ZH", "CH", "JH"}
_SHORTEST_PART = 3
_MOST_VARIANTS = 9
_VOWELS = re.compile("[aeiouy]")
_LONGEST_SPELLED = 3
"""Letters of an abbreviation that is spelled out even if it could be said as a word."""
_UNSPEAKABLE = re.compile(
    "^(?![bcdfgkpst][lr]|s[cklmnpqtw]|[cst]h|[dt]w)[^aeiouy]{2}|[^aeiouy]{3}|[aeiou]{3}"
    "|[^aeiouylmnrsz][^aeiouylmnrstdhz]$"
)


@dataclass(frozen=True)
class Pronounced:
    """A transcript ready for alignment.

    Attributes:
        words: keys to align, in order: dictionary words or keys of ``extra``.
        extra: key -> phones, for words the dictionary lacks.
        guessed: words whose pronunciation is a guess, each once.
    """

    words: tuple[str, ...]
    extra: dict[str, str]
    guessed: tuple[str, ...]


class Lexicon:
    """The dictionary of pocketsphinx's English model, read from its wheel without loading the decoder.

    Where pocketsphinx is not installed only the words of our own table are known, and all others sounded out.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._phones = _dictionary(path)
        self._own: dict[str, str] = {}
        for word, pronunciations in MORE_WORDS.items():
            for number, phones in enumerate(pronunciations, 1):
                key = word if number == 1 else f"{word}({number})"
                if word not in self._phones:
                    self._own[key] = phones

    def __contains__(self, word: object) -> bool:
        return word in self._phones or word in self._own

    @property
    def has_dictionary(self) -> bool:
        """Whether there is any: without one that a word is unknown says nothing about it."""
        return bool(self._phones)

    def in_dictionary(self, word: str) -> bool:
        """Whether the decoder's own dictionary has the word."""
        return word in self._phones

    def pronounce(self, words: Sequence[WrittenWord]) -> Pronounced:
        """Find every word, or make up a pronunciation: from its parts, else letter by letter."""
        keys: list[str] = []
        extra: dict[str, str] = {}
        guessed: list[str] = []
        for each in words:
            word = each.text
            keys.append(word)
            if word in self._phones or word in extra:
                continue
            if word in self._own:
                extra[word] = self._own[word]
                continue
            letters = each.spelled_out and not _reads_as_word(word)
            phones = self._initials(word) if letters else self._compose(word)
            if phones is None:
                phones = " ".join(sound_out(word))
                guessed.append(word)
            extra[word] = phones
        return Pronounced(tuple(keys), extra, tuple(dict.fromkeys(guessed)))

    def variants(self, word: str, script: Pronounced) -> tuple[str, ...]:
        """Every pronunciation of one of the script's words, the likeliest first; spaces between phones."""
        keys = (word, *(f"{word}({number})" for number in range(2, _MOST_VARIANTS + 1)))
        for words in (self._phones, self._own):
            known = tuple(words[key] for key in keys if key in words)
            if known:
                return known
        return (script.extra[word],)

    def dictionary_of(self, script: Pronounced) -> str:
        """A dictionary file of the script's words alone, with every pronunciation that is known.

        A decoder needs seconds to prepare all 135,000 words for a new language model.
        """
        lines: list[str] = []
        for word in sorted(set(script.words)):
            if word in script.extra:
                lines.append(f"{word} {script.extra[word]}")
            variants = (word, *(f"{word}({number})" for number in range(2, _MOST_VARIANTS + 1)))
            lines += [f"{each} {self._phones[each]}" for each in variants if each in self._phones]
        return "\n".join(lines) + "\n"

    def _initials(self, word: str) -> str:
        stem = word.rstrip("s") or word
        return " ".join((*spell(stem), *(("Z",) if stem != word else ())))

    def _compose(self, word: str) -> str | None:
        """The word as a known word with an ending, or as two known words."""
        for ending in ("'s", "s'", "s", "'"):
            if word.endswith(ending) and word[: -len(ending)] in self._phones:
                return self._with_s(self._phones[word[: -len(ending)]]) if "s" in ending else None
        for ending, phones in (
            ("in'", "AH N"),
            ("ing", "IH NG"),
            ("ness", "N AH S"),
            ("less", "L AH S"),
            ("ly", "L IY"),
        ):
            stem = word.removesuffix(ending)
            for candidate in (stem, stem + "e"):
                if stem != word and len(stem) >= _SHORTEST_PART and candidate in self._phones:
                    return f"{self._phones[candidate]} {phones}"
        whole = self._two_words(word.replace("'", ""))
        if whole is None and word.endswith("s"):
            parts = self._two_words(word.removesuffix("s").removesuffix("'"))
            return self._with_s(parts) if parts else None
        return whole

    def _two_words(self, plain: str) -> str | None:
        """The cut into two known words of the most equal length."""
        best: tuple[int, str] | None = None
        for cut in range(_SHORTEST_PART, len(plain) - _SHORTEST_PART + 1):
            first, second = plain[:cut], plain[cut:]
            if first in self._phones and second in self._phones:
                balance = min(len(first), len(second))
                if best is None or balance > best[0]:
                    best = (balance, f"{self._phones[first]} {self._phones[second]}")
        return best[1] if best else None

    @staticmethod
    def _with_s(phones: str) -> str:
        last = phones.rsplit(" ", 1)[-1]
        if last in _HISSING:
            return phones + " AH Z"
        return phones + (" S" if last in _VOICELESS else " Z")


def _reads_as_word(capitals: str) -> bool:
    """Whether an abbreviation that the dictionary lacks is said as a word: COVID is, GPU and HTML are not."""
    stem = capitals.removesuffix("'s").removesuffix("s") or capitals
    if len(stem) <= _LONGEST_SPELLED or not _VOWELS.search(stem):
        return False
    return _UNSPEAKABLE.search(stem) is None


def _dictionary(path: Path | None) -> Mapping[str, str]:
    """Word -> phones with spaces between; empty without a file."""
    if path is not None:
        return _in_any_order(path)
    wheel = dictionary_path()
    if wheel is None:
        return {}
    # What a user has put there may be in another order than the wheel's.
    return _in_any_order(wheel) if os.environ.get(_USERS_OWN) else DictionaryFile(wheel.read_bytes())


def _in_any_order(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            word, _, phones = line.rstrip().partition(" ")
            found[word] = phones
    return found


def dictionary_path() -> Path | None:
    """Where pocketsphinx keeps its English dictionary; None where it is not installed.

    In its wheel, or where its own variable says that its model is.
    """
    if folder := os.environ.get(_USERS_OWN):
        return Path(folder) / "en-us" / "cmudict-en-us.dict"
    spec = importlib.util.find_spec("pocketsphinx")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "model" / "en-us" / "cmudict-en-us.dict"
