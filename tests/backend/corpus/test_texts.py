from __future__ import annotations

import re

import numpy as np
import pytest

from elocute.audio.phone import ARPABET
from elocute.audio.text.english.lexicon import Lexicon
from elocute.audio.text.english.reading import english_words
from elocute.audio.text.plain import plain_text
from elocute.corpus import sentence_patterns
from elocute.corpus.texts import LANGUAGES, patterns_of, sentences
from elocute.errors import SettingsError

POOLS = [getattr(sentence_patterns, name) for name in dir(sentence_patterns) if name.isupper()]


def spoken(language="en", split="train", count=400, seed=0):
    return sentences(np.random.default_rng(seed), language, split, count)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_whole_and_the_same_for_a_seed(language):
    said = spoken(language)
    assert said == spoken(language)
    assert said != spoken(language, seed=1)
    assert len(set(said)) > 20
    for text in said:
        assert not re.search(r"[{}_]|  ", text), text
        assert text[-1] in ".!?", text
        first = next(letter for letter in text if letter.isalnum())
        assert first.isupper() or first.isdigit(), text


def test_the_splits_share_no_pattern_and_leave_none_out():
    for pool in POOLS:
        train, test = patterns_of(pool, "train"), patterns_of(pool, "test")
        assert test
        assert not set(train) & set(test)
        assert set(train) | set(test) == set(pool)


def test_the_front_end_knows_nearly_every_word_and_all_phones_occur():
    lexicon = Lexicon()
    counts = dict.fromkeys(ARPABET, 0)
    guessed, total = set(), set()
    for seed in range(10):
        for text in spoken(seed=seed):
            words, unread = english_words(plain_text(text).text)
            assert words, text
            assert not unread, text
            script = lexicon.pronounce(words)
            guessed |= set(script.guessed)
            total |= set(words)
            for line in lexicon.dictionary_of(script).splitlines():
                for phone in line.split()[1:]:
                    if phone in counts:
                        counts[phone] += 1
    assert len(total) > 600
    assert len(guessed) < 0.02 * len(total), guessed
    assert min(counts.values()) >= 40, counts


def test_articles_fit_the_next_word():
    for text in spoken(count=2000):
        assert not re.search(r"\b[Aa] [aeio]", text), text
        assert not re.search(r"\b[Aa]n [bcdfgjklmnpqrstvwxyz]", text), text


def test_an_unknown_language_is_refused():
    with pytest.raises(SettingsError, match="no sentences in 'fi'"):
        spoken("fi")
