"""Lines whose closures were written by hand, and what guessing gives."""

from __future__ import annotations

import ctypes.util

import numpy as np
import pytest

from elocute.audio.phone import Phone
from elocute.audio.text.reading import read_transcript
from elocute.bench import checked_languages
from elocute.bench.checked_languages import CHECKED, accented_lines, checked_lines
from elocute.bench.phone_accuracy import SpokenLine, score_spread_evenly
from elocute.errors import UserError

NO_ESPEAK = ctypes.util.find_library("espeak-ng") is None


def test_eleven_more_languages_can_be_read():
    assert len(CHECKED) == 11
    for code, lines in CHECKED.items():
        for text, closures in lines:
            words = read_transcript(text, code).words
            lips = [phone.arpabet for word in words for phone in word.pronunciations[0]]
            assert "".join(label for label in lips if label in "PBM") == closures, text


@pytest.mark.skipif(NO_ESPEAK, reason="espeak-ng is not installed")
def test_lines_are_spoken_with_the_closures_that_they_have_or_refused(monkeypatch):
    for code in ("de", "zh"):
        for line, (text, closures) in zip(checked_lines(code), CHECKED[code], strict=True):
            assert line.text == text
            assert "".join(phone.label for phone in line.phones if phone.label in "PBM") == closures
            assert line.phones[-1].end == pytest.approx(len(line.samples) / 16000, abs=0.01)
    monkeypatch.setattr(checked_languages, "CHECKED", {"de": (("Mama.", "MB"),)})
    with pytest.raises(UserError, match="with the closures MM instead of MB"):
        list(checked_lines("de"))


@pytest.mark.skipif(NO_ESPEAK, reason="espeak-ng is not installed")
def test_english_in_an_accent_is_english_with_other_sounds():
    german, *_ = accented_lines("de")
    polish, *_ = accented_lines("pl")
    assert german.text == polish.text == "My brother bought a big map and put it above the piano."
    labels = [[phone.label for phone in line.phones] for line in (german, polish)]
    assert labels[0] != labels[1]
    assert "TH" not in labels[0] + labels[1]
    assert labels[0][:3] == ["M", "AY", "B"], "no name of a language is said"


def test_guessing_spreads_the_right_phones_evenly():
    names = ("SIL", "P", "AA", "B", "IY", "SIL")
    even = tuple(Phone(name, place * 0.25, (place + 1) * 0.25) for place, name in enumerate(names))
    line = SpokenLine(np.zeros(24000, np.float32), even, "", "made up")
    score = score_spread_evenly([line])
    # four phones of 0.375 s against four of 0.25 s in the middle: P from 0 to .375, B from .75 to 1.125
    assert (score.closures, score.found, score.invented) == (2, 2, 0)
    assert score.phones == pytest.approx(18 / 37, abs=0.1)
    late = tuple(Phone(name, start, end) for name, start, end in (("SIL", 0.0, 1.0), ("P", 1.0, 1.5)))
    missed = score_spread_evenly(
        [SpokenLine(np.zeros(24000, np.float32), (*late, Phone("SIL", 1.5, 9.0)), "", "")]
    )
    assert missed.found == 1
