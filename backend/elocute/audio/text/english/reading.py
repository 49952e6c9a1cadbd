"""English words with their pronunciations, from the dictionary or by rule."""

from __future__ import annotations

from functools import lru_cache

from elocute.audio.text.arpabet_ipa import ipa_of
from elocute.audio.text.english.lexicon import Lexicon
from elocute.audio.text.english.verbalise import verbalise
from elocute.audio.text.english.written_word import WrittenWord, written_words
from elocute.audio.text.placed_text import PlacedText
from elocute.audio.text.spoken_word import Pronunciation, SpokenPhone


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The English dictionary, read once."""
    return Lexicon()


def english_words(text: PlacedText) -> tuple[tuple[WrittenWord, ...], tuple[str, ...]]:
    """The words of a plain text as they are said, and the parts in other scripts."""
    return written_words(verbalise(text))


def pronounced(words: tuple[WrittenWord, ...]) -> tuple[dict[str, tuple[Pronunciation, ...]], frozenset[str]]:
    """Pronunciations of each word by its text, and the words whose pronunciation is a guess."""
    script = lexicon().pronounce(words)
    pronunciations = {
        word: tuple(_phones(phones) for phones in lexicon().variants(word, script))
        for word in set(script.words)
    }
    return pronunciations, frozenset(script.guessed)


def _phones(arpabet: str) -> Pronunciation:
    return tuple(SpokenPhone(phone, ipa_of(phone)) for phone in arpabet.split())
