"""The dictionary that is looked into where it lies finds what one that is taken apart finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from elocute.audio.text.english.dictionary_file import DictionaryFile
from elocute.audio.text.english.lexicon import Lexicon, dictionary_path

SMALL = b"'bout B AW T\na AH\na(2) EY\na's EY Z\nab AE B\nabc EY B IY S IY\n\xc3\xa9t\xc3\xa9 EY T EY\n"


def taken_apart(content: bytes) -> dict[str, str]:
    """Every line."""
    return {
        word: phones
        for word, _, phones in (line.partition(" ") for line in content.decode().split("\n"))
        if word
    }


def test_the_wheels_dictionary_is_found_whole() -> None:
    """Every 7th of its words, and what lies between them; the wheel's order is what the search relies on."""
    path = dictionary_path()
    assert path is not None
    content = path.read_bytes()
    known, found = taken_apart(content), DictionaryFile(content)
    assert len(found) == len(known) > 100_000
    assert list(found) == list(known)
    for word in list(known)[::7]:
        assert found[word] == known[word]
    for word in list(known)[3::27]:
        for other in (word + "x", word[:-1], word + "(9)", word.upper(), "(" + word):
            assert found.get(other) == known.get(other)


@pytest.mark.parametrize("content", [SMALL, SMALL[:-1], b"", b"\n", b"one W AH N", b"b B IY\r\nc S IY\r\n"])
def test_small_ones(content: bytes) -> None:
    known, found = (
        {word: phones.rstrip() for word, phones in taken_apart(content).items()},
        DictionaryFile(content),
    )
    words = {*known, "", "0", "zz", "a(2)", "a(3)", "(", "a AH", "ab AE", "aa", "\n", "\ud800", "\U0010ffff"}
    assert {word: found.get(word) for word in words} == {word: known.get(word) for word in words}
    assert bool(found) == bool(content)


def test_a_users_own_dictionary_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "en-us"
    folder.mkdir()
    (folder / "cmudict-en-us.dict").write_text("zebra Z IY B R AH\nant AE N T\nmoose M UW S\nant(2) AA N T\n")
    monkeypatch.setenv("POCKETSPHINX_PATH", str(tmp_path))
    lexicon = Lexicon()
    assert [word in lexicon for word in ("ant", "ant(2)", "moose", "zebra", "yak")] == [True] * 4 + [False]
