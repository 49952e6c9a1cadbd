from __future__ import annotations

import numpy as np
import parselmouth
import pytest
from parselmouth.praat import call

from elocute.audio.phone import Phone, Word
from elocute.audio.phone_json import read_phone_json, write_phone_json
from elocute.audio.textgrid import write_textgrid
from elocute.errors import InputError

PHONES = (Phone("SIL", 0.0, 0.2), Phone("B", 0.2, 0.31), Phone("AA", 0.31, 0.5), Phone("SIL", 0.5, 1.0))
WORDS = (Word('say "bah"', 0.2, 0.5),)


def test_praat_reads_the_textgrid(tmp_path):
    path = tmp_path / "line.TextGrid"
    write_textgrid(path, PHONES, WORDS, 1.0)
    grid = parselmouth.read(str(path))
    assert call(grid, "Get number of tiers") == 2
    assert [call(grid, "Get tier name", tier) for tier in (1, 2)] == ["words", "phones"]
    count = call(grid, "Get number of intervals", 2)
    labels = [call(grid, "Get label of interval", 2, index + 1) for index in range(count)]
    starts = [call(grid, "Get start time of interval", 2, index + 1) for index in range(count)]
    assert labels == [phone.label for phone in PHONES]
    assert starts == pytest.approx([phone.start for phone in PHONES])
    assert [call(grid, "Get label of interval", 1, index) for index in (1, 2, 3)] == ["", 'say "bah"', ""]
    assert call(grid, "Get end time") == pytest.approx(1.0)


@pytest.mark.parametrize("words", [(), (Word("all", 0.0, 1.0),), (Word("a", 0.3, 0.6), Word("b", 0.6, 0.9))])
def test_praat_reads_any_words(tmp_path, words):
    path = tmp_path / "line.TextGrid"
    write_textgrid(path, PHONES, words, 1.0)
    grid = parselmouth.read(str(path))
    ends = [
        call(grid, "Get end time of interval", 1, index + 1)
        for index in range(call(grid, "Get number of intervals", 1))
    ]
    assert ends[-1] == pytest.approx(1.0)
    assert (np.diff([0.0, *ends]) > 0).all()


def test_json_comes_back(tmp_path):
    path = tmp_path / "line.json"
    write_phone_json(path, PHONES, WORDS, 1.0, source="transcript", transcript='say "bah"')
    read = read_phone_json(path)
    assert read.phones == PHONES
    assert read.words == WORDS
    assert (read.seconds, read.source, read.transcript) == (1.0, "transcript", 'say "bah"')


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"phones": 3}', "not json"])
def test_other_json_is_refused(tmp_path, text):
    path = tmp_path / "line.json"
    path.write_text(text)
    with pytest.raises(InputError):
        read_phone_json(path)
    with pytest.raises(InputError):
        read_phone_json(tmp_path / "gone.json")


def test_words_that_no_file_can_hold_become_ones_that_it_can(tmp_path):
    """Halves of characters and line ends, as a damaged transcript has them."""
    path = tmp_path / "line.TextGrid"
    write_textgrid(path, PHONES, (Word("a\ud800b\nc\u2028d\x00", 0.2, 0.5),), 1.0)
    grid = parselmouth.read(str(path))
    assert call(grid, "Get label of interval", 1, 2) == "a?b c d "


@pytest.mark.parametrize(
    "change",
    [
        '"seconds": NaN', '"seconds": -1', '"seconds": 1e999', '"seconds": "1"', '"seconds": true',
        '"words": 3', '"words": [{"text": 1, "start": 0, "end": 1}]', '"phones": {"a": 1}', '"source": null',
        '"phones": [{"phone": "AA", "start": 1, "end": 0}]', '"words": [[[[[]]]]]', '"transcript": []',
    ],
)  # fmt: skip
def test_phone_files_with_values_of_the_wrong_kind_are_refused(tmp_path, change):
    path = tmp_path / "line.json"
    write_phone_json(path, PHONES, WORDS, 1.0, source="exact")
    content = path.read_text().rstrip()[:-1] + f", {change}}}"  # the last of two equal names counts
    path.write_text(content)
    with pytest.raises(InputError, match="is not a phone file") as caught:
        read_phone_json(path)
    assert "elocute phones" in caught.value.hint
