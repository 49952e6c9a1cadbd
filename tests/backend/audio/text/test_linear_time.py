"""No text can keep the service busy: the time that a transcript takes grows with its length, not faster."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from elocute.audio.phones.language_model import transcript_language_model
from elocute.audio.text.english.lexicon import Lexicon
from elocute.audio.text.english.reading import english_words as words_of
from elocute.audio.text.plain import MAX_CHARACTERS, plain_text
from elocute.audio.text.reading import read_transcript
from elocute.errors import InputError

_UNITS = [
    "1,", "1", "1.", "1:1", "12:", "1/", "1-", "-1", "$1", "$1,", "$", "\u00a31.", "1,000,", "1st", "1s",
    "'1", "007", "1 ", "1th,", "\u00bd", "\u00b2", "\u00b0", "%", "#1", "+1", "a.", "A.", "A", "a", "AB",
    "ab.", "B", "mr", "Mr.", "St. ", "e.g.", "I", "V", "IV ", "a'", "'", "\u00b4", "\u2019", "-", "\u2013",
    "\u2014", "\u2026", "...", ".", ",", "?!", "*", "**", "* ", "*a", "**a", "_", "~", "`", "<", "<a",
    "<a>", "< ", ">", "[", "[a", "[a]", "]", "(", "(a", "(a)", "((", ")", "{", "{a", "}", "{{", "&",
    "&amp;", "&#", "&#1;", "&a", "@", "a@", "a@b.", "www.", "http://", "://", "a/", "/", "\\", "|", "|-",
    "=", "a:", "A:", "A: ", "A:\n", "A\n", "\n", "\r\n", "\n\n", " ", "\t", "\u00a0", "\u00ad", "\u200b",
    "\u0301", "e\u0301", "\u00df", "\u03a9", "\u043c\u0438\u0440", "\u6f22", "\u30ab", "\ud55c", "\u0627",
    "\ufb03", "\uff21", "\uff11", "\ufdfa", "\u2063", "\ud800", "1\n",
    "1\n00:00:00,000 --> 00:00:01,000\na\n\n", "00:00,", "00:00:00.000 --> ", "-->", "[00:01.00]",
    "[00:01.00]a\n", "WEBVTT\n\n", "{\\b1}", "{\\rtf1 ", "INT. ", "INT. A - DAY\n", "x<y ", "sh*t ", "*a* ",
    "**a** ", "5km ", "5 km/h ", "1e", "1e1", "0x", "1.1.", "v1.", "555-", "+1 555 ", "1x", "1 1/2 ",
    "1,5 \u20ac", "12,50 \u20ac ", "a.a", "a-", "-a", "qu", "o'", "zzz", "e", "ing", "able",
]  # fmt: skip
_SHORT, _LONG = 2_000, 8_000
_LARGEST_GROWTH = 9.0
"""Of the time for four times the text: 4 is linear, 16 is quadratic."""
_UNMEASURABLE = 0.005


def _seconds(function: Callable[[str], object], text: str, tries: int) -> float:
    spent: list[float] = []
    for _ in range(tries):
        began = time.process_time()
        function(text)
        spent.append(time.process_time() - began)
    return min(spent)


def assert_linear(function: Callable[[str], object], unit: str, tail: str) -> None:
    """Four times the text takes about four times the time; measured again before it counts as a fault."""
    short, long = ("so " + (unit * (size // len(unit) + 1))[:size] + tail for size in (_SHORT, _LONG))
    for tries in (1, 3, 5):
        before = max(_seconds(function, short, tries), _UNMEASURABLE)
        if _seconds(function, long, tries) < before * _LARGEST_GROWTH:
            return
    raise AssertionError(f"{unit!r} repeated takes more than linear time")


def english_words(text: str) -> object:
    return words_of(plain_text(text).text)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon()


@pytest.mark.parametrize("unit", _UNITS, ids=ascii)
def test_reading_a_transcript_takes_linear_time(unit):
    assert_linear(english_words, unit, "x1")


@pytest.mark.parametrize(
    "unit", ["a", "b", "ab ", "able", "zorg ", "'a", "AB ", "e", "Ab", "ing", "x1 ", "foo"]
)
def test_pronouncing_a_transcript_takes_linear_time(lexicon, unit):
    def pronounce(text: str) -> None:
        script = lexicon.pronounce(english_words(text)[0])
        transcript_language_model(script.words)
        lexicon.dictionary_of(script)

    assert_linear(pronounce, unit, "a")


@pytest.mark.parametrize(
    "text",
    ["1" * 5000, "1" * 5000 + "st", "$" + "1" * 5000, "1" * 5000 + ".5", "$1" + ",111" * 2000 + " million"],
)
def test_numbers_of_any_length_are_read(text):
    words, unread = english_words(text)
    assert len(words) > 4999
    assert not unread


def test_a_text_beyond_the_limit_is_refused_in_one_sentence():
    assert english_words("a " * (MAX_CHARACTERS // 2))[0]
    with pytest.raises(InputError, match=r"100,002 characters; at most 100,000"):
        english_words("a " * (MAX_CHARACTERS // 2 + 1))


@pytest.mark.parametrize(
    ("language", "unit"),
    [
        ("de", "Meine beste "), ("de", "1."), ("de", "1. "), ("de", "1,"), ("de", "a.b."), ("de", "0 12 "), ("de", "ß "), ("fr", "l'"),
        ("fr", "1er "), ("es", "1a"), ("ja", "私の友達は"), ("ja", "1"), ("ja", "っ"), ("ja", "は"), ("ja", "n"), ("ja", "a"),
        ("zh", "我们去银行"), ("zh", "1"), ("zh", "xian"), ("zh", "'"), ("ko", "안 "), ("hi", "\u093e"), ("tr", "İ "), ("auto", "ab "), ("auto", "漢"),
    ],
)  # fmt: skip
def test_other_languages_take_linear_time(language, unit):
    read_transcript("so " + unit, language)  # the rules of a language are read once
    assert_linear(lambda text: read_transcript(text, language), unit, "x1")
