"""The table of odd words says where each pronunciation comes from."""

from __future__ import annotations

from elocute.bench.odd_words import ODD_WORDS, odd_words_table


def test_each_odd_word_has_a_row_with_phones():
    rows = odd_words_table().splitlines()[2:]
    assert len(rows) == len(ODD_WORDS) >= 30
    assert all(row.split("|")[4].strip() for row in rows)


def test_where_a_pronunciation_comes_from_is_told():
    rows = odd_words_table(["NASA", "GPU", "COVID-19", "AT&T", "zorgblatt", "voiceline"]).splitlines()[2:]
    assert [row.split("|")[3].strip() for row in rows] == [
        "dictionary",
        "letters",
        "own table, dictionary",
        "dictionary",
        "spelling rules",
        "its parts",
    ]
    assert rows[3].endswith("EY T IY AH N D T IY |")
