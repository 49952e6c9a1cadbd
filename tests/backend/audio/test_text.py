from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.phone import ARPABET
from elocute.audio.phones.distribution import estimate_word_times, match_words, share_out
from elocute.audio.text.english.letter_to_sound import sound_out
from elocute.audio.text.english.lexicon import Lexicon
from elocute.audio.text.english.numbers import cardinal, ordinal, year
from elocute.audio.text.english.reading import english_words
from elocute.audio.text.english.written_word import WrittenWord
from elocute.audio.text.plain import plain_text


def _word(text: str, spelled_out: bool = False) -> WrittenWord:
    return WrittenWord(text, 0, len(text), spelled_out)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Hello, world!", "hello world"),
        ("It\u2019s a well-known 'fact'.", "it's a well known fact"),
        ("get 'em", "get 'em"),
        ("I have 21 cats", "i have twenty one cats"),
        ("1,234,567", "one million two hundred thirty four thousand five hundred sixty seven"),
        ("in 1998 and 2007", "in nineteen ninety eight and two thousand seven"),
        ("the 1990s", "the nineteen nineties"),
        ("3.14", "three point one four"),
        ("-5°", "minus five degrees"),
        ("007", "zero zero seven"),
        ("the 42nd", "the forty second"),
        ("$5.50 & 50%", "five dollars and fifty cents and fifty percent"),
        ("£2 million", "two million pounds"),
        ("at 5:30, 6:00 or 7:05", "at five thirty six o'clock or seven oh five"),
        ("Dr. Smith vs. Mr Brown", "doctor smith versus mister brown"),
        ("e.g. this", "for example this"),
        ("No. I said no.", "no i said no"),
        ("naïve café", "naive cafe"),
        ("wait [laughs] for *sighs* it <i>now</i>", "wait for it now"),
        ("the U.S.A. today", "the u s a today"),
        ("", ""),
        ("...!?", ""),
    ],
)
def test_transcripts_are_read_as_spoken(written, spoken):
    words, unread = english_words(plain_text(written).text)
    assert " ".join(word.text for word in words) == spoken
    assert unread == ()


def test_other_scripts_are_reported():
    words, unread = english_words(plain_text("hello мир").text)
    assert [word.text for word in words] == ["hello"]
    assert unread == ("мир",)


def test_capitals_are_marked_unless_everything_is():
    assert [word.spelled_out for word in english_words(plain_text("The FBI knows").text)[0]] == [
        False,
        True,
        False,
    ]
    assert [word.spelled_out for word in english_words(plain_text("THE FBI KNOWS").text)[0]] == [
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (100, "one hundred"),
        (1001, "one thousand one"),
        (-1_000_105, "minus one million one hundred five"),
        (10**15, "one" + " zero" * 15),
    ],
)
def test_cardinals(number, words):
    assert " ".join(cardinal(number)) == words


def test_ordinals_and_years():
    assert [" ".join(ordinal(n)) for n in (1, 3, 12, 20, 100)] == [
        "first",
        "third",
        "twelfth",
        "twentieth",
        "one hundredth",
    ]
    assert ordinal(10**15 + 2)[-2:] == ["zero", "second"]
    assert [" ".join(year(n)) for n in (1066, 1100, 2007)] == [
        "ten sixty six",
        "eleven hundred",
        "two thousand seven",
    ]
    assert [" ".join(year(n)) for n in (1905, 1900, 2000, 2024)] == [
        "nineteen oh five",
        "nineteen hundred",
        "two thousand",
        "twenty twenty four",
    ]


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("zorgblatt", "Z AO R G B L AE T"),
        ("wibbly", "W IH B L IY"),
        ("knight", "N AY T"),
        ("phoop", "F UW P"),
        ("dvd", "D IY V IY D IY"),
        ("xyz", "Z IH Z"),
    ],
)
def test_words_are_sounded_out(word, phones):
    assert " ".join(sound_out(word)) == phones


def test_sounding_out_never_fails_and_keeps_the_lips_of_known_words():
    lexicon = Lexicon()
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz'"))
    for _ in range(500):
        word = "".join(rng.choice(letters, int(rng.integers(1, 14)))).strip("'") or "a"
        phones = sound_out(word)
        assert phones
        assert set(phones) <= set(ARPABET)
    for word in ["bumblebee", "pamphlet", "improbable", "volume", "family", "bumper"]:
        known = lexicon.pronounce([_word(word)])
        assert known.extra == {}
        lips = [
            phone for phone in lexicon.dictionary_of(known).split("\n")[0].split()[1:] if phone in "PBMFV"
        ]
        assert [phone for phone in sound_out(word) if phone in "PBMFV"] == lips


def test_words_outside_the_dictionary_get_a_pronunciation():
    script = Lexicon().pronounce(
        [_word("blender"), _word("elocute"), _word("dvds", True), _word("voiceline's"), _word("zorgblatt's")]
    )
    assert script.words == ("blender", "elocute", "dvds", "voiceline's", "zorgblatt's")
    assert set(script.extra) >= {"elocute", "zorgblatt's"}
    assert script.guessed == ("zorgblatt's",)
    assert all(set(phones.split()) <= set(ARPABET) for phones in script.extra.values())


def test_known_words_with_endings_are_composed_and_not_guessed():
    script = Lexicon().pronounce([_word("lipsyncs"), _word("blendshape"), _word("xylophonists'")])
    assert "blendshape" not in script.guessed
    assert script.extra["blendshape"].endswith("SH EY P")


def test_matching_words_survives_omissions_and_errors():
    assert match_words(["a", "b", "c", "d", "e"], ["a", "x", "c", "e"]) == [0, None, 2, None, 3]
    assert match_words([], ["a"]) == []
    assert match_words(["a"], []) == [None]


def test_unheard_words_are_placed_between_their_neighbours():
    clock = np.arange(1001) * 0.01
    heard = [("one", 1.0, 1.4), ("five", 8.0, 8.4)]
    times = estimate_word_times(["one", "two", "three", "four", "five"], heard, clock)
    assert (np.diff(times) > 0).all()
    assert times[0] == pytest.approx(1.2, abs=0.01)
    assert times[4] == pytest.approx(8.2, abs=0.01)
    assert share_out(times, [5.0, 10.0]) == [slice(0, 3), slice(3, 5)] or share_out(times, [5.0, 10.0]) == [
        slice(0, 2),
        slice(2, 5),
    ]
